// Real workers over ring ports that relay flows, for benches. A flow comes in on its leg in the west and goes out of
// its leg in the east; both legs have keys for both directions where they are secure, as in a call. Whoever measures
// plays the network and calls poll_once(); no worker has a thread of its own here.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "crypto/engine.hpp"
#include "dataplane/worker.hpp"
#include "drivers/ring_port.hpp"
#include "perf/relay_parts.hpp"

namespace sallyport::perf {

/// How packets find the workers of their legs.
enum class Joint : std::uint8_t {
  kTogether,  ///< they arrive where both legs are
  kApart,     ///< they arrive at the worker of the west leg; the east leg is another's
  kOneQueue,  ///< both legs are one worker's, but the ports have one queue, which is worker 0's
};

struct RelayOptions {
  const crypto::Suite* in = nullptr;  ///< what comes in; null: RTP
  const crypto::Suite* out = nullptr;
  std::uint32_t flows = 1;
  unsigned workers = 1;
  Joint joint = Joint::kTogether;
  crypto::EngineKind engine = crypto::EngineKind::kIpsecMb;
};

class Relay {
 public:
  /// `pool` outlives it. Makes rings of fixed names: one at a time.
  Relay(const RelayOptions& options, drivers::MbufPool& pool);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  dataplane::Worker& worker(unsigned id) { return *workers_[id]; }
  unsigned workers() const { return static_cast<unsigned>(workers_.size()); }
  unsigned queues() const { return queues_; }
  double ns_per_tick() const { return 1e9 / clock_.hz(); }
  /// The flows whose packets arrive at a queue. The n-th of them has the n-th master key (master_key_of()).
  const std::vector<std::uint32_t>& arriving(unsigned queue) const { return arriving_[queue]; }
  /// A frame of the flow as it arrives, with a copy of that UDP payload. The caller's.
  rte_mbuf* frame(std::uint32_t flow, std::span<const std::uint8_t> payload);
  /// Puts frames where the west port receives them; throws where the ring is full.
  void inject(std::span<rte_mbuf*> frames, unsigned queue);
  /// Frees what came out in the east. Returns how many.
  std::size_t collect(unsigned queue);

 private:
  dataplane::UdpEndpoint local(std::size_t side, std::uint32_t flow) const;
  std::uint16_t port_of(std::size_t side, std::uint32_t flow) const;
  std::vector<dataplane::WorkerPort> ports_for(dataplane::WorkerId worker) const;
  void add_flow(std::uint32_t flow);
  std::unique_ptr<crypto::Context> context(const crypto::Suite* suite, std::size_t number);

  RelayOptions options_;
  unsigned queues_;
  drivers::MbufPool& pool_;
  dataplane::Clock clock_;
  std::unique_ptr<crypto::Engine> engine_;
  std::vector<std::unique_ptr<drivers::RingPort>> rings_;
  std::vector<std::unique_ptr<drivers::EthPort>> ports_;
  dataplane::HandOverMesh mesh_;
  std::vector<std::unique_ptr<dataplane::Ring<dataplane::Command>>> commands_;
  std::vector<std::unique_ptr<dataplane::Ring<dataplane::Event>>> events_;
  std::vector<std::unique_ptr<dataplane::Worker>> workers_;
  std::vector<std::uint32_t> legs_;  ///< by worker, that it has
  std::vector<std::vector<std::uint32_t>> arriving_;
};

}  // namespace sallyport::perf
