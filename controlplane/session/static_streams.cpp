#include "controlplane/session/static_streams.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "controlplane/config_compare.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// How long a reload waits for the streams of the one before. Workers give streams back in microseconds, unless a
/// crypto device does not answer.
constexpr std::chrono::milliseconds kPatience{200};

}  // namespace

StaticStreams::StaticStreams(DataplaneClient& dataplane, crypto::Engine& engine, WatchNextHop watch)
    : dataplane_(dataplane), epochs_(engine), builder_(dataplane, engine, epochs_), watch_(std::move(watch)) {}

StaticStreams::~StaticStreams() = default;

StreamChanges StaticStreams::apply(std::vector<StreamConfig> wanted) {
  finish_arrivals();
  StreamPlan plan = prepare(std::move(wanted));
  used_keys_.add(std::move(plan.new_keys));
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (plan.stays.contains(&*stream)) {
      ++stream;
    } else {
      remove(*stream);
      stream = streams_.erase(stream);
    }
  }
  for (StreamChange& change : plan.changes) apply(change);
  // All that leave before any that come: they may take each other's ports.
  for (Arrival& arrival : plan.arrivals) begin(arrival);
  arrivals_ = std::move(plan.arrivals);
  for (Arrival& arrival : arrivals_) {
    if (arrival.a.ready() && arrival.b.ready()) finish(arrival);
  }
  std::erase_if(arrivals_, [](const Arrival& arrival) { return arrival.a.ready() && arrival.b.ready(); });
  return plan.counts;
}

/// Has everything installed before anything is changed again.
void StaticStreams::finish_arrivals() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!arrivals_.empty()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw SetupError("stream " + arrivals_.front().config.name +
                       ": its worker has not given it back yet since the reload before, reload again");
    }
    dataplane_.poll();
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

/// All that can be refused. Then nothing of it is left, no key either.
StreamPlan StaticStreams::prepare(std::vector<StreamConfig> wanted) {
  try {
    StreamPlan plan = StreamPlanner(builder_, used_keys_).plan(streams_, std::move(wanted));
    reserve_ids(plan.arrivals);
    epochs_.published();
    return plan;
  } catch (...) {
    epochs_.forget_unpublished();
    throw;
  }
}

/// All or none.
void StaticStreams::reserve_ids(std::list<Arrival>& arrivals) {
  std::vector<StreamHandle> reserved;
  try {
    for (Arrival& arrival : arrivals) {
      reserved.push_back(arrival.a.handle = dataplane_.reserve(arrival.config.a.local.port));
      reserved.push_back(arrival.b.handle = dataplane_.reserve(arrival.config.b.local.port));
    }
  } catch (...) {
    for (const StreamHandle& handle : reserved) dataplane_.release(handle);
    throw;
  }
}

/// Takes out what the arrival replaces. Events of a side that comes back still name it by its handle.
void StaticStreams::begin(Arrival& arrival) {
  if (arrival.stream == nullptr) return;
  remove(*arrival.stream);
  for (auto [state, arriving] : {std::pair{&arrival.stream->a, &arrival.a}, {&arrival.stream->b, &arrival.b}}) {
    if (!arriving->comes_back) state->view = nullptr;
  }
}

/// The arrival that waits for the side of that handle, and that side there; null where there is none.
StaticStreams::ComingBack StaticStreams::coming_back(StreamHandle handle) {
  for (auto arrival = arrivals_.begin(); arrival != arrivals_.end(); ++arrival) {
    for (auto [state, side] : {std::pair{&arrival->stream->a, &arrival->a}, {&arrival->stream->b, &arrival->b}}) {
      if (side->comes_back && state->handle == handle) return {arrival, side};
    }
  }
  return {arrivals_.end(), nullptr};
}

void StaticStreams::retired(StreamHandle handle, std::unique_ptr<dataplane::Stream>& stream) {
  const auto [arrival, side] = coming_back(handle);
  if (side == nullptr) return;
  side->back = std::move(stream);
  if (!arrival->a.ready() || !arrival->b.ready()) return;
  finish(*arrival);
  arrivals_.erase(arrival);
}

/// Both sides are at hand.
void StaticStreams::finish(Arrival& arrival) {
  if (arrival.stream == nullptr) arrival.stream = &streams_.emplace_back();
  StaticStream& stream = *arrival.stream;
  for (ArrivingSide* side : {&arrival.a, &arrival.b}) {
    if (!side->comes_back) continue;
    StreamBuilder::move_to(*side->back, *side->made, side->other_ssrc);
    side->made = std::move(side->back);
  }
  arrival.a.made->sink = {arrival.b.handle.worker, arrival.b.handle.stream};
  arrival.b.made->sink = {arrival.a.handle.worker, arrival.a.handle.stream};
  const StreamConfig before = std::exchange(stream.config, std::move(arrival.config));
  finish_side(stream.a, stream.config, stream.config.a, before.a, arrival.a);
  finish_side(stream.b, stream.config, stream.config.b, before.b, arrival.b);
}

void StaticStreams::finish_side(StreamSide& state, const StreamConfig& config, const StreamSideConfig& side,
                                const StreamSideConfig& before, ArrivingSide& arriving) {
  state.handle = arriving.handle;
  if (!arriving.comes_back) {
    state.receiving = {.name = arriving.made->rx.get()};
    state.sending = {.name = arriving.made->tx.get()};
    state.silent = false;
  }
  watch(state, side, arriving.made->header);
  state.view = dataplane_.add(state.handle, std::move(arriving.made));
  if (!arriving.comes_back) return;
  rekey(state, arriving.keys, config.rekey_grace);
  tell_choices(state, before, side);
  for (const dataplane::EpochDue& asked : arriving.asked) install_epoch(state.handle, asked);
}

void StaticStreams::apply(StreamChange& change) {
  StaticStream& stream = *change.stream;
  rekey(stream.a, change.a, change.wanted.rekey_grace);
  rekey(stream.b, change.b, change.wanted.rekey_grace);
  adjust(stream.a, change.wanted, stream.config.a, change.wanted.a);
  adjust(stream.b, change.wanted, stream.config.b, change.wanted.b);
  stream.config = std::move(change.wanted);
}

std::size_t StaticStreams::port_of(const StreamSideConfig& side) const {
  return dataplane_.addresses()[dataplane_.slot_of(side.local.address)].port;
}

/// Follows the next hop towards a side's remote: into `header` what is known at once, to the worker what is told later.
void StaticStreams::watch(StreamSide& state, const StreamSideConfig& config, dataplane::EgressHeader& header) {
  const std::size_t port = port_of(config);
  const auto source = [this, port] { return dataplane_.ports()[port].port->mac(); };
  auto told = [this, &state, source](std::optional<drivers::MacAddress> mac) {
    if (state.next_hop == mac) return;
    state.next_hop = mac;
    if (!state.looking_up) dataplane_.set_next_hop(state.handle, source(), mac);
  };
  state.next_hop.reset();
  state.looking_up = true;
  // Takes the place of the watch before: while both are there, what is known of a next hop that they share stays known.
  state.watch = watch_(port, config.remote.address, std::move(told));
  state.looking_up = false;
  if (state.next_hop) header.set_next_hop(source(), *state.next_hop);
}

void StaticStreams::remove(StaticStream& stream) {
  for (StreamSide* state : {&stream.a, &stream.b}) {
    state->watch.reset();
    state->next_hop.reset();
    dataplane_.remove(state->handle);
  }
}

void StaticStreams::rekey(StreamSide& state, SideKeys& keys, std::chrono::milliseconds grace) {
  if (keys.receive != nullptr) {
    state.receiving = {.name = keys.receive.get()};
    dataplane_.rekey_receive(state.handle, std::move(keys.receive), grace);
  }
  if (keys.send != nullptr) {
    state.sending = {.name = keys.send.get()};
    dataplane_.rekey_send(state.handle, std::move(keys.send));
  }
}

void StaticStreams::adjust(StreamSide& state, const StreamConfig& wanted, const StreamSideConfig& now,
                           const StreamSideConfig& settings) {
  dataplane_.adjust(state.handle, {.stream = {},
                                   .source_check = settings.source_check,
                                   .dscp = dscp_of(settings),
                                   .units_per_tick = wanted.clock_rate / dataplane_.clock().hz(),
                                   .media_timeout = dataplane_.clock().ticks(wanted.media_timeout)});
  if (settings.remote != now.remote) redirect(state, settings);
  tell_choices(state, now, settings);
}

void StaticStreams::redirect(StreamSide& state, const StreamSideConfig& settings) {
  dataplane::EgressHeader header(udp_endpoint(settings.local), udp_endpoint(settings.remote));
  watch(state, settings, header);
  dataplane_.set_remote(state.handle, udp_endpoint(settings.remote), header);
}

/// Which key to send with, and ROCs that were not told before.
void StaticStreams::tell_choices(const StreamSide& state, const StreamSideConfig& now,
                                 const StreamSideConfig& settings) {
  if (settings.send_with != now.send_with) {
    dataplane_.send_with(state.handle, static_cast<std::uint8_t>(settings.send_with - 1));
  }
  for (const ReceiveRoc& known : settings.receive_rocs) {
    const auto& before = now.receive_rocs;
    if (std::find(before.begin(), before.end(), known) != before.end()) continue;
    dataplane_.set_roc(state.handle, known.ssrc, known.roc);
  }
}

template <typename Found>
void StaticStreams::with_side(StreamHandle handle, Found&& found) {
  for (StaticStream& stream : streams_) {
    if (stream.a.handle == handle) found(stream, stream.a, "a");
    if (stream.b.handle == handle) found(stream, stream.b, "b");
  }
}

void StaticStreams::media_lost(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.silent = true;
    spdlog::warn("stream {}: no media on side {} for {} s", stream.config.name, name,
                 stream.config.media_timeout.count());
  });
}

void StaticStreams::media_resumed(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.silent = false;
    spdlog::info("stream {}: media on side {} again", stream.config.name, name);
  });
}

void StaticStreams::refused(StreamHandle handle) {
  with_side(handle, [](const StaticStream& stream, StreamSide& side, const char* name) {
    side.view = nullptr;
    spdlog::error("stream {}: side {} could not be installed, its port is in use", stream.config.name, name);
  });
}

/// A static stream has no key of its own making: another one comes with a reload.
void StaticStreams::key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told) {
  with_side(handle, [&told](const StaticStream& stream, StreamSide& side, const char* name) {
    const bool sends = told.context == side.sending.name;
    if (!sends && told.context != side.receiving.name) return;  // one that a re-key has replaced meanwhile
    KeyStatus& status = sends ? side.sending : side.receiving;
    (told.over ? status.over : status.nearly_over) = true;
    const char* const which = sends ? "send_key" : "receive_key";
    if (told.over) {
      spdlog::error(
          "stream {}: key {} of {}.{} is at the end of its lifetime, its packets are dropped: reload with another",
          stream.config.name, told.slot + 1, name, which);
    } else {
      spdlog::warn("stream {}: key {} of {}.{} has used 90 % of its lifetime: reload with another in time",
                   stream.config.name, told.slot + 1, name, which);
    }
  });
}

/// A key that no worker has at the moment gets its answer where it goes.
void StaticStreams::epoch_due(StreamHandle handle, const dataplane::EpochDue& asked) {
  if (ArrivingSide* const side = coming_back(handle).side) {
    side->asked.push_back(asked);
  } else {
    install_epoch(handle, asked);
  }
}

void StaticStreams::install_epoch(StreamHandle handle, const dataplane::EpochDue& asked) {
  try {
    if (auto made = epochs_.make(asked)) dataplane_.install_epoch(handle, asked.context, std::move(made));
  } catch (const SetupError& error) {
    spdlog::error("session keys of an epoch cannot be made: {}", error.what());
  }
}

/// By the key's name, not by the handle that asked: the stream may have moved meanwhile.
void StaticStreams::make_failed_epochs() {
  for (const dataplane::EpochDue& asked : epochs_.take_failed()) {
    for (const StaticStream& stream : streams_) {
      for (const StreamSide* side : {&stream.a, &stream.b}) {
        const bool has_it = asked.context == side->receiving.name || asked.context == side->sending.name;
        if (has_it) epoch_due(side->handle, asked);
      }
    }
  }
}

void StaticStreams::roc_refused(StreamHandle handle, std::uint32_t ssrc) {
  with_side(handle, [ssrc](const StaticStream& stream, const StreamSide&, const char* name) {
    spdlog::warn(
        "stream {}: {}.receive_roc comes too late for SSRC {:#010x}: it has been heard already, or there is no "
        "room for it",
        stream.config.name, name, ssrc);
  });
}

}  // namespace sallyport::controlplane
