// The parties that fuzz_srtp lets talk: a sender, a receiver that may be in the grace time of a re-key, and what is
// remembered of the packets between them. Everything that has to hold is checked here.
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/engine.hpp"
#include "crypto/state_snapshot.hpp"
#include "crypto/transform.hpp"
#include "tests/fuzz/input.hpp"

namespace sallyport::fuzz {

/// How a stream is set up, as the input says.
struct Setup {
  const crypto::Suite* suite;
  const crypto::Suite* suite_before;  ///< of the key before, null where there was none
  crypto::ContextOptions options;
  std::size_t keys = 1;
  std::size_t mki_len = 0;
};
Setup read_setup(Input& input);

/// A packet on its way, in memory of exactly its size.
struct Packet {
  crypto::PacketKind kind;
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> clear;   ///< what was protected, empty where the packet was made up
  std::vector<std::uint8_t> sealed;  ///< as it was protected
  bool by_key_before = false;
};

class SrtpWorld {
 public:
  SrtpWorld(crypto::Engine& engine, crypto::Workspace& workspace, const Setup& setup);

  /// The next packet of the input: one that was protected, as it is or changed, one of before again, or made up.
  void add(Input& input);
  /// Receives what was added.
  void receive();
  bool full() const { return packets_.size() == crypto::kMaxBurst; }

 private:
  using Contexts = std::vector<std::unique_ptr<crypto::Context>>;

  std::unique_ptr<crypto::Context> context(const crypto::Suite& suite, std::uint8_t seed) const;
  void protect(Packet& packet, Input& input);
  void check(const Packet& packet, const std::vector<std::uint8_t>& before, const crypto::SrtpPacket& after);
  void check_opened(const Packet& packet, const std::vector<std::uint8_t>& before, const crypto::SrtpPacket& after);
  static void check_refused(const std::vector<std::uint8_t>& before, const crypto::SrtpPacket& after);
  void serve(crypto::Context& context, std::uint8_t seed);

  crypto::Engine& engine_;
  crypto::Workspace& workspace_;
  Setup setup_;
  std::unique_ptr<crypto::Context> sender_;
  std::unique_ptr<crypto::Context> sender_before_;
  std::unique_ptr<crypto::Context> receiver_;
  std::unique_ptr<crypto::Context> receiver_before_;
  std::vector<Packet> packets_;
  std::vector<Packet> sent_;                    ///< to be replayed
  std::set<std::vector<std::uint8_t>> opened_;  ///< as they were on the wire
  std::uint16_t sequence_ = 0;
};

}  // namespace sallyport::fuzz
