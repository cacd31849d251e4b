#include "drivers/topology.hpp"

#include <gtest/gtest.h>
#include <sched.h>

namespace sallyport::drivers {
namespace {

using Cores = std::vector<unsigned>;

TEST(Topology, ReadsTheKernelsLists) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (Cores{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("5"), Cores{5});
  EXPECT_EQ(parse_cpu_list(""), Cores{});
  EXPECT_EQ(parse_cpu_list("(null)"), Cores{});
  EXPECT_EQ(parse_cpu_list("2-"), Cores{});
  EXPECT_LE(parse_cpu_list("0-4294967295").size(), std::size_t{CPU_SETSIZE});
}

TEST(Topology, PrintsLists) {
  EXPECT_EQ(format_cpu_list({0, 1, 7}), "0, 1, 7");
  EXPECT_EQ(format_cpu_list({}), "none");
}

TEST(Topology, FindsTheCoresOfThisThread) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  const Cores all = available_cores();
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(CPU_COUNT(&before)));

  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(all.back(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_cores(), Cores{all.back()});
  sched_setaffinity(0, sizeof before, &before);
}

TEST(Topology, NumaNodeOfAMissingCoreIsNone) { EXPECT_EQ(numa_node_of_core(100000), -1); }

TEST(Topology, WarnsOfSharedWorkerCores) {
  const CoreIsolation isolation{{1, 2}, {2}};
  const auto warnings = isolation_warnings({0, 1, 2}, isolation);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("core 0 is shared"), std::string::npos);
  EXPECT_NE(warnings[1].find("core 1 takes timer interrupts"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::drivers
