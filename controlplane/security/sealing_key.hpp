// Seals secrets for the store (S6): AES-256-GCM under a key file of the host, bound to the record that the secret
// belongs to, so that a sealed text is worth nothing in another record or without the key file. Used where credentials
// are stored and looked up; stores nothing itself. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/security/secret_value.hpp"
#include "crypto/secret_memory.hpp"

namespace sallyport::controlplane {

/// What to do when there is no key file.
enum class MissingKey : bool {
  kIsMade,   ///< first start: nothing is sealed yet
  kIsError,  ///< there are sealed secrets, which a new key could not open
};

class SealingKey {
 public:
  /// Reads the key file, 64 hex digits with mode 0600, or makes one. Throws SetupError that names it.
  SealingKey(const std::string& path, MissingKey missing);

  /// A line of text. The same secret looks different each time; its length shows. Throws SetupError where OpenSSL
  /// fails.
  std::string seal(std::string_view record, std::string_view secret) const;
  /// Throws SetupError, which names the record and nothing of the secret, where the text is of another record, of
  /// another key, or was changed.
  SecretValue open(std::string_view record, std::string_view sealed) const;

 private:
  void make(const std::string& path);

  crypto::HiddenBytes<32> key_;
  std::string label_;  ///< "sealed1:" and what tells this key from others, without telling the key
};

}  // namespace sallyport::controlplane
