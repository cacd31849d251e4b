// What control changes of a leg while packets flow: payload types, where RTCP is, the leg that its media goes to.
// Keys, ROC and replay windows go on as if nothing had happened.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::PayloadMap;
using dataplane::RtcpMode;
using dataplane::SetPayloads;
using dataplane::SetRtcp;
using dataplane::SetSink;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_256_GCM";

PayloadMap map_of(std::initializer_list<std::pair<int, int>> rows) {
  PayloadMap map;
  for (const auto& [from, to] : rows) map.map(static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to));
  return map;
}

Rtp speech(std::uint16_t sequence, std::uint8_t payload_type) {
  return Rtp().sequence(sequence).timestamp(sequence * 160U).payload_type(payload_type);
}

std::uint8_t type_of(const Received& got) { return got.clear.at(1) & 0x7f; }
bool marked(const Received& got) { return (got.clear.at(1) & 0x80) != 0; }

struct Legs {
  std::string name;
  std::string west;  ///< suite; empty: RTP
  std::string east;
  Layout layout = kOneWorker;
};
void PrintTo(const Legs& legs, std::ostream* out) { *out << legs.name; }

Leg leg_of(const std::string& name, const std::string& suite) {
  return suite.empty() ? plain_leg(name) : secure_leg(name, suite);
}

class Change : public testing::TestWithParam<Legs> {
 protected:
  Change() : call_({.layout = GetParam().layout}, {leg_of("west", GetParam().west), leg_of("east", GetParam().east)}) {}

  template <typename Command>
  void order(const std::string& leg, Command command) {
    const dataplane::Sink sink = call_.gateway().sink_of(leg);
    command.stream = sink.stream;
    ASSERT_TRUE(call_.gateway().command(sink.worker, std::move(command)));
    call_.settle();
  }

  Call call_;
};

/// Both directions, each with a map of its own; events like any codec. SRTP authenticates the header: a type that was
/// changed behind it would not come out (the party checks).
TEST_P(Change, PayloadTypesPerDirectionAndWhilePacketsFlow) {
  for (std::uint16_t i = 0; i < 5; ++i) call_.send("west", speech(i, 96).bytes());
  for (const Received& got : call_.received("east")) EXPECT_EQ(type_of(got), 96);
  order("west", SetPayloads{{}, map_of({{96, 97}, {101, 96}})});
  order("east", SetPayloads{{}, map_of({{97, 96}, {96, 101}})});
  call_.send("west", speech(5, 96).bytes());
  call_.send("west", speech(6, 101).marker().bytes());
  call_.send("west", speech(7, 0).bytes());
  const auto east = call_.received("east");
  ASSERT_EQ(east.size(), 3U);
  EXPECT_EQ(type_of(east[0]), 97);
  EXPECT_FALSE(marked(east[0]));
  EXPECT_EQ(type_of(east[1]), 96);
  EXPECT_TRUE(marked(east[1]));
  EXPECT_EQ(type_of(east[2]), 0) << "what the map does not have stays";
  call_.send("east", speech(100, 97).bytes());
  call_.send("east", speech(101, 96).bytes());
  const auto west = call_.received("west");
  ASSERT_EQ(west.size(), 2U);
  EXPECT_EQ(type_of(west[0]), 96);
  EXPECT_EQ(type_of(west[1]), 101);
  order("west", SetPayloads{});
  call_.send("west", speech(8, 101).bytes());
  EXPECT_EQ(type_of(call_.received_one("east")), 101) << "as it came, again";
  expect_drops(call_.gateway(), {});
}

TEST_P(Change, RtcpIsNotRenumbered) {
  PayloadMap all;
  for (int type = 0; type < 128; ++type) all.map(static_cast<std::uint8_t>(type), 111);
  order("west", SetPayloads{{}, all});
  const Bytes report = receiver_report(0x11111111);
  call_.send_rtcp("west", report);
  const Received got = call_.received_one("east");
  EXPECT_TRUE(got.rtcp);
  EXPECT_EQ(got.clear.at(1), report.at(1));
}

TEST_P(Change, RtcpMovesAndTheKeysGoOn) {
  std::uint16_t sequence = 65530;
  for (const RtcpMode mode : {RtcpMode::kPair, RtcpMode::kMux, RtcpMode::kPair}) {
    for (const char* leg : {"west", "east"}) {
      order(leg, SetRtcp{{}, mode});
      call_.expect_rtcp(leg, mode);
    }
    for (int i = 0; i < 4; ++i) {
      call_.send("west", speech(sequence, 0).bytes());
      call_.send("east", speech(sequence++, 0).bytes());
      call_.send_rtcp("west", receiver_report(0x11111111));
      call_.send_rtcp("east", receiver_report(0x22222222));
    }
    EXPECT_EQ(call_.received("east").size(), 8U);
    EXPECT_EQ(call_.received("west").size(), 8U);
  }
  expect_drops(call_.gateway(), {});
}

TEST_P(Change, APacketOfBeforeRtcpMovedIsStillAReplay) {
  const Bytes frame = call_.frame("west", call_.party("west").send(speech(7, 0).bytes(), false), false).bytes();
  call_.inject("west", frame);
  EXPECT_EQ(call_.received("east").size(), 1U);
  order("west", SetRtcp{{}, RtcpMode::kMux});
  call_.inject("west", frame);
  const std::size_t again = GetParam().west.empty() && GetParam().east.empty() ? 1 : 0;
  EXPECT_EQ(call_.received("east").size(), again) << "only plain RTP passes what it has seen";
}

INSTANTIATE_TEST_SUITE_P(Legs, Change,
                         testing::Values(Legs{"RtpToSrtp", "", kCm}, Legs{"SrtpToRtp", kGcm, ""},
                                         Legs{"SrtpToSrtp", kCm, kGcm}, Legs{"RtpToRtp", "", ""},
                                         Legs{"TwoWorkers", kCm, kGcm, kTwoWorkers}),
                         [](const auto& legs) { return legs.param.name; });

/// West's media goes to another leg than east: what an attended transfer does.
class OtherSink : public testing::TestWithParam<Layout> {
 protected:
  static Leg third_leg(std::uint16_t port) {
    Leg third = secure_leg("east", kGcm);
    third.name = "third";
    third.local.port = port;
    third.remote.port = 33000;
    third.peer = "west";
    third.receive_key = make_key(kGcm, 21);
    third.send_key = make_key(kGcm, 22);
    return third;
  }
  /// 20002 is on worker 1, where there are two; `port` on worker 0 or 1.
  void make(std::uint16_t port) {
    call_.emplace(GatewayOptions{.layout = GetParam()},
                  std::vector<Leg>{secure_leg("west", kCm), secure_leg("east", kCm), third_leg(port)});
  }
  void talk(unsigned packets) {
    for (unsigned i = 0; i < packets; ++i) call_->send("west", speech(next_++, 0).bytes());
  }
  void set_sink(const std::string& leg, const std::string& sink) {
    Gateway& gateway = call_->gateway();
    ASSERT_TRUE(
        gateway.command(gateway.sink_of(leg).worker, SetSink{gateway.sink_of(leg).stream, gateway.sink_of(sink)}));
  }

  std::optional<Call> call_;
  std::uint16_t next_ = 65500;
};

TEST_P(OtherSink, ChangesBetweenTwoPacketsAndBack) {
  for (const std::uint16_t port : {std::uint16_t{20004}, std::uint16_t{20006}}) {
    make(port);
    std::size_t east = 0;
    std::size_t third = 0;
    for (const char* to : {"third", "east", "third"}) {
      talk(20);
      call_->settle();
      set_sink("west", to);
      call_->settle();
      talk(20);
      east += call_->received("east").size();
      third += call_->received("third").size();
    }
    EXPECT_EQ(east, 60U) << port;
    EXPECT_EQ(third, 60U) << port;
    expect_drops(call_->gateway(), {});
    call_.reset();
  }
}

/// Packets that wait when the order comes: commands go first in a pass, all of them go the new way.
TEST_P(OtherSink, PacketsThatWaitGoTheNewWay) {
  make(20004);
  talk(30);
  set_sink("west", "third");
  EXPECT_EQ(call_->received("third").size(), 30U);
  EXPECT_EQ(call_->received("east").size(), 0U);
  set_sink("third", "west");
  set_sink("east", "third");
  call_->settle();
  call_->send("third", speech(1, 0).bytes());
  EXPECT_EQ(call_->received("west").size(), 1U);
  call_->send("east", speech(1, 0).bytes());
  EXPECT_EQ(call_->received("third").size(), 1U) << "two sources may have one sink, with SSRCs of their own";
  expect_drops(call_->gateway(), {});
}

/// Then there is nothing to go to: it is counted, and nothing else happens.
TEST_P(OtherSink, ToALegThatIsGone) {
  make(20006);
  Gateway& gateway = call_->gateway();
  ASSERT_TRUE(
      gateway.command(gateway.sink_of("third").worker, dataplane::RemoveStream{gateway.sink_of("third").stream}));
  call_->settle();
  set_sink("west", "third");
  talk(10);
  EXPECT_EQ(call_->received("east").size(), 0U);
  expect_drops(gateway, {{DropReason::kSinkGone, 10}});
  set_sink("west", "east");
  talk(10);
  EXPECT_EQ(call_->received("east").size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(Layouts, OtherSink, testing::Values(kOneWorker, kTwoWorkers, kTwoWorkersOneQueue),
                         [](const auto& layout) { return std::string(layout.param.name); });

}  // namespace
}  // namespace sallyport::scenario
