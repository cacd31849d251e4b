// Session keys under a key derivation rate (RFC 3711 4.3.1): each run of 2^n packets, an epoch, has keys of its own.
// Control derives them ahead of time and moves them in, the worker finds them by index and asks for the next.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "crypto/master_key.hpp"
#include "crypto/packet_kind.hpp"
#include "crypto/secret_memory.hpp"
#include "crypto/session_key.hpp"

namespace sallyport::crypto {

/// The keys of one epoch of SRTP or SRTCP. Made and destroyed on the control thread.
class EpochKey : public InSecretMemory {
 public:
  /// Throws SetupError where the engine has not the suite.
  EpochKey(Engine& engine, const Suite& suite, const MasterKey& master, PacketKind kind, std::uint64_t epoch);
  EpochKey(const EpochKey&) = delete;
  EpochKey& operator=(const EpochKey&) = delete;
  ~EpochKey();

  PacketKind kind() const noexcept { return kind_; }
  std::uint64_t epoch() const noexcept { return epoch_; }
  const SessionKey& key() const noexcept { return key_; }

 private:
  SessionKey key_;
  KeyRelease release_ = nullptr;
  PacketKind kind_;
  std::uint64_t epoch_;
};

/// The epochs of one kind that a context has at hand: of each SSRC the current one, some before it for late packets,
/// and two ahead; when there is no more room the one goes that was used longest ago. What a packet asks for that is not
/// authentic gets a place of its own, so that no forged sequence number can push out keys that are in use.
class EpochRing {
 public:
  /// Enough for four SSRCs in epochs of their own.
  static constexpr std::size_t kEpochs = 16;
  static constexpr std::uint64_t kAhead = 2;
  /// Of the packets whose keys are not here, one in so many may ask for them.
  static constexpr std::uint32_t kClaimEvery = 256;

  /// Moves an epoch in; what it replaces comes back. Worker thread, or control before the context is published.
  std::unique_ptr<EpochKey> install(std::unique_ptr<EpochKey> key) noexcept;
  /// The keys of that epoch, null where they are not here. Counts as a use.
  const SessionKey* find(std::uint64_t epoch) noexcept;
  /// Asks for what an authentic packet of `epoch` shows will be needed. The epoch to be made, or nothing.
  std::optional<std::uint64_t> ask_ahead(std::uint64_t epoch) noexcept;
  /// Asks for the epoch that a packet claims to be of. The epoch to be made, or nothing.
  std::optional<std::uint64_t> ask_claimed(std::uint64_t epoch) noexcept;
  /// The last claim was not passed on.
  void forget_claim() noexcept { asked_claimed_.reset(); }

 private:
  struct Place {
    std::unique_ptr<EpochKey> key;
    std::uint64_t last_use = 0;
  };

  Place* place_of(std::uint64_t epoch) noexcept;
  Place& oldest() noexcept;

  std::array<Place, kEpochs> places_;
  std::uint64_t uses_ = 0;
  std::unique_ptr<EpochKey> claimed_;
  std::optional<std::uint64_t> asked_ahead_;
  std::optional<std::uint64_t> asked_claimed_;
  std::uint32_t claims_ = 0;
};

}  // namespace sallyport::crypto
