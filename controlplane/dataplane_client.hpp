// The only door from control to the dataplane. Owns workers, their threads and the rings; nothing else in the control
// plane knows them. Control thread only.
//
// A stream belongs to its worker from add() until it comes back; meanwhile its counters, and nothing else of it, may be
// read through the pointer that add() returns. Retired streams and keys are destroyed (and wiped) here, but for a
// stream that the listener takes to have it added again.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "dataplane/clock.hpp"
#include "dataplane/command.hpp"
#include "dataplane/event.hpp"
#include "dataplane/worker.hpp"
#include "drivers/eal.hpp"

namespace sallyport::controlplane {

/// Name of a stream across all workers.
struct StreamHandle {
  dataplane::WorkerId worker = 0;
  dataplane::StreamId stream;

  bool operator==(const StreamHandle&) const = default;
};

/// A port as the dataplane needs it: the device, its twin if any, and whether IPv4 UDP checksums are wanted.
struct DataplanePort {
  const drivers::EthPort* port = nullptr;
  const drivers::EthPort* twin = nullptr;
  bool udp_checksum = true;
};

struct DataplaneOptions {
  std::vector<unsigned> cores;  ///< one worker each
  std::uint32_t max_streams = 4096;
  /// Makes each worker's engine.
  std::function<std::unique_ptr<crypto::Engine>(dataplane::WorkerId)> make_engine;
  unsigned idle_polls = 64;
  std::chrono::microseconds idle_sleep{50};
};

/// What control wants to know. Called from DataplaneClient::poll().
struct DataplaneListener {
  std::function<void(StreamHandle)> media_lost;
  std::function<void(StreamHandle)> media_resumed;
  /// A stream that its worker would not take: its id or port was in use. Comes after `retired`, and not where that has
  /// moved it out.
  std::function<void(StreamHandle)> refused;
  /// A stream that was removed or refused. It is destroyed when this returns, unless it was moved out.
  std::function<void(StreamHandle, std::unique_ptr<dataplane::Stream>&)> retired;
  /// A key is nearly (or wholly) at the end of its lifetime.
  std::function<void(StreamHandle, const dataplane::KeyLifetime&)> key_lifetime;
  /// The keys of an epoch are needed; install_epoch() answers.
  std::function<void(StreamHandle, const dataplane::EpochDue&)> epoch_due;
  /// A key is in use no more; it is destroyed when this returns.
  std::function<void(const crypto::Context* key)> key_gone;
  /// set_roc() came too late.
  std::function<void(StreamHandle, std::uint32_t ssrc)> roc_refused;
  /// All of a prompt that does not loop was played to that leg. The player is a name only, to be compared.
  std::function<void(StreamHandle, const dataplane::Player*)> played;
  /// A worker's crypto device does not answer, or (false) answers again.
  std::function<void(dataplane::WorkerId, bool silent)> device_silent;
  /// The answer to snapshot(); null where that direction has no key, or the stream is gone.
  std::function<void(StreamHandle, crypto::Direction, std::unique_ptr<crypto::StateSnapshot>)> state_taken;
};

class DataplaneClient {
 public:
  /// Builds the workers; start() lets them run. `addresses` in the order that address slots are counted in. Throws
  /// SetupError.
  DataplaneClient(const DataplaneOptions& options, const drivers::Eal& eal, std::vector<DataplanePort> ports,
                  std::vector<dataplane::LocalAddress> addresses);
  /// Stops the workers.
  ~DataplaneClient();
  DataplaneClient(const DataplaneClient&) = delete;
  DataplaneClient& operator=(const DataplaneClient&) = delete;

  void set_listener(DataplaneListener listener) { listener_ = std::move(listener); }
  void start();
  void stop() noexcept;

  std::size_t workers() const noexcept { return slots_.size(); }
  const dataplane::Worker& worker(std::size_t id) const noexcept { return *slots_[id]->worker; }
  unsigned core(std::size_t id) const noexcept { return options_.cores[id]; }
  const dataplane::Clock& clock() const noexcept { return clock_; }
  const std::vector<dataplane::LocalAddress>& addresses() const noexcept { return addresses_; }
  /// The slot of one of our addresses. Throws SetupError where it is none.
  std::size_t slot_of(const drivers::IpAddress& address) const;
  const std::vector<DataplanePort>& ports() const noexcept { return ports_; }
  /// The worker that owns a local UDP port.
  dataplane::WorkerId owner_of(std::uint16_t local_port) const noexcept {
    return dataplane::worker_of(local_port, slots_.size());
  }

  /// A free stream id on the worker that owns `local_port`. Throws SetupError where all are in use.
  StreamHandle reserve(std::uint16_t local_port);
  /// Gives back a reserved handle that was never used.
  void release(StreamHandle handle) { slots_[handle.worker]->free_ids.push_back(handle.stream.index); }
  /// Publishes a stream under a reserved handle. What is returned is valid until remove().
  const dataplane::Stream* add(StreamHandle handle, std::unique_ptr<dataplane::Stream> stream);
  void remove(StreamHandle handle);
  void set_next_hop(StreamHandle handle, const drivers::MacAddress& source,
                    const std::optional<drivers::MacAddress>& destination);
  /// Another remote. Where `header` has no next hop, set_next_hop() is to follow.
  void set_remote(StreamHandle handle, const dataplane::UdpEndpoint& remote, const dataplane::EgressHeader& header);
  /// Another arrangement of RTCP, with all that the stream's keys remember. Its whole pair of ports is the stream's.
  void set_rtcp(StreamHandle handle, dataplane::RtcpMode mode);
  /// Another leg to relay to, which may be on another worker.
  void set_sink(StreamHandle handle, const dataplane::Sink& sink);
  /// Other payload types on the way from this leg to its sink.
  void set_payloads(StreamHandle handle, const dataplane::PayloadMap& payloads);
  /// Plays to a leg, in the place of what was played to it; the player's `stream` is filled in.
  void play(StreamHandle handle, std::unique_ptr<dataplane::Player> player);
  void stop_playing(StreamHandle handle);
  /// Changes what AdjustStream holds; its `stream` is filled in.
  void adjust(StreamHandle handle, dataplane::AdjustStream settings);
  void rekey_receive(StreamHandle handle, std::unique_ptr<crypto::Context> context, std::chrono::milliseconds grace);
  void rekey_send(StreamHandle handle, std::unique_ptr<crypto::Context> context);
  /// `context`: the key that asked for it.
  void install_epoch(StreamHandle handle, const crypto::Context* context, std::unique_ptr<crypto::EpochKey> key);
  /// `slot`: which of the sending direction's master keys.
  void send_with(StreamHandle handle, std::uint8_t slot);
  void set_roc(StreamHandle handle, std::uint32_t ssrc, std::uint32_t roc);
  /// Asks for the state of a direction whose context was made with `options`.
  void snapshot(StreamHandle handle, crypto::Direction direction, const crypto::ContextOptions& options);

  /// Has every worker trace the first `packets` packets that it receives for these legs, and those that others hand
  /// over to it, until stop_trace(). Not while tracing().
  void start_trace(const std::vector<dataplane::TracedLeg>& legs, std::uint16_t packets);
  void stop_trace();
  /// Whether some worker may still write steps down.
  bool tracing() const noexcept;
  /// Takes the steps that the workers have written down, in the order of each worker.
  void take_trace(const std::function<void(dataplane::WorkerId, const dataplane::TraceRecord&)>& take);
  /// Steps of the latest trace for which a worker had no room.
  std::uint64_t trace_lost() const noexcept;

  /// Has the workers of these legs copy their packets, `slots` (a power of two) of them at most until they are taken,
  /// until stop_capture(). `number` of a packet's leg is its place in `legs`. Not while capturing().
  void start_capture(dataplane::CaptureSide side, const std::vector<StreamHandle>& legs, std::size_t slots);
  void stop_capture();
  /// Whether some worker may still copy packets.
  bool capturing() const noexcept;
  /// Takes up to `most` copies, in the order of each worker; returns how many there were.
  std::size_t take_captured(std::size_t most, const std::function<void(const dataplane::CapturedPacket&)>& take);
  /// Packets of the latest capture for which there was no slot.
  std::uint64_t capture_lost() const noexcept;
  /// Gives the memory of a capture back that has ended and was taken.
  void forget_capture() noexcept;

  /// Sends what waited for room in the rings and takes the workers' events. To be called every few milliseconds.
  void poll();

 private:
  /// Control's own, which the worker has the use of for a while.
  template <typename T>
  struct Lent {
    std::unique_ptr<T> what;
    bool out = false;
  };

  /// One worker, control's ends of its rings, and who has which of its stream ids.
  struct Slot {
    Slot(std::size_t ring_size, std::uint32_t max_streams);
    dataplane::Ring<dataplane::Command> commands;
    dataplane::Ring<dataplane::Event> events;
    std::deque<dataplane::Command> waiting;  ///< commands that found the ring full, in order
    std::vector<std::uint32_t> free_ids;
    std::vector<std::uint32_t> generations;
    Lent<dataplane::Trace> trace;
    Lent<dataplane::Capture> capture;
    std::unique_ptr<dataplane::Worker> worker;  ///< dies before what it was lent
  };

  std::vector<dataplane::WorkerPort> ports_for(dataplane::WorkerId worker) const;
  void send(dataplane::WorkerId worker, dataplane::Command command);
  static void flush(Slot& slot);
  void take(dataplane::WorkerId worker, dataplane::StreamRetired& event);
  void take(dataplane::WorkerId worker, dataplane::ContextRetired& event);
  void take(dataplane::WorkerId worker, dataplane::PlayerRetired& event);
  void take(dataplane::WorkerId worker, dataplane::MediaLost& event);
  void take(dataplane::WorkerId worker, dataplane::MediaResumed& event);
  void take(dataplane::WorkerId worker, dataplane::KeyLifetime& event);
  void take(dataplane::WorkerId worker, dataplane::EpochDue& event);
  void take(dataplane::WorkerId, dataplane::EpochKeyRetired& event) { event.key.reset(); }
  void take(dataplane::WorkerId worker, dataplane::RocRefused& event);
  void take(dataplane::WorkerId worker, dataplane::StateTaken& event);
  void take(dataplane::WorkerId worker, dataplane::DeviceSilent&) { tell_of_device(worker, true); }
  void take(dataplane::WorkerId worker, dataplane::DeviceAnswers&) { tell_of_device(worker, false); }
  void take(dataplane::WorkerId worker, dataplane::TraceEnded&) { slots_[worker]->trace.out = false; }
  void take(dataplane::WorkerId worker, dataplane::CaptureEnded&) { slots_[worker]->capture.out = false; }
  void take(dataplane::WorkerId, std::monostate&) {}
  void tell_gone(const crypto::Context* key);
  void tell_of_device(dataplane::WorkerId worker, bool silent) const;

  DataplaneOptions options_;
  const drivers::Eal& eal_;
  std::vector<DataplanePort> ports_;
  std::vector<dataplane::LocalAddress> addresses_;
  dataplane::Clock clock_;
  dataplane::HandOverMesh hand_over_;
  DataplaneListener listener_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint32_t trace_session_ = 0;
  std::atomic<bool> stop_{false};
  bool running_ = false;
};

}  // namespace sallyport::controlplane
