#include "controlplane/signalling/sip/limit_log.hpp"

#include <spdlog/spdlog.h>

namespace sallyport::controlplane::sip {

void LimitLog::bites(Limit limit, const drivers::IpAddress& peer, TimePoint now) {
  State& state = states_[index_of(limit)];
  if (!state.biting) {
    state.biting = true;
    state.began = now;
    state.count_before = state.count;
    spdlog::warn("SIP: from {}: {}", peer.to_string(), kLimitTexts[index_of(limit)].begun);
  }
  ++state.count;
  state.last = now;
}

void LimitLog::settle(TimePoint now) {
  for (const LimitText& text : kLimitTexts) {
    State& state = states_[index_of(text.limit)];
    if (!state.biting || now - state.last < kQuiet) continue;
    state.biting = false;
    const auto lasted = std::chrono::duration_cast<std::chrono::seconds>(state.last - state.began);
    spdlog::info("SIP: over after {} s, {} times: {}", lasted.count() + 1, state.count - state.count_before,
                 text.begun);
  }
}

}  // namespace sallyport::controlplane::sip
