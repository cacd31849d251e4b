// What to look for in memory: each secret of a stream in every form in which an implementation may hold it, cut into
// pieces of eight bytes. Kept XORed with a pad, so that whoever looks does not find himself. Test code; made in a
// process of its own, since computing them leaves them behind.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "crypto/master_key.hpp"
#include "crypto/suite.hpp"

namespace sallyport::secrets {

enum class SecretKind : std::uint8_t {
  kMasterKey,
  kMasterSalt,
  kMasterText,  ///< as base64, as configuration and SDP carry it
  kSessionKey,
  kSessionSalt,
  kRoundKey,         ///< AES
  kInverseRoundKey,  ///< of AES's inverse cipher
  kMaskedKey,        ///< F8: session key XOR m and its round keys (RFC 3711 4.1.2.1)
  kHashKey,          ///< GCM: H and its powers
  kAuthKey,          ///< HMAC: the key, and XORed with the pads
  kHashState,        ///< HMAC: SHA-1 after the padded key
};
std::string_view to_string(SecretKind kind);

/// Eight bytes of a secret, hidden.
struct Needle {
  std::uint64_t hidden;
  std::uint16_t owner;  ///< which stream, as the test counts them
  SecretKind kind;
};

/// Hides or shows a piece.
constexpr std::uint64_t hide(std::uint64_t piece) { return piece ^ 0x9d1f3a5c7b2e48d6; }

/// Which keys of a stream exist.
struct Secrets {
  const crypto::Suite* suite;
  crypto::MasterKey master;
  std::uint16_t owner = 0;
  std::vector<std::uint64_t> rtp_epochs = {0};
  std::vector<std::uint64_t> rtcp_epochs = {0};
};
/// Appends the pieces of a stream's secrets.
void add_needles(const Secrets& secrets, std::vector<Needle>& needles);

/// Runs `make` in a child process and answers what it made. Throws std::runtime_error where that failed.
std::vector<Needle> made_elsewhere(const std::function<std::vector<Needle>()>& make);

/// Needles, to be looked up quickly.
class NeedleSet {
 public:
  explicit NeedleSet(std::vector<Needle> needles);
  /// The needle that these eight bytes are, null for all others.
  const Needle* find(std::uint64_t piece) const noexcept {
    const std::uint64_t hidden = hide(piece);
    if (!filter_[hash(hidden)]) [[likely]]
      return nullptr;
    return search(hidden);
  }
  std::size_t size() const noexcept { return needles_.size(); }

 private:
  static constexpr unsigned kFilterBits = 20;
  static std::size_t hash(std::uint64_t hidden) noexcept {
    return static_cast<std::size_t>(hidden * 0x9e3779b97f4a7c15 >> (64 - kFilterBits));
  }
  const Needle* search(std::uint64_t hidden) const noexcept;

  std::vector<Needle> needles_;  ///< sorted
  std::vector<bool> filter_;
};

}  // namespace sallyport::secrets
