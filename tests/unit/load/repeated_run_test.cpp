// One runner, several runs, over the loopback interface: streams go on, nothing of one run counts in the next. And a
// search for the highest rate, through real sockets.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <thread>

#include "direct.hpp"
#include "drivers/file_descriptor.hpp"
#include "perf/load/find_rate.hpp"

namespace sallyport::load {
namespace {

const std::vector<std::string> kSrtp{
    "--suite", "AES_CM_128_HMAC_SHA1_80", "--sink-suite", "AES_CM_128_HMAC_SHA1_80", "--key", kKey, "--sink-key", kKey};

/// The far side's SRTP refuses an index that it has seen, so that what comes back right was never sent before.
TEST(RepeatedRun, SrtpIndicesGoOn) {
  std::vector<std::string> more = kSrtp;
  more.insert(more.end(), {"--streams", "3", "--packets", "40000", "--rtcp"});
  const LoadOptions options = direct("21200", more);
  Runner runner(options);
  for (unsigned i = 0; i < 3; ++i) {  // beyond 2^16: the rollover counter goes on, too
    const RunResult result = runner.run(20'000);
    EXPECT_TRUE(result.all_right()) << "run " << i;
    EXPECT_EQ(result.directions[0].total.offered, 120'000U);
    EXPECT_EQ(result.directions[0].total.right, 120'000U);
    EXPECT_EQ(result.directions[0].total.duplicated, 0U);
    EXPECT_EQ(result.directions[0].latency.count(), 120'000U);
    EXPECT_NEAR(result.asked_pps, 60'000, 1);
  }
}

TEST(RepeatedRun, DamageOnPurposeIsFoundExactlyInEachRun) {
  const LoadOptions options =
      direct("21300", {"--streams", "10", "--packets", "200", "--loss", "2", "--duplicate", "3", "--reorder", "4"});
  Runner runner(options);
  for (unsigned i = 0; i < 3; ++i) {
    const RunResult result = runner.run(500);
    EXPECT_TRUE(result.all_right()) << "run " << i;
    EXPECT_EQ(result.directions[0].total.offered, 2000U);
    EXPECT_GT(result.directions[0].total.sent_late, 0U);
    EXPECT_EQ(result.directions[0].total.reordered, result.directions[0].total.sent_late);
  }
}

/// Forwards what comes to `in` to `out`, the first packet, and what waits behind it, after a pause.
class SlowRelay {
 public:
  SlowRelay(const Endpoint& in, const Endpoint& out) : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    const sockaddr_in from = address(in);
    if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) throw UsageError("bind");
    thread_ = std::jthread([this, to = address(out)](const std::stop_token& stop) { forward(stop, to); });
  }

 private:
  static sockaddr_in address(const Endpoint& endpoint) {
    sockaddr_in result{};
    result.sin_family = AF_INET;
    result.sin_port = htons(endpoint.port);
    std::memcpy(&result.sin_addr, endpoint.address.bytes.data(), sizeof result.sin_addr);
    return result;
  }
  void forward(const std::stop_token& stop, const sockaddr_in& to) const {
    std::array<char, 2048> packet;
    for (bool first = true; !stop.stop_requested();) {
      pollfd readable{socket_.get(), POLLIN, 0};
      if (::poll(&readable, 1, 10) != 1) continue;
      if (first) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      first = false;
      const ssize_t length = ::recv(socket_.get(), packet.data(), packet.size(), 0);
      ::sendto(socket_.get(), packet.data(), static_cast<std::size_t>(length), 0,
               reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
  }

  drivers::FileDescriptor socket_;
  std::jthread thread_;
};

TEST(RepeatedRun, WhatOneRunGaveUpDoesNotComeIntoTheNext) {
  LoadOptions options = direct("21400", {"--packets", "20"});
  options.a.remote = Endpoint::parse("127.0.0.3:21400");
  options.b.remote.reset();
  const SlowRelay relay(*options.a.remote, options.b.local);
  options.settle = std::chrono::nanoseconds(0);  // gives up at once what is under way
  Runner runner(options);
  const RunResult first = runner.run(100'000);
  EXPECT_GT(first.directions[0].total.lost, 0U);
  options.settle = std::chrono::seconds(2);
  const RunResult second = runner.run(1000);
  EXPECT_TRUE(second.all_right());
  EXPECT_EQ(second.directions[0].total.received, 20U);
}

TEST(FindRate, OverLoopback) {
  std::vector<std::string> more = kSrtp;
  more.insert(more.end(),
              {"--streams", "8", "--find-rate", "1000-20000000", "--resolution", "40", "--duration", "0.2"});
  const LoadOptions options = direct("21500", more);
  Runner runner(options);
  std::size_t shown = 0;
  const SearchResult found = find_rate(
      *options.find_rate, [&](double pps) { return runner.run(pps / options.streams); },
      [&shown](const Trial&) { ++shown; });
  ASSERT_NE(found.highest_passed(), nullptr);
  ASSERT_NE(found.lowest_failed(), nullptr) << "no socket takes 20 million packets a second";
  EXPECT_LE(found.trials.size(), RateSearch::most_trials(*options.find_rate));
  EXPECT_EQ(found.trials.size(), shown);
  EXPECT_EQ(found.trials[0].verdict, TrialVerdict::kPassed) << "1000 packets a second";
  EXPECT_NE(found.trials[1].verdict, TrialVerdict::kPassed);
  EXPECT_TRUE(found.highest_passed()->result.all_right());
  RecordProperty("pps", std::to_string(rate_of(*found.highest_passed())));
}

}  // namespace
}  // namespace sallyport::load
