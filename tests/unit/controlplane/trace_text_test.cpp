// A trace as JSON and as people read it: every kind of step, and nothing of a packet that ended early.
#include <gtest/gtest.h>

#include "controlplane/admin/trace_command.hpp"
#include "controlplane/observe/trace_json.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
namespace step = dataplane::step;

const TraceNames kNames{[](dataplane::WorkerId, dataplane::StreamId leg) { return "leg" + std::to_string(leg.index); },
                        [](std::uint16_t port) { return "port" + std::to_string(port); }};

json packet(const std::vector<dataplane::TraceStep>& steps, bool complete = true) {
  json list = json::array();
  std::uint64_t ns = 0;
  for (const auto& one : steps) {
    list.push_back(step_json(3, one, kNames));
    list.back()["ns"] = ns;
    ns += 1000;
  }
  return {{"complete", complete}, {"after_ns", 0}, {"steps", list}};
}

std::string text(const std::vector<dataplane::TraceStep>& steps, bool complete = true) {
  return trace_text({{"of", "s.a"}, {"ended", "stopped"}, {"packets", {packet(steps, complete)}}});
}

constexpr dataplane::RtpNumbers kRtp{crypto::PacketKind::kRtp, 8, 7, 160, 0x1234};

TEST(TraceText, ShowsEachKindOfStep) {
  const crypto::Suite* suite = &crypto::kSuites[0];
  const std::string shown = text({step::Arrived{0, 1, 214}, step::HandedOver{2, dataplane::HandOver::kReceived},
                                  step::Taken{0, dataplane::HandOver::kReceived}, step::Found{{5, 1}, kRtp, 172},
                                  step::Parked{crypto::Direction::kOpen},
                                  step::Transformed{crypto::Direction::kOpen, suite, crypto::Verdict::kOk,
                                                    crypto::PacketKind::kRtp, true, 1, 0x30007, 172},
                                  step::Routed{{6, 1}, kRtp}, step::Sent{1, 0, 224}});
  for (const char* expected :
       {"port port0, queue 1, 214 bytes", "to worker 2: its leg is that worker's", "from worker 0",
        "leg5: RTP type 8, ssrc 0x00001234, sequence 7, timestamp 160", "given to the crypto device for unprotect",
        ": ok, key 2 of those before the re-key, index 196615 (ROC 3), 172 bytes", "leg6: RTP", "7,000       3  sent",
        "port port1, queue 0, 224 bytes", "1 packet; stopped"}) {
    EXPECT_NE(shown.find(expected), std::string::npos) << expected << "\n" << shown;
  }
}

TEST(TraceText, ShowsWhereAndWhyAPacketWasDropped) {
  const std::string shown =
      text({step::Transformed{crypto::Direction::kOpen, &crypto::kSuites[0], crypto::Verdict::kUnknownMki,
                              crypto::PacketKind::kRtp, false, 0, 99, 180},
            step::Dropped{dataplane::Stage::kUnprotect, dataplane::DropReason::kUnknownMki}});
  EXPECT_NE(shown.find(": unknown_mki, 180 bytes"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("index"), std::string::npos) << "it was not found" << shown;
  EXPECT_NE(shown.find("unknown_mki in unprotect: an SRTP packet whose master key identifier"), std::string::npos)
      << shown;
}

TEST(TraceText, SaysWhatIsMissing) {
  EXPECT_NE(text({step::Arrived{0, 0, 60}}, false).find("not finished when the trace ended"), std::string::npos);
  const std::string shown = trace_text({{"ended", "the time is over"}, {"lost_steps", 4}, {"packets", json::array()}});
  EXPECT_EQ(shown, "0 packets; the time is over\n4 steps could not be noted for want of room\n");
}

TEST(TraceText, RtcpHasNoSequence) {
  const std::string shown = text({step::Found{{5, 1}, {crypto::PacketKind::kRtcp, 200, 0, 0, 0x99}, 28}});
  EXPECT_NE(shown.find("leg5: RTCP type 200, ssrc 0x00000099\n"), std::string::npos) << shown;
}

}  // namespace
}  // namespace sallyport::controlplane
