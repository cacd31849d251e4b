#include "controlplane/session/call_json.hpp"

#include <array>
#include <ctime>

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// "2026-01-31T12:00:00.250Z".
std::string time_text(CallView::Clock::time_point time) {
  const auto since = time.time_since_epoch();
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string fraction = std::to_string(1000 + millis);
  fraction.front() = '.';
  return std::string(text.data(), length) + fraction + "Z";
}

std::string_view path_text(SignallingPath path) {
  return path == SignallingPath::kProtectedWithEncryption ? "encrypted"
         : path == SignallingPath::kIntegrityOnly         ? "integrity only"
                                                          : "unprotected";
}

/// The suite of the first line that flows; "RTP" without one, "" before anything is agreed.
std::string suite_text(const LegMedia* media) {
  if (media == nullptr) return {};
  for (const LegLine& line : *media) {
    if (line.active) return line.srtp.suite == nullptr ? "RTP" : std::string(line.srtp.suite->name);
  }
  return {};
}

json line_json(const LegLine& line) {
  json shown{{"kind", to_string(line.kind)}, {"active", line.active}, {"reasons", line.reasons}};
  if (!line.active) return shown;
  shown["suite"] = line.srtp.suite == nullptr ? json(nullptr) : json(std::string(line.srtp.suite->name));
  shown["local"] = line.local.to_string();
  if (line.remote) shown["remote"] = line.remote->to_string();
  json codecs = json::array();
  for (const LegCodec& codec : line.codecs) codecs.push_back(codec.codec.to_string());
  shown["codecs"] = std::move(codecs);
  return shown;
}

json count_json(const LegCount& count) {
  return {{"received", count.received}, {"sent", count.sent}, {"lost", count.lost}, {"dropped", count.dropped}};
}

json leg_json(const CallView::Leg& leg) {
  json shown{{"party", leg.party},
             {"call_id", leg.call_id},
             {"signalling", path_text(leg.path)},
             {"suite", suite_text(leg.media)},
             {"packets", count_json(leg.count)},
             {"silent", leg.silent}};
  json lines = json::array();
  if (leg.media != nullptr) {
    for (const LegLine& line : *leg.media) lines.push_back(line_json(line));
  }
  shown["media"] = std::move(lines);
  return shown;
}

}  // namespace

json call_line(const CallView& view) {
  return {{"id", view.id},
          {"state", view.state},
          {"caller", view.legs[Call::kCaller].party},
          {"callee", view.legs[Call::kCallee].party},
          {"number", view.number},
          {"began", time_text(view.began)},
          {"security", to_string(view.status.security)},
          {"caller_suite", suite_text(view.legs[Call::kCaller].media)},
          {"callee_suite", suite_text(view.legs[Call::kCallee].media)},
          {"why", view.why}};
}

json call_details(const CallView& view) {
  json shown = call_line(view);
  if (view.answered) shown["answered"] = time_text(*view.answered);
  if (view.ended) shown["ended"] = time_text(*view.ended);
  shown["security_reason"] = view.status.reason;
  json history = json::array();
  for (const auto& [time, status] : view.history) {
    history.push_back({{"time", time_text(time)}, {"security", to_string(status.security)}, {"reason", status.reason}});
  }
  shown["history"] = std::move(history);
  json transfers = json::array();
  for (const auto& [time, from, to] : view.transfers) {
    transfers.push_back({{"time", time_text(time)}, {"from", from}, {"to", to}});
  }
  shown["transfers"] = std::move(transfers);
  shown["legs"] = json::array({leg_json(view.legs[Call::kCaller]), leg_json(view.legs[Call::kCallee])});
  return shown;
}

json call_record(const CallView& view) {
  json record = call_details(view);
  const auto from = view.answered.value_or(view.ended.value_or(view.began));
  const auto to = view.ended.value_or(from);
  record["seconds"] =
      static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count()) / 1000;
  return record;
}

}  // namespace sallyport::controlplane
