#include "tests/scenario/late_call.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::scenario {

using dataplane::WorkerStats;

Bytes voice(std::uint32_t sequence) {
  return Rtp().sequence(static_cast<std::uint16_t>(sequence)).timestamp(sequence * 160).bytes();
}

void drive(Call& call, const LateEngines& engines) {
  constexpr std::chrono::seconds kPatience{10};
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  do {
    call.settle();
  } while (engines.in_flight() != 0 && std::chrono::steady_clock::now() < give_up);
  ASSERT_EQ(engines.in_flight(), 0U);
  call.settle();
}

void expect_in_order(const std::vector<Received>& got, std::size_t count) {
  ASSERT_EQ(got.size(), count);
  for (std::size_t i = 1; i < got.size(); ++i) {
    EXPECT_EQ(sequence_of(got[i].clear), static_cast<std::uint16_t>(sequence_of(got[i - 1].clear) + 1)) << i;
  }
}

void expect_nothing_parked(const Gateway& gateway) {
  EXPECT_EQ(gateway.total(&WorkerStats::parked), gateway.total(&WorkerStats::resumed));
  EXPECT_TRUE(gateway.balanced());
}

}  // namespace sallyport::scenario
