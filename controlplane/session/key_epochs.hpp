// The master keys of directions with a key derivation rate (RFC 3711 4.3.1), kept for as long as their contexts live,
// to make the keys of further epochs from. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "crypto/context.hpp"

namespace sallyport::controlplane {

class KeyEpochs {
 public:
  /// `engine` expands keys and outlives this.
  explicit KeyEpochs(crypto::Engine& engine) : engine_(engine) {}

  /// The master key of a context whose session keys change; before it is published.
  void remember(const crypto::Context& context, const crypto::MasterKey& master, const crypto::ContextOptions& options);
  /// The context is in use no more. Others than those remembered may be named, too.
  void forget(const crypto::Context* context) { sources_.erase(context); }
  /// The keys of an epoch that a context has asked for, null where it is not remembered. Throws SetupError.
  std::unique_ptr<crypto::EpochKey> make(const crypto::Context* context, crypto::PacketKind kind, std::uint64_t epoch);
  /// Sets the epochs of `options` to those that a context is in, for the key that follows it; as they are where it is
  /// not remembered.
  void follow(const crypto::Context* context, crypto::ContextOptions& options) const;

 private:
  /// Which epochs a context asks for. What only one packet claims, perhaps a forged one, does not count.
  struct Progress {
    std::uint64_t newest;  ///< that the stream has come near to
    std::uint64_t last;    ///< that was asked for
    void ask(std::uint64_t epoch) noexcept;
    std::uint64_t current() const noexcept;
  };
  struct Source : crypto::InSecretMemory {
    const crypto::Suite* suite;
    crypto::MasterKey master;
    Progress rtp;
    Progress rtcp;
  };

  crypto::Engine& engine_;
  std::unordered_map<const crypto::Context*, std::unique_ptr<Source>> sources_;
};

}  // namespace sallyport::controlplane
