// What the network does to packets: flipped bits, cut packets, odd frames (field cases 17 and 20).
#include <gtest/gtest.h>

#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::RtcpMode;

std::vector<Leg> secure_to_plain(const std::string& suite) { return {secure_leg("west", suite), plain_leg("east")}; }

std::vector<Scenario> flips() {
  std::vector<Scenario> scenarios;
  for (const crypto::Suite& suite : crypto::kSuites) {
    const Rtp rtp = Rtp().csrcs({0xaaaa}).extension(0xbede, {0x10, 1, 0x20, 2}).sequence(300);
    Sends sends;
    // Payload type, sequence, timestamp, SSRC, CSRC, extension's data, payload's ends and middle, tag's ends.
    const std::size_t tag = 24 + 160;
    for (const std::size_t byte :
         {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{11}, std::size_t{15}, std::size_t{20},
          std::size_t{24}, std::size_t{100}, tag - 1, tag, tag + suite.rtp_tag_len - 1}) {
      sends.push_back(Send("west", rtp).damaged([byte](Bytes& wire) { wire.at(byte) ^= 0x04; }).dropped());
      sends.back().made_apart();
    }
    const auto damaged = static_cast<unsigned>(sends.size());
    sends.push_back(Send("west", rtp));
    scenarios.push_back(
        {.name = "Flip_" + std::string(suite.name.substr(0, 8)) + std::to_string(scenarios.size()),
         .description = "one bit flipped anywhere, then the same packet whole: " + std::string(suite.name),
         .legs = secure_to_plain(std::string(suite.name)),
         .sends = sends,
         .drops = {{DropReason::kAuthFailed, damaged}}});
  }
  return scenarios;
}

/// An SRTP packet cut at every length: no header, no room for the tag, wrong tag.
std::vector<Scenario> cuts() {
  std::vector<Scenario> scenarios;
  for (const crypto::Suite& suite : crypto::kSuites) {
    const Rtp rtp = Rtp().payload(40);
    const unsigned whole = 12 + 40 + suite.rtp_tag_len;
    Sends sends;
    for (unsigned length = 0; length < whole; ++length) {
      sends.push_back(Send("west", rtp).damaged([length](Bytes& wire) { wire.resize(length); }).dropped());
      sends.back().made_apart();
    }
    sends.push_back(Send("west", rtp));
    scenarios.push_back({.name = "Cut_" + std::to_string(scenarios.size()),
                         .description = "cut at every length: " + std::string(suite.name),
                         .legs = secure_to_plain(std::string(suite.name)),
                         .sends = sends,
                         .drops = {{DropReason::kNotRtp, 12U},
                                   {DropReason::kSrtpMalformed, suite.rtp_tag_len},
                                   {DropReason::kAuthFailed, 40}}});
  }
  return scenarios;
}

std::vector<Scenario> frames() {
  const std::vector<Leg> legs{plain_leg("west"), secure_leg("east", "AEAD_AES_128_GCM")};
  const auto framed = [](std::uint16_t sequence, const std::function<void(Frame&)>& change) {
    return Send("west", Rtp().sequence(sequence).payload(4)).framed(change);
  };
  return {
      {.name = "OddFrames",
       .description = "VLAN tag, Ethernet padding, IP options, no UDP checksum, a UDP length that is shorter than the "
                      "IP packet says; the RTP packet is as long as its UDP length",
       .legs = legs,
       .sends = {framed(1, [](Frame& frame) { frame.vlan(77); }),
                 framed(2, [](Frame& frame) { frame.ethernet_padding(18); }),
                 framed(3, [](Frame& frame) { frame.ip_options(10); }),
                 framed(4, [](Frame& frame) { frame.no_udp_checksum(); }),
                 framed(5, [](Frame& frame) { frame.vlan(77).ip_options(3).ethernet_padding(9); }),
                 Send("west", Rtp().sequence(6).payload(4))
                     .damaged([](Bytes& wire) { wire.resize(wire.size() + 6, 0xdd); })
                     .framed([](Frame& frame) { frame.udp_length(8 + 16); })}},
      {.name = "Fragments",
       .description = "a first fragment of media is dropped under its name, later ones are Linux's",
       .legs = legs,
       .sends = {framed(1, [](Frame& frame) { frame.fragment(0x2000); }).dropped(),
                 framed(1, [](Frame& frame) { frame.fragment(0x0004); }).dropped(), framed(1, {})},
       .drops = {{DropReason::kFragment, 1}, {DropReason::kNotForUs, 1}}},
      {.name = "FullFrame",
       .description = "the longest packet of an Ethernet without jumbo frames, tag and all",
       .legs = legs,
       .sends = {Send("west", Rtp().payload(1500 - 28 - 12 - 16))}}};
}

Leg muxed(Leg leg) {
  leg.rtcp = RtcpMode::kMux;
  return leg;
}

/// RFC 5761 4: the second byte tells RTCP (192 to 223) from RTP where both share a port (field case 18).
std::vector<Scenario> mux() {
  Sends sends;
  std::uint16_t sequence = 0;
  for (const std::uint8_t payload_type : Bytes{0, 34, 63, 64, 72, 76, 95, 96, 127}) {
    sends.push_back(Send("west", Rtp().sequence(sequence++).payload_type(payload_type)));
  }
  for (const std::uint8_t payload_type : Bytes{0, 63, 96, 127}) {
    sends.push_back(Send("west", Rtp().sequence(sequence++).payload_type(payload_type).marker()));
  }
  sends.push_back(Send::rtcp("west", compound({sender_report(0x11111111, 5), bye({0x11111111})})));
  sends.push_back(Send("west", Rtp().sequence(sequence++)));
  // With the marker these look like RTCP: RFC 5761 forbids them beside it.
  const Send looks_like_rtcp = Send("west", Rtp().sequence(sequence).payload_type(72).marker()).dropped();
  return {{.name = "MuxToMux",
           .description = "RTP and RTCP on one port, told apart by the second byte",
           .legs = {muxed(plain_leg("west")), muxed(plain_leg("east"))},
           .sends = sends + looks_like_rtcp,
           .drops = {{DropReason::kRtcpMalformed, 1}}},
          {.name = "MuxToPair",
           .description = "the other leg has two ports",
           .legs = {muxed(plain_leg("west")), plain_leg("east")},
           .sends = sends + Send::rtcp("east", receiver_report(9))},
          {.name = "SecureMux",
           .description = "SRTP and SRTCP on one port",
           .legs = {muxed(secure_leg("west", "AES_CM_128_HMAC_SHA1_32")), plain_leg("east")},
           .sends = sends}};
}

class Wire : public testing::TestWithParam<ScenarioRun> {};

TEST_P(Wire, Plays) { play(GetParam().scenario, GetParam().engine, GetParam().layout); }

const auto kNames = [](const auto& run) { return name_of(run.param); };
INSTANTIATE_TEST_SUITE_P(Flips, Wire, testing::ValuesIn(runs_of(flips())), kNames);
INSTANTIATE_TEST_SUITE_P(Cuts, Wire, testing::ValuesIn(runs_of(cuts())), kNames);
INSTANTIATE_TEST_SUITE_P(Frames, Wire, testing::ValuesIn(runs_of(frames())), kNames);
INSTANTIATE_TEST_SUITE_P(Mux, Wire, testing::ValuesIn(runs_of(mux())), kNames);

}  // namespace
}  // namespace sallyport::scenario
