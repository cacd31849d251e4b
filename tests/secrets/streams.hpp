// Streams of every suite and every kind of keying, with traffic in both directions: what leaves secrets in memory. Test
// code.
#pragma once

#include <memory>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/pending_packet.hpp"
#include "crypto/transform.hpp"
#include "tests/secrets/needles.hpp"

namespace sallyport::secrets {

enum class Keying : std::uint8_t { kOneKey, kThreeKeysWithMki, kEpochs, kRekeyed };
inline constexpr std::array kKeyings{Keying::kOneKey, Keying::kThreeKeysWithMki, Keying::kEpochs, Keying::kRekeyed};

/// Runs bursts through an engine, by calls or, where it is asynchronous, through its queue.
class Packets {
 public:
  Packets() : workspace_(crypto::make_workspace()), pending_(crypto::kMaxBurst) {}
  void protect(crypto::Engine& engine, std::span<crypto::SrtpPacket> packets);
  void unprotect(crypto::Engine& engine, std::span<crypto::SrtpPacket> packets);

 private:
  void through_queue(crypto::AsyncEngine& queue, std::span<crypto::SrtpPacket> packets, crypto::Direction direction);

  crypto::WorkspacePtr workspace_;
  std::vector<crypto::PendingPacket> pending_;
};

/// One stream: a sender, and a receiver that gets what it sends.
class Stream {
 public:
  /// Control's part. `seed` makes the keys: `keys_of(...)` of the same are those of the stream.
  Stream(crypto::Engine& engine, const crypto::Suite& suite, Keying keying, std::uint16_t seed);
  static void add_needles_of(const crypto::Suite& suite, Keying keying, std::uint16_t seed, std::vector<Needle>& to);

  /// A worker's part: bursts of `size` packets of RTP and RTCP with each key, in lengths that change, some of them
  /// forged. False: a packet that is authentic was refused, or one that is not was accepted.
  bool run_traffic(crypto::Engine& engine, Packets& packets, std::size_t size);
  /// Control's part in between: keys of further epochs, and a re-key.
  void serve(crypto::Engine& engine);

 private:
  bool burst(crypto::Engine& engine, Packets& packets, crypto::PacketKind kind, std::size_t size);
  void serve(crypto::Engine& engine, crypto::Context& context);
  crypto::ContextOptions options() const;
  std::unique_ptr<crypto::Context> context(crypto::Engine& engine, std::uint16_t seed) const;

  const crypto::Suite* suite_;
  Keying keying_;
  std::uint16_t seed_;
  std::uint16_t sequence_ = 1;
  std::size_t bursts_ = 0;
  std::unique_ptr<crypto::Context> sender_;
  std::unique_ptr<crypto::Context> receiver_;
  std::unique_ptr<crypto::Context> before_;  ///< the receiver's, during its grace time
};

}  // namespace sallyport::secrets
