// One target of a trunk that is asked whether it is there, over loopback sockets.
#include "controlplane/session/target_watch.hpp"

#include <gtest/gtest.h>

#include "trunk_world.hpp"

namespace sallyport::controlplane {
namespace {

using namespace std::chrono_literals;
using sip::TransportKind;
using test::always;
using test::TrunkWorld;

constexpr WatchTimes kQuick{.interval = 30ms, .patience = 200ms, .retry = 10ms};

TargetWatch watch(TrunkWorld& world, TransportKind kind, const Endpoint& at, WatchTimes times = kQuick) {
  return TargetWatch(world.agent,
                     {"target", "sip:" + at.to_string(), "sip:gw.test",
                      [kind, at] {
                        return sip::Destination{kind, at, {}, nullptr};
                      }},
                     times);
}

TEST(TargetWatch, OneThatAnswersIsUp) {
  TrunkWorld world;
  const Endpoint at = world.listen(TransportKind::kUdp);
  TargetWatch watched = watch(world, TransportKind::kUdp, at);
  EXPECT_EQ(watched.seen().state, TargetState::kUnknown);
  ASSERT_TRUE(world.serve([&] { return world.messages.size() >= 3; }));
  EXPECT_EQ(watched.seen().state, TargetState::kUp);
  EXPECT_EQ(watched.seen().answer, "200 OK");
  EXPECT_TRUE(watched.seen().round_trip.has_value());
  EXPECT_EQ(world.messages[0].method(), "OPTIONS");
  EXPECT_EQ(world.messages[0].uri(), "sip:" + at.to_string());
  EXPECT_TRUE(world.messages[0].value("From").starts_with("<sip:gw.test>;tag="));
  EXPECT_EQ(world.messages[0].value("Call-ID"), world.messages[1].value("Call-ID"));
  EXPECT_EQ(world.messages[1].value("CSeq"), "2 OPTIONS");
}

TEST(TargetWatch, AnyAnswerMeansUpButTwo) {
  TrunkWorld world;
  TargetWatch watched = watch(world, TransportKind::kUdp, world.listen(TransportKind::kUdp));
  for (const auto& [status, state] :
       {std::pair{404, TargetState::kUp}, std::pair{503, TargetState::kDown}, std::pair{401, TargetState::kUp},
        std::pair{408, TargetState::kDown}, std::pair{500, TargetState::kUp}}) {
    world.answer = always(status);
    EXPECT_TRUE(world.serve([&] {
      return watched.seen().state == state && watched.seen().answer.starts_with(std::to_string(status));
    })) << status;
  }
}

TEST(TargetWatch, OneThatIsSilentIsDownUntilItSpeaks) {
  TrunkWorld world;
  world.answer = [](const sip::Message&) { return std::optional<sip::Message>(); };
  TargetWatch watched = watch(world, TransportKind::kUdp, world.listen(TransportKind::kUdp));
  ASSERT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kDown; }));
  EXPECT_EQ(watched.seen().answer, "no answer");
  EXPECT_FALSE(watched.seen().round_trip.has_value());
  world.answer = always(200);
  EXPECT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kUp; }));
}

TEST(TargetWatch, AConnectionIsKeptAndMadeAgain) {
  TrunkWorld world;
  const Endpoint at = world.listen(TransportKind::kTcp);
  WatchTimes slow = kQuick;
  slow.interval = 1h;  // so that only a connection that is gone makes it ask again
  TargetWatch watched = watch(world, TransportKind::kTcp, at, slow);
  world.lost = [&](const sip::Flow& flow) { watched.flow_closed(flow); };
  ASSERT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kUp; }));
  watched.doubt();
  ASSERT_TRUE(world.serve([&] { return world.messages.size() == 2; }));
  EXPECT_EQ(world.flows[0].id, world.flows[1].id);
  ASSERT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kUp; }));
  world.serve([start = std::chrono::steady_clock::now()] { return std::chrono::steady_clock::now() > start + 50ms; });
  world.transport->close(world.flows[0].id, "the test ends it");
  ASSERT_TRUE(world.serve([&] { return world.messages.size() == 3; }));
  EXPECT_NE(world.flows[2].id, world.flows[0].id);
  EXPECT_EQ(watched.seen().state, TargetState::kUp);
}

TEST(TargetWatch, WhoCannotBeReachedIsDownAndTriedAgain) {
  TrunkWorld world;
  Endpoint at;
  {
    TrunkWorld other;
    at = other.listen(TransportKind::kTcp);
  }
  TargetWatch watched = watch(world, TransportKind::kTcp, at);
  ASSERT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kDown; }));
  EXPECT_NE(watched.seen().answer.find("cannot connect"), std::string::npos) << watched.seen().answer;
  world.transport->listen(TransportKind::kTcp, at);
  EXPECT_TRUE(world.serve([&] { return watched.seen().state == TargetState::kUp; }));
}

TEST(TargetWatch, OneThatIsGivenUpIsAskedNoMore) {
  TrunkWorld world;
  world.answer = [](const sip::Message&) { return std::optional<sip::Message>(); };
  {
    TargetWatch watched = watch(world, TransportKind::kUdp, world.listen(TransportKind::kUdp));
    ASSERT_TRUE(world.serve([&] { return !world.messages.empty(); }));
  }
  // What it had asked is sent again until it is answered, by the transaction that outlives it.
  world.answer = always(200);
  world.messages.clear();
  world.flows.clear();
  world.until([start = std::chrono::steady_clock::now()] { return std::chrono::steady_clock::now() > start + 300ms; });
  for (const sip::Message& message : world.messages) EXPECT_EQ(message.value("CSeq"), "1 OPTIONS");
}

}  // namespace
}  // namespace sallyport::controlplane
