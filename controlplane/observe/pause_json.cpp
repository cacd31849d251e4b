#include "controlplane/observe/pause_json.hpp"

#include <algorithm>
#include <string>

#include "dataplane/pause_watch.hpp"

namespace sallyport::controlplane {
namespace {

using dataplane::Clock;
using dataplane::Pause;
using dataplane::PauseKind;
using dataplane::PauseWatch;
using nlohmann::json;

std::string name_of(PauseKind kind) { return std::string(dataplane::kPauseKindNames[static_cast<std::size_t>(kind)]); }

double microseconds(const Clock& clock, dataplane::Tsc ticks) { return clock.nanoseconds(ticks) * 1e-3; }

}  // namespace

json pauses_summary(const dataplane::PauseLog& log, const Clock& clock) {
  json kinds = json::object();
  for (std::size_t i = 0; i < dataplane::kPauseKinds; ++i) {
    const auto kind = static_cast<PauseKind>(i);
    kinds[name_of(kind)] = {{"count", log.count(kind)}, {"ms", microseconds(clock, log.ticks(kind)) * 1e-3}};
  }
  json own = json::object();
  for (const PauseKind kind : {PauseKind::kPackets, PauseKind::kCommands, PauseKind::kSweep}) {
    own[name_of(kind)] = microseconds(clock, log.longest_own(kind));
  }
  const std::vector<Pause> last = log.recent(Clock::now() - clock.ticks(PauseWatch::kWindow));
  json recent{{"count", last.size()}};
  const auto longest = std::max_element(last.begin(), last.end(), [](const Pause& one, const Pause& other) {
    return one.ended - one.began < other.ended - other.began;
  });
  if (longest != last.end()) {
    recent["longest_us"] = microseconds(clock, longest->ended - longest->began);
    recent["kind"] = name_of(longest->kind);
  }
  return {{"over_us", PauseWatch::kPause.count()},
          {"window_s", PauseWatch::kWindow.count()},
          {"kinds", std::move(kinds)},
          {"recent", std::move(recent)},
          {"own_us", std::move(own)}};
}

json pauses_list(const dataplane::PauseLog& log, const Clock& clock) {
  const dataplane::Tsc now = Clock::now();
  json list = json::array();
  for (const Pause& pause : log.recent()) {
    list.push_back({{"began_tsc", pause.began},
                    {"ended_tsc", pause.ended},
                    {"ago_s", microseconds(clock, now > pause.ended ? now - pause.ended : 0) * 1e-6},
                    {"us", microseconds(clock, pause.ended - pause.began)},
                    {"kind", name_of(pause.kind)}});
  }
  return {{"forgotten_until_tsc", log.forgotten_until()}, {"pauses", std::move(list)}};
}

}  // namespace sallyport::controlplane
