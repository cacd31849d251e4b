// What tests of calls through a late crypto device share.
#pragma once

#include <algorithm>
#include <variant>
#include <vector>

#include "tests/scenario/call.hpp"
#include "tests/scenario/late_engine.hpp"

namespace sallyport::scenario {

/// 20 ms of voice.
Bytes voice(std::uint32_t sequence);

/// Lets the gateway work until the devices have given everything back.
void drive(Call& call, const LateEngines& engines);

/// `count` packets, each with the number behind the one before it.
void expect_in_order(const std::vector<Received>& got, std::size_t count);

/// Every packet that was parked went on or was dropped.
void expect_nothing_parked(const Gateway& gateway);

template <typename Kind>
std::size_t count_of(const std::vector<dataplane::Event>& events) {
  return static_cast<std::size_t>(
      std::ranges::count_if(events, [](const auto& event) { return std::holds_alternative<Kind>(event); }));
}

}  // namespace sallyport::scenario
