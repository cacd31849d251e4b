// A gateway for tests and benches: real workers over ring ports, driven pass by pass by one thread, so that what
// happens between workers happens in the same order every time. Two ports, west and east; frames go in and come out as
// bytes.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/worker.hpp"
#include "drivers/eth_port.hpp"
#include "drivers/mbuf_pool.hpp"
#include "drivers/ring_port.hpp"
#include "tests/scenario/frame_bytes.hpp"
#include "tests/scenario/party.hpp"

namespace sallyport::scenario {

enum class Side : std::uint8_t { kWest, kEast };

inline constexpr std::size_t kSides = 2;
inline constexpr Mac kGatewayMacs[kSides] = {{2, 0, 0, 0, 0, 0x10}, {2, 0, 0, 0, 0, 0x20}};
inline constexpr Mac kNextHopMacs[kSides] = {{2, 0, 0, 0, 0, 0x19}, {2, 0, 0, 0, 0, 0x29}};

/// A leg and the party at its far end.
struct Leg {
  std::string name;
  Side side = Side::kWest;
  Endpoint local;
  Endpoint remote;
  std::string peer;  ///< the leg that its media goes to; empty: one that does not exist
  std::optional<Key> receive_key;
  std::optional<Key> send_key;
  dataplane::RtcpMode rtcp = dataplane::RtcpMode::kPair;
  dataplane::SourceCheck source_check = dataplane::SourceCheck::kAddress;
  std::int8_t dscp = dataplane::kKeepDscp;
  dataplane::TxMode tx_mode = dataplane::TxMode::kPassThrough;
  std::uint32_t max_ssrcs = 8;
  bool next_hop_known = true;
  std::chrono::microseconds media_timeout{0};
  std::function<void(dataplane::Stream&)> adjust;  ///< last changes before its worker gets it
};

/// Legs as most tests want them: "west" on 192.0.2.1:20000, "east" on 198.51.100.1:20002, each the other's peer.
Leg plain_leg(const std::string& name);
/// Keys of their own for both directions, fresh SSRCs.
Leg secure_leg(const std::string& name, const std::string& suite);

struct Layout {
  const char* name = "OneWorker";
  std::uint16_t workers = 1;
  std::uint16_t queues = 1;  ///< per port
};

/// Engines that a test makes itself.
class EngineSource {
 public:
  virtual ~EngineSource() = default;
  /// The one that expands all keys.
  virtual std::unique_ptr<crypto::Engine> for_control() = 0;
  virtual std::unique_ptr<crypto::Engine> for_worker(dataplane::WorkerId worker) = 0;
};

struct GatewayOptions {
  crypto::EngineKind engine = crypto::EngineKind::kIpsecMb;
  Layout layout{};
  unsigned east_slots = 4096;  ///< of the rings behind the east port; one less packet fits
  std::size_t hand_over_slots = 4096;
  std::size_t event_slots = 64;
  std::uint32_t max_streams = 64;
  bool answers_epochs = true;  ///< settle() gives the keys of epochs that are asked for
  bool west_twin = false;      ///< a ring port in the TAP's place
  unsigned twin_slots = 4096;
  unsigned punt_rate = 1'000'000;
  EngineSource* engines = nullptr;  ///< instead of `engine`; outlives the gateway
  /// Of a worker with its crypto device. Longer than any test that has not this for its subject.
  std::chrono::milliseconds device_patience{60'000};
};

class Gateway {
 public:
  /// `pool` outlives the gateway.
  Gateway(const GatewayOptions& options, drivers::MbufPool& pool);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Adds legs and waits until they are installed. Their names must be new.
  void add(const std::vector<Leg>& legs);
  dataplane::Sink sink_of(const std::string& leg) const { return sinks_.at(index_of(leg)); }
  /// The leg as its worker has it, while it is installed.
  const dataplane::Stream& stream(const std::string& leg) const { return *streams_.at(index_of(leg)); }
  /// Remembers the key, to answer when the context asks for the keys of an epoch.
  std::unique_ptr<crypto::Context> make_context(const Key& key, std::uint32_t max_ssrcs = 8);
  /// The same for a key that follows another.
  std::unique_ptr<crypto::Context> make_context(const Key& key, const crypto::ContextOptions& options);
  dataplane::Tsc ticks(std::chrono::nanoseconds duration) const { return clock_.ticks(duration); }

  /// False: the worker's ring is full.
  bool command(dataplane::WorkerId worker, dataplane::Command&& command);
  /// What workers told since the last call, but for questions that were answered.
  std::vector<dataplane::Event> events();

  /// Puts a frame where `queue` of a port receives; `adjust` may change the mbuf first. False: no room or no buffer.
  bool inject(Side side, std::uint16_t queue, const Bytes& frame, const std::function<void(rte_mbuf*)>& adjust = {});
  bool inject_from_linux(const Bytes& frame);
  /// Takes what came out, oldest first per queue.
  std::vector<Bytes> collect(Side side);
  std::vector<Bytes> collect_punted();

  /// One pass of each worker, in turn. True if any had something to do.
  bool pass();
  bool pass(dataplane::WorkerId worker) { return workers_.at(worker)->poll_once(); }
  /// Passes until nobody has anything to do. False: after one of them the accounting identity did not hold.
  [[nodiscard]] bool settle();
  /// Answers questions for the keys of epochs; false where there were none.
  bool answer_epochs();
  /// Whether the accounting identity holds for every worker.
  bool balanced() const;

  std::size_t workers() const { return workers_.size(); }
  dataplane::Worker& worker(dataplane::WorkerId id) { return *workers_.at(id); }
  std::uint64_t drops(dataplane::DropReason reason) const;
  std::uint64_t total(dataplane::Counter dataplane::WorkerStats::*counter) const;
  drivers::RingPort& ring_port(Side side) { return *rings_.at(static_cast<std::size_t>(side)); }
  drivers::MbufPool& pool() { return pool_; }

 private:
  std::size_t index_of(const std::string& leg) const;
  std::vector<dataplane::WorkerPort> worker_ports(dataplane::WorkerId worker) const;
  std::unique_ptr<dataplane::Stream> build(const Leg& leg, std::size_t index);

  GatewayOptions options_;
  drivers::MbufPool& pool_;
  dataplane::Clock clock_;
  std::unique_ptr<crypto::Engine> engine_;
  std::vector<std::unique_ptr<drivers::RingPort>> rings_;
  std::vector<std::unique_ptr<drivers::EthPort>> ports_;
  std::unique_ptr<drivers::RingPort> twin_ring_;
  std::unique_ptr<drivers::EthPort> twin_;
  dataplane::HandOverMesh mesh_;
  std::vector<std::unique_ptr<dataplane::Ring<dataplane::Command>>> commands_;
  std::vector<std::unique_ptr<dataplane::Ring<dataplane::Event>>> events_;
  std::vector<std::unique_ptr<dataplane::Worker>> workers_;
  std::vector<std::string> names_;
  std::vector<dataplane::Sink> sinks_;
  std::vector<const dataplane::Stream*> streams_;
  std::map<const crypto::Context*, Key> keys_;
  std::vector<dataplane::Event> told_;
};

}  // namespace sallyport::scenario
