#include "drivers/topology.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <future>
#include <thread>

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

TEST(Topology, ControlStaysOffTheWorkersCores) {
  EXPECT_EQ(control_cores({0, 1, 2, 3}, {2, 3}, {}), (Cores{0, 1}));
  EXPECT_EQ(control_cores({0, 1, 2, 3}, {2}, {2, 3}), (Cores{0, 1})) << "not on a core that was set apart";
  EXPECT_EQ(control_cores({2, 3}, {2}, {2, 3}), Cores{3}) << "unless there is no other";
  EXPECT_EQ(control_cores({0, 1}, {0, 1}, {}), Cores{});
}

/// A reload asks what may be configured when control has left the workers' cores already.
TEST(Topology, TheCoresOfTheProcessAreThoseOfAllItsThreads) {
  const Cores before = available_cores();
  std::promise<void> end;
  std::thread other([&end] { end.get_future().wait(); });
  {
    const OnCore there(before.back());
    EXPECT_EQ(available_cores(), Cores{before.back()});
    const Cores all = process_cores();
    EXPECT_TRUE(std::includes(all.begin(), all.end(), before.begin(), before.end()));
  }
  end.set_value();
  other.join();
}

TEST(Topology, OnCoreIsLeftAgain) {
  const Cores before = available_cores();
  {
    const OnCore there(before.back());
    EXPECT_EQ(available_cores(), Cores{before.back()});
    EXPECT_EQ(sched_getcpu(), static_cast<int>(before.back()));
  }
  EXPECT_EQ(available_cores(), before);
}

TEST(Topology, WarnsOfPortsOnAnotherNodeThanTheirWorkers) {
  const std::vector<NumaPlace> cores{{"2", 0}, {"3", 0}, {"18", 1}};
  EXPECT_TRUE(numa_warnings({{"veth", -1}}, cores).empty()) << "no hardware behind it";
  EXPECT_TRUE(numa_warnings({{"wan", 1}}, {{"2", -1}}).empty()) << "a host without nodes";
  EXPECT_TRUE(numa_warnings({{"wan", 1}}, {{"18", 1}, {"19", 1}}).empty());
  const auto warnings = numa_warnings({{"lan", 0}, {"wan", 1}}, cores);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("port lan is on NUMA node 0, these worker cores are not: 18 (node 1);"), std::string::npos)
      << warnings[0];
  EXPECT_NE(warnings[1].find("port wan is on NUMA node 1, these worker cores are not: 2 (node 0), 3 (node 0);"),
            std::string::npos)
      << warnings[1];
}

TEST(Topology, WarnsOfSharedWorkerCores) {
  const CoreIsolation isolation{{1, 2}, {2}};
  const auto warnings = isolation_warnings({0, 1, 2}, isolation);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("core 0 is shared"), std::string::npos);
  EXPECT_NE(warnings[1].find("core 1 takes timer interrupts"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::drivers
