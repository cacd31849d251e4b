// The generator against itself over the loopback interface, with real sockets: nothing is lost at 5,000 packets a
// second.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "direct.hpp"
#include "perf/load/report.hpp"
#include "perf/load/runner.hpp"

namespace sallyport::load {
namespace {

const std::string kOtherKey = "HRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

TEST(Loopback, LosesNothingAt5000PacketsPerSecond) {
  const LoadOptions options = direct("21000", {"--streams", "100", "--rate", "50", "--duration", "2"});
  const RunResult result = Runner(options).run();
  EXPECT_TRUE(result.all_right());
  EXPECT_EQ(result.directions[0].total.offered, 10'000U);
  EXPECT_EQ(result.directions[0].total.right, 10'000U);
  EXPECT_EQ(result.directions[0].total.lost, 0U);
  EXPECT_EQ(result.link_stats.missed, 0U);
  EXPECT_NEAR(result.seconds, 2, 0.5);
}

/// The only one here that brings up DPDK, which a process can do once.
TEST(Loopback, OverRings) {
  const LoadOptions options = direct("23500", {"--link",          "ring",
                                               "--streams",       "100",
                                               "--rate",          "200",
                                               "--duration",      "1",
                                               "--bidirectional", "--rtcp",
                                               "--suite",         "AES_CM_128_HMAC_SHA1_80",
                                               "--sink-suite",    "AES_CM_128_HMAC_SHA1_80",
                                               "--key",           kKey,
                                               "--sink-key",      kKey,
                                               "--sink-send-key", kOtherKey,
                                               "--receive-key",   kOtherKey});
  const RunResult result = Runner(options).run();
  EXPECT_TRUE(result.all_right());
  ASSERT_EQ(result.directions.size(), 2U);
  EXPECT_EQ(result.directions[0].total.right, 20'000U);
  EXPECT_EQ(result.link_stats.foreign, 0U);
  EXPECT_EQ(result.links, std::vector<std::string>{"rings to ourselves"});
}

TEST(Loopback, BothDirectionsWithSrtpAndReports) {
  const LoadOptions options =
      direct("22000", {"--streams", "20", "--duration", "2", "--bidirectional", "--rtcp", "--suite",
                       "AES_CM_128_HMAC_SHA1_80", "--sink-suite", "AES_CM_128_HMAC_SHA1_80", "--key", kKey,
                       "--sink-key", kKey, "--sink-send-key", kOtherKey, "--receive-key", kOtherKey});
  const RunResult result = Runner(options).run();
  EXPECT_TRUE(result.all_right());
  ASSERT_EQ(result.directions.size(), 2U);
  for (const DirectionResult& direction : result.directions) {
    EXPECT_EQ(direction.total.right, 2000U);
    EXPECT_EQ(direction.total.reports_right, direction.total.reports_offered);
    EXPECT_GE(direction.total.reports_offered, 20U);
  }
}

TEST(Loopback, DamageOnPurposeIsFoundExactly) {
  const LoadOptions options = direct("23000", {"--streams", "10", "--packets", "500", "--pps", "5000", "--loss", "2",
                                               "--duplicate", "3", "--reorder", "4"});
  const RunResult result = Runner(options).run();
  EXPECT_TRUE(result.all_right());
  const Findings& total = result.directions[0].total;
  EXPECT_GT(total.withheld, 50U);
  EXPECT_EQ(total.right, 5000 - total.withheld);
  EXPECT_EQ(total.duplicated, total.sent_twice);
  EXPECT_EQ(total.reordered, total.sent_late);
}

TEST(Loopback, AWrongKeyIsNotRight) {
  LoadOptions options =
      direct("24000", {"--packets", "20", "--rate", "500", "--suite", "AES_CM_128_HMAC_SHA1_80", "--sink-suite",
                       "AES_CM_128_HMAC_SHA1_80", "--key", kKey, "--sink-key", kOtherKey});
  options.settle = std::chrono::milliseconds(200);
  const RunResult result = Runner(options).run();
  EXPECT_FALSE(result.all_right());
  EXPECT_EQ(result.directions[0].total.unauthentic, 20U);
  ASSERT_EQ(result.directions[0].worst.size(), 1U);
}

TEST(Loopback, NothingComingBackIsNotRight) {
  LoadOptions options = direct("25000", {"--packets", "5", "--rate", "500"});
  options.settle = std::chrono::milliseconds(100);
  options.a.remote = Endpoint::parse("127.0.0.3:25000");  // where nobody listens
  const RunResult result = Runner(options).run();
  EXPECT_FALSE(result.all_right());
  EXPECT_EQ(result.directions[0].total.lost, 5U);
}

TEST(Loopback, ATakenPortIsSaid) {
  const LoadOptions options = direct("26000", {"--packets", "1"});
  const Runner first(options);
  try {
    const Runner second(options);
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("cannot receive at 127.0.0.1:26000"), std::string::npos) << error.what();
  }
}

TEST(Loopback, ReportsAreForPeopleAndPrograms) {
  const LoadOptions options = direct("27000", {"--packets", "10", "--rate", "1000"});
  const RunResult result = Runner(options).run();
  std::ostringstream json_text;
  print_json(json_text, options, result);
  const auto json = nlohmann::json::parse(json_text.str());
  EXPECT_EQ(json["all_right"], true);
  EXPECT_EQ(json["directions"][0]["right"], 10);
  EXPECT_TRUE(json["directions"][0]["latency_us"].contains("p99.9"));
  std::ostringstream table;
  print_table(table, options, result);
  EXPECT_NE(table.str().find("\nall right\n"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::load
