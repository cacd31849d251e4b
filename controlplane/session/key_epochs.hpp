// The master keys of directions with a key derivation rate (RFC 3711 4.3.1), kept for as long as their contexts live,
// to make the keys of further epochs from. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crypto/context.hpp"
#include "dataplane/event.hpp"

namespace sallyport::controlplane {

class KeyEpochs {
 public:
  /// `engine` expands keys and outlives this.
  explicit KeyEpochs(crypto::Engine& engine) : engine_(engine) {}

  /// The master key of a context whose session keys change; before it is published.
  void remember(const crypto::Context& context, const crypto::MasterKey& master, const crypto::ContextOptions& options);
  /// Contexts that were remembered are published, all of them; or they never will be: those since the last publication
  /// are gone, and their master keys with them.
  void published() noexcept { unpublished_.clear(); }
  void forget_unpublished() noexcept;
  /// The context is in use no more. Others than those remembered may be named, too.
  void forget(const crypto::Context* context);
  /// The keys that a context has asked for, null where it is not remembered. Throws SetupError; since no context asks
  /// twice, take_failed() has it from then on.
  std::unique_ptr<crypto::EpochKey> make(const dataplane::EpochDue& asked);
  /// What was asked for and could not be made, to be tried again after a while: the last of its kind of each context.
  std::vector<dataplane::EpochDue> take_failed() noexcept { return std::exchange(failed_, {}); }
  /// Sets the epochs of `options` to those that a context is in, for the key that follows it; as they are where it is
  /// not remembered.
  void follow(const crypto::Context* context, crypto::ContextOptions& options) const;

 private:
  struct Source : crypto::InSecretMemory {
    const crypto::Suite* suite;
    crypto::MasterKey master;
    std::uint64_t rtp_newest;  ///< epoch that an authentic packet has asked for
    std::uint64_t rtcp_newest;
  };

  void remember_failed(const dataplane::EpochDue& asked);

  crypto::Engine& engine_;
  std::unordered_map<const crypto::Context*, std::unique_ptr<Source>> sources_;
  std::vector<const crypto::Context*> unpublished_;
  std::vector<dataplane::EpochDue> failed_;
};

}  // namespace sallyport::controlplane
