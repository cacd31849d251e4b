#include "controlplane/status.hpp"

#include <cstdio>

#include "controlplane/observe/pause_json.hpp"
#include "controlplane/srtp_status.hpp"
#include "controlplane/version.hpp"
#include "dataplane/drop_reason.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// Rates are taken over at least so long; asked more often, the older sample stays the reference.
constexpr std::chrono::milliseconds kRateWindow{500};

std::string hex_ssrc(std::uint32_t ssrc) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", ssrc);
  return text;
}

const char* to_text(RtcpMode mode) {
  switch (mode) {
    case RtcpMode::kPair:
      return "pair";
    case RtcpMode::kMux:
      return "mux";
    case RtcpMode::kOff:
      break;
  }
  return "off";
}

const char* to_text(drivers::LinkState link) {
  switch (link) {
    case drivers::LinkState::kUp:
      return "up";
    case drivers::LinkState::kDown:
      return "down";
    case drivers::LinkState::kGone:
      break;
  }
  return "gone";
}

/// What the port was told, and what comes of it where that can be told.
std::string steering_text(const drivers::EthPort& port, const PortHealth& health) {
  const std::optional<double> astray = health.astray_share();
  if (!astray || *astray < 0.0005) return port.steering();
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.1f %%", 100 * *astray);
  return port.steering() + ", but " + percent + " is handed over";
}

template <typename Counters>
json drops_json(const Counters& drops) {
  json result = json::object();
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    const std::uint64_t count = drops[i].read();
    if (count != 0) result[std::string(dataplane::kDropReasonTexts[i].name)] = count;
  }
  return result;
}

}  // namespace

StatusReporter::StatusReporter(GatewayFacts facts, const DataplaneClient& dataplane, const StaticStreams& streams,
                               const Health& health)
    : facts_(std::move(facts)), dataplane_(dataplane), streams_(streams), health_(health) {
  for (std::size_t id = 0; id < dataplane_.workers(); ++id) previous_.push_back(sample(dataplane_.worker(id).stats()));
}

StatusReporter::Sample StatusReporter::sample(const dataplane::WorkerStats& stats) const {
  return {std::chrono::steady_clock::now(), stats.busy_ticks.read(), stats.total_ticks.read(), stats.rx.read(),
          stats.tx.read()};
}

json StatusReporter::status() {
  json result{{"version", kVersion},
              {"uptime_s", std::chrono::duration<double>(std::chrono::steady_clock::now() - facts_.started).count()},
              {"config_file", facts_.config_file},
              {"engine", facts_.engine},
              {"engines", engines_json(facts_.engines, dataplane_.worker(0).engine())},
              {"huge_pages", facts_.huge_pages},
              {"packet_buffers", buffers()},
              {"warnings", warnings()},
              {"workers", json::array()},
              {"ports", json::array()}};
  std::uint64_t active = 0;
  for (std::size_t id = 0; id < dataplane_.workers(); ++id) {
    result["workers"].push_back(worker_status(id));
    active += dataplane_.worker(id).stats().streams.read();
  }
  for (std::size_t port = 0; port < facts_.ports.size(); ++port) result["ports"].push_back(port_status(port));
  result["streams"] = {{"configured", streams_.all().size()}, {"active", active / 2}};
  return result;
}

/// Those of the configuration, what is wrong with ports and buffers, and crypto devices that do not answer.
json StatusReporter::warnings() const {
  json all = facts_.warnings;
  for (const std::string& warning : health_.warnings()) all.push_back(warning);
  for (std::size_t id = 0; id < dataplane_.workers(); ++id) {
    if (dataplane_.worker(id).stats().silent.read() == 0) continue;
    all.push_back("crypto device " + facts_.crypto_device + " does not answer worker " + std::to_string(id));
  }
  return all;
}

json StatusReporter::worker_status(std::size_t id) {
  const dataplane::WorkerStats& stats = dataplane_.worker(id).stats();
  const Sample now = sample(stats);
  const Sample& before = previous_[id];
  const double seconds = std::chrono::duration<double>(now.at - before.at).count();
  const auto rate = [seconds](std::uint64_t from, std::uint64_t to) {
    return seconds > 0 ? static_cast<double>(to - from) / seconds : 0.0;
  };
  const std::uint64_t total = now.total - before.total;
  json result{{"id", id},
              {"core", dataplane_.core(id)},
              {"load_percent",
               total == 0 ? 0.0 : 100.0 * static_cast<double>(now.busy - before.busy) / static_cast<double>(total)},
              {"rx_pps", rate(before.rx, now.rx)},
              {"tx_pps", rate(before.tx, now.tx)},
              {"streams", stats.streams.read()},
              {"handed_out", stats.handed_out.read()},
              {"handed_in", stats.handed_in.read()},
              {"idle_sleeps", stats.idle_sleeps.read()},
              {"preempted", stats.preempted.read()},
              {"shares_core", health_.shares_core(id)}};
  if (now.at - before.at >= kRateWindow) previous_[id] = now;
  return result;
}

json StatusReporter::buffers() const {
  json all = json::array();
  for (std::size_t i = 0; i < health_.pools().size(); ++i) {
    const BufferPool& buffers = health_.pools()[i];
    const unsigned total = buffers.pool->capacity();
    all.push_back({{"socket", buffers.socket},
                   {"total", total},
                   {"in_use", total - buffers.pool->available()},
                   {"times_used_up", health_.times_used_up(i)}});
  }
  return all;
}

json StatusReporter::port_status(std::size_t index) const {
  const drivers::EthPort& port = *facts_.ports[index].port;
  const PortHealth& health = health_.port(index);
  json addresses = json::array();
  for (const drivers::IpPrefix& address : port.options().addresses) addresses.push_back(address.to_string());
  return {{"name", port.options().name},
          {"device", port.description()},
          {"steering", steering_text(port, health)},
          {"kernel_path", facts_.ports[index].kernel_path},
          {"mac", port.mac().to_string()},
          {"addresses", addresses},
          {"link", to_text(port.link())},
          {"link_downs", health.link_downs()},
          {"rx", health.sample().rx},
          {"astray", health.sample().astray},
          {"tx", health.sample().tx},
          {"refused", health.sample().refused},
          {"queues", port.queues()},
          {"missed", port.missed()}};
}

json StatusReporter::stats() const {
  json workers = json::array();
  for (std::size_t id = 0; id < dataplane_.workers(); ++id) workers.push_back(worker_stats(id));
  return {{"workers", workers}};
}

json StatusReporter::worker_stats(std::size_t id) const {
  const dataplane::WorkerStats& stats = dataplane_.worker(id).stats();
  const dataplane::Clock& clock = dataplane_.clock();
  json stages = json::array();
  for (std::size_t i = 0; i < dataplane::kStages; ++i) {
    const dataplane::StageStats& stage = stats.stages[i];
    const std::uint64_t packets = stage.packets.read();
    const double cycles = packets == 0 ? 0.0 : static_cast<double>(stage.ticks.read()) / static_cast<double>(packets);
    stages.push_back({{"name", dataplane::kStageNames[i]},
                      {"packets", packets},
                      {"bursts", stage.bursts.read()},
                      {"cycles_per_packet", cycles},
                      {"ns_per_packet", cycles * 1e9 / clock.hz()}});
  }
  return {{"id", id},
          {"rx", stats.rx.read()},
          {"tx", stats.tx.read()},
          {"from_kernel", stats.from_kernel.read()},
          {"handed_in", stats.handed_in.read()},
          {"handed_out", stats.handed_out.read()},
          {"generated", stats.generated.read()},
          {"punted", stats.punted.read()},
          {"consumed", stats.consumed.read()},
          {"parked", stats.parked.read()},
          {"resumed", stats.resumed.read()},
          {"unanswered", stats.unanswered.read()},
          {"preempted", stats.preempted.read()},
          {"commands", stats.commands.read()},
          {"busy_s", clock.nanoseconds(stats.busy_ticks.read()) * 1e-9},
          {"idle_s",
           clock.nanoseconds(stats.total_ticks.read() - stats.busy_ticks.read() - stats.slept_ticks.read()) * 1e-9},
          {"pauses", pauses_summary(stats.pauses, clock)},
          {"dropped", stats.dropped()},
          {"balanced", stats.imbalances.read() == 0},
          {"drops", drops_json(stats.drops)},
          {"stages", stages}};
}

json StatusReporter::pauses() const {
  json workers = json::array();
  for (std::size_t id = 0; id < dataplane_.workers(); ++id) {
    json worker = pauses_list(dataplane_.worker(id).stats().pauses, dataplane_.clock());
    worker["id"] = id;
    workers.push_back(std::move(worker));
  }
  return {{"workers", workers}};
}

json StatusReporter::streams() const {
  json list = json::array();
  for (const StaticStream& stream : streams_.all()) {
    list.push_back(
        {{"name", stream.config.name},
         {"worker", stream.a.handle.worker},
         {"sides",
          {side(stream.config, stream.config.a, stream.a, "a"), side(stream.config, stream.config.b, stream.b, "b")}}});
  }
  return {{"streams", list}};
}

json StatusReporter::side(const StreamConfig& config, const StreamSideConfig& side, const StreamSide& state,
                          const char* name) const {
  const crypto::Engine& engine = dataplane_.worker(0).engine();
  json result{{"side", name},
              {"local", side.local.to_string()},
              {"remote", side.remote.to_string()},
              {"next_hop", state.next_hop ? state.next_hop->to_string() : "unresolved"},
              {"suite", side.suite != nullptr ? side.suite->name : "RTP"},
              {"engine", side.suite != nullptr ? std::string(crypto::to_string(engine.kind_for(*side.suite))) : ""},
              {"security", media_security(side)},
              {"srtp", srtp_json(side, state, facts_.engines, engine)},
              {"rtcp", to_text(side.rtcp)},
              {"worker", state.handle.worker},
              {"media", "refused"}};
  if (state.view == nullptr) return result;
  const dataplane::Stream& leg = *state.view;
  const dataplane::RxQuality& quality = leg.quality;
  const std::uint64_t last = leg.last_media.read();
  const dataplane::Tsc now = dataplane::Clock::now();
  result.update(
      {{"ssrc_out", hex_ssrc(leg.out_ssrc.read())},
       {"ssrc_in", hex_ssrc(quality.ssrc())},
       {"received", quality.received()},
       {"received_bytes", leg.received_bytes.read()},
       {"sent", leg.sent.read()},
       {"sent_bytes", leg.sent_bytes.read()},
       {"lost", quality.lost()},
       {"expected", quality.expected()},
       {"jitter_ms", quality.jitter() * 1000.0 / config.clock_rate},
       {"rtcp_received", leg.rtcp_received.read()},
       {"rtcp_sent", leg.rtcp_sent.read()},
       {"auth_failed", leg.dropped(dataplane::DropReason::kAuthFailed)},
       {"replayed", leg.dropped(dataplane::DropReason::kReplayed)},
       {"dropped", drops_json(leg.more->drops)},
       {"media", last == 0      ? "none"
                 : state.silent ? "silent"
                                : "flowing"},
       {"last_media_s",
        last == 0 ? json(nullptr) : json(now > last ? dataplane_.clock().nanoseconds(now - last) * 1e-9 : 0.0)}});
  return result;
}

}  // namespace sallyport::controlplane
