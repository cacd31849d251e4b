// Each reason for dropping a packet, at least once, each counted once and under that reason only.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::RtcpMode;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_256_GCM";

Send speech(std::uint16_t sequence = 100) { return Send("west", Rtp().sequence(sequence)); }

std::vector<Leg> plain_legs() { return {plain_leg("west"), plain_leg("east")}; }

Leg west_with(const std::function<void(Leg&)>& change, Leg leg = plain_leg("west")) {
  change(leg);
  return leg;
}
Leg east_with(const std::function<void(Leg&)>& change, Leg leg = plain_leg("east")) {
  change(leg);
  return leg;
}

/// Moves the packet to the buffer's end, so that nothing fits behind it.
void without_tail_room(rte_mbuf* packet) {
  auto* buffer = static_cast<std::uint8_t*>(packet->buf_addr);
  const auto offset = static_cast<std::uint16_t>(packet->buf_len - packet->data_len);
  std::memmove(buffer + offset, buffer + packet->data_off, packet->data_len);
  packet->data_off = offset;
}

/// Cuts the packet into two segments.
void in_two_segments(rte_mbuf* packet) {
  rte_mbuf* second = rte_pktmbuf_alloc(packet->pool);
  const auto tail = static_cast<std::uint16_t>(packet->data_len / 2);
  std::memcpy(rte_pktmbuf_append(second, tail), rte_pktmbuf_mtod_offset(packet, char*, packet->data_len - tail), tail);
  rte_pktmbuf_trim(packet, tail);
  rte_pktmbuf_chain(packet, second);
}

std::function<void(rte_mbuf*)> flagged(std::uint64_t flag) {
  return [flag](rte_mbuf* packet) { packet->ol_flags |= flag; };
}

std::function<void(Frame&)> sent_to(std::uint16_t port) {
  return [port](Frame& frame) { frame.to({"192.0.2.1", port}); };
}

std::vector<Scenario> frame_drops() {
  return {
      {.name = "too_long",
       .description = "fits as RTP, not with the SRTP tag behind it",
       .legs = {plain_leg("west"), secure_leg("east", kCm)},
       .sends = {Send("west", Rtp().sequence(100).payload(1500 - 28 - 12 - 9)).dropped(),
                 Send("west", Rtp().sequence(101).payload(1500 - 28 - 12 - 10))},
       .drops = {{DropReason::kTooLong, 1}}},
      {.name = "truncated",
       .description = "the frame ends within the IP packet",
       .legs = plain_legs(),
       .sends = {speech().frame_damaged([](Bytes& frame) { frame.resize(100); }).dropped(),
                 speech().frame_damaged([](Bytes& frame) { frame.resize(20); }).dropped(),
                 speech().frame_damaged([](Bytes& frame) { frame.resize(10); }).dropped(), speech()},
       .drops = {{DropReason::kTruncated, 3}}},
      {.name = "bad_ip_checksum",
       .description = "a changed bit in the IP header, and one that the port found",
       .legs = plain_legs(),
       .sends = {speech().frame_damaged([](Bytes& frame) { frame[22] ^= 1; }).dropped(),
                 speech().in_mbuf(flagged(RTE_MBUF_F_RX_IP_CKSUM_BAD)).dropped(),
                 speech().in_mbuf(flagged(RTE_MBUF_F_RX_IP_CKSUM_GOOD))},
       .drops = {{DropReason::kBadIpChecksum, 2}}},
      {.name = "bad_udp_checksum",
       .description = "the port found it wrong; a port that did not look says nothing",
       .legs = plain_legs(),
       .sends = {speech().in_mbuf(flagged(RTE_MBUF_F_RX_L4_CKSUM_BAD)).dropped(),
                 speech().in_mbuf(flagged(RTE_MBUF_F_RX_L4_CKSUM_NONE)), speech()},
       .drops = {{DropReason::kBadUdpChecksum, 1}}},
      {.name = "bad_udp_length",
       .description = "the UDP length is too long and too short",
       .legs = plain_legs(),
       .sends = {speech().framed([](Frame& frame) { frame.udp_length(181); }).dropped(),
                 speech().framed([](Frame& frame) { frame.udp_length(7); }).dropped(), speech()},
       .drops = {{DropReason::kBadUdpLength, 2}}},
      {.name = "fragment",
       .description = "a first fragment to a media port",
       .legs = plain_legs(),
       .sends = {speech().framed([](Frame& frame) { frame.fragment(0x2000); }).dropped(), speech()},
       .drops = {{DropReason::kFragment, 1}}},
      {.name = "not_linear",
       .description = "a frame in two buffers",
       .legs = plain_legs(),
       .sends = {speech().in_mbuf(in_two_segments).dropped(), speech()},
       .drops = {{DropReason::kNotLinear, 1}}},
      {.name = "own_frame",
       .description = "a frame with our own source address",
       .legs = plain_legs(),
       .sends = {speech().framed([](Frame& frame) { frame.macs(kGatewayMacs[0], kNextHopMacs[0]); }).dropped(),
                 speech()},
       .drops = {{DropReason::kOwnFrame, 1}}},
      {.name = "not_for_us",
       .description =
           "another UDP port, another address, the other side's address, a later fragment, TCP, ARP: not media",
       .legs = plain_legs(),
       .sends = {speech().framed(sent_to(5060)).dropped(),
                 speech()
                     .framed([](Frame& frame) {
                       frame.to({"192.0.2.77", 20000});
                     })
                     .dropped(),
                 speech()
                     .framed([](Frame& frame) {
                       frame.to({"198.51.100.1", 20002});
                     })
                     .dropped(),
                 speech().framed([](Frame& frame) { frame.fragment(0x0010); }).dropped(),
                 speech().framed([](Frame& frame) { frame.protocol(6); }).dropped(),
                 speech().frame_damaged([](Bytes& frame) { frame[13] = 6; }).dropped(), speech()},
       .drops = {{DropReason::kNotForUs, 6}}},
      {.name = "punt_limit",
       .description = "not media, and nothing may pass to Linux",
       .legs = plain_legs(),
       .sends = {speech().framed(sent_to(5060)).dropped(), speech()},
       .drops = {{DropReason::kPuntLimit, 1}},
       .gateway = {.west_twin = true, .punt_rate = 0}},
      {.name = "punt_full",
       .description = "not media, and the TAP takes one packet only",
       .legs = plain_legs(),
       .sends = {speech().framed(sent_to(5060)).dropped(), speech().framed(sent_to(5060)).dropped(),
                 speech().framed(sent_to(5060)).dropped()},
       .drops = {{DropReason::kPuntFull, 2}},
       .gateway = {.west_twin = true, .twin_slots = 2}},
  };
}

std::vector<Scenario> leg_drops() {
  return {
      {.name = "no_stream",
       .description = "a media port without a stream",
       .legs = plain_legs(),
       .sends = {speech().framed(sent_to(20004)).dropped(), speech().framed(sent_to(39999)).dropped(), speech()},
       .drops = {{DropReason::kNoStream, 2}}},
      {.name = "wrong_source",
       .description = "another address; another port is right by default",
       .legs = plain_legs(),
       .sends = {speech()
                     .framed([](Frame& frame) {
                       frame.from({"192.0.2.98", 30000});
                     })
                     .dropped(),
                 speech().framed([](Frame& frame) {
                   frame.from({"192.0.2.99", 30999});
                 })},
       .drops = {{DropReason::kWrongSource, 1}}},
      {.name = "wrong_source_port",
       .description = "another port where the leg looks at it; RTCP comes from the port above",
       .legs = {west_with([](Leg& leg) { leg.source_check = dataplane::SourceCheck::kAddressAndPort; }),
                plain_leg("east")},
       .sends = {speech()
                     .framed([](Frame& frame) {
                       frame.from({"192.0.2.99", 30999});
                     })
                     .dropped(),
                 speech(), Send::rtcp("west", receiver_report(5)),
                 Send::rtcp("west", receiver_report(5))
                     .framed([](Frame& frame) {
                       frame.from({"192.0.2.99", 30000});
                     })
                     .dropped()},
       .drops = {{DropReason::kWrongSource, 2}}},
      {.name = "any_source",
       .description = "no check, or SRTP, whose packets say themselves who they are from",
       .legs = {west_with([](Leg& leg) { leg.source_check = dataplane::SourceCheck::kOff; }), secure_leg("east", kCm)},
       .sends = {speech().framed([](Frame& frame) {
                   frame.from({"203.0.113.5", 9});
                 }),
                 Send("east", Rtp()).framed([](Frame& frame) {
                   frame.from({"203.0.113.5", 9});
                 })}},
      {.name = "not_rtp",
       .description =
           "version 0 and 1 and 3, too short, an extension that is longer than the packet, RTCP by port only",
       .legs = plain_legs(),
       .sends = {speech().damaged([](Bytes& wire) { wire[0] = 0x00; }).dropped(),
                 speech().damaged([](Bytes& wire) { wire[0] = 0x40; }).dropped(),
                 speech().damaged([](Bytes& wire) { wire[0] = 0xc0; }).dropped(),
                 speech().damaged([](Bytes& wire) { wire.resize(11); }).dropped(),
                 speech().damaged([](Bytes& wire) { wire.clear(); }).dropped(),
                 speech()
                     .damaged([](Bytes& wire) {
                       wire[0] = 0x8f;
                       wire.resize(71);
                     })
                     .dropped(),
                 Send("west", Rtp().extension(0xbede, {1, 2, 3, 4}))
                     .damaged([](Bytes& wire) { put_be16(wire, 14, 1000); })
                     .dropped(),
                 Send::rtcp("west", Rtp().bytes()).dropped(), Send::rtcp("west", {0x80, 200, 0, 0, 1, 2, 3}).dropped(),
                 speech()},
       .drops = {{DropReason::kNotRtp, 9}}},
      {.name = "rtcp_off",
       .description = "RTCP to a leg that wants none",
       .legs = {plain_leg("west"), east_with([](Leg& leg) { leg.rtcp = RtcpMode::kOff; })},
       .sends = {Send::rtcp("west", receiver_report(5)).dropped(), speech()},
       .drops = {{DropReason::kRtcpOff, 1}}},
      {.name = "rtcp_malformed",
       .description = "an RTCP compound whose second part is longer than the packet",
       .legs = plain_legs(),
       .sends = {Send::rtcp("west", compound({receiver_report(5), bye({5})}))
                     .damaged([](Bytes& wire) { wire[11] = 9; })
                     .dropped(),
                 Send::rtcp("west", receiver_report(5))},
       .drops = {{DropReason::kRtcpMalformed, 1}}},
      {.name = "payload_unknown",
       .description = "nobody agreed on 96, which is what 97 becomes on the other leg",
       .legs = {west_with([](Leg& leg) {
                  leg.adjust = [](dataplane::Stream& stream) {
                    dataplane::PayloadMap payloads;
                    payloads.map(97, 96);
                    payloads.refuse(96);
                    stream.set_payloads(payloads);
                  };
                }),
                plain_leg("east")},
       .sends = {Send("west", Rtp().payload_type(96)).dropped(), speech()},
       .drops = {{DropReason::kPayloadUnknown, 1}}},
      {.name = "sink_gone",
       .description = "a leg whose media goes nowhere",
       .legs = {west_with([](Leg& leg) { leg.peer = ""; })},
       .sends = {speech().dropped()},
       .drops = {{DropReason::kSinkGone, 1}}},
      {.name = "no_next_hop",
       .description = "the far party's MAC address is not known",
       .legs = {plain_leg("west"), east_with([](Leg& leg) { leg.next_hop_known = false; })},
       .sends = {speech().dropped(), Send("east", Rtp())},
       .drops = {{DropReason::kNoNextHop, 1}}},
      {.name = "hand_over_full",
       .description = "ten packets at once for a worker whose ring takes two",
       .legs = plain_legs(),
       .sends =
           [] {
             Sends sends = talk("west", 0, 10);
             for (std::size_t i = 2; i < sends.size(); ++i) sends[i].dropped();
             return sends;
           }(),
       .drops = {{DropReason::kHandOverFull, 8}},
       .gateway = {.hand_over_slots = 2},
       .layouts = {kTwoWorkers}},
      {.name = "tx_full",
       .description = "ten packets at once to a port that takes seven",
       .legs = plain_legs(),
       .sends =
           [] {
             Sends sends = talk("west", 0, 10);
             for (std::size_t i = 7; i < sends.size(); ++i) sends[i].dropped();
             return sends;
           }(),
       .drops = {{DropReason::kTxFull, 3}},
       .gateway = {.east_slots = 8}},
  };
}

std::vector<Scenario> srtp_drops() {
  return {
      {.name = "srtp_malformed",
       .description = "shorter than header and tag",
       .legs = {secure_leg("west", kGcm), plain_leg("east")},
       .sends = {speech().damaged([](Bytes& wire) { wire.resize(12 + 15); }).dropped(),
                 Send::rtcp("west", receiver_report(5)).damaged([](Bytes& wire) { wire.resize(8 + 15); }).dropped(),
                 speech(101)},
       .drops = {{DropReason::kSrtpMalformed, 2}}},
      {.name = "auth_failed",
       .description = "another key, plain RTP, and SRTCP with another key",
       .legs = {secure_leg("west", kCm), plain_leg("east")},
       .sends = {Send::raw("west", Party(make_key(kCm, 99), std::nullopt).send(Rtp().bytes(), false)).dropped(),
                 Send::raw("west", Rtp().bytes()).dropped(),
                 Send::rtcp("west", receiver_report(5)).damaged([](Bytes& wire) { wire.back() ^= 0x80; }).dropped(),
                 speech(101)},
       .drops = {{DropReason::kAuthFailed, 3}}},
      {.name = "replayed",
       .description = "an SRTP and an SRTCP packet twice",
       .legs = {secure_leg("west", kCm), plain_leg("east")},
       .sends = {speech(), Send::rtcp("west", receiver_report(5)), speech().repeats(0).dropped(),
                 Send::rtcp("west", receiver_report(5)).repeats(1).dropped()},
       .drops = {{DropReason::kReplayed, 2}}},
      {.name = "too_old",
       .description = "a packet from 200 packets ago",
       .legs = {secure_leg("west", kCm), plain_leg("east")},
       .sends = talk("west", 0, 1) + talk("west", 200, 1) + speech(0).repeats(0).dropped(),
       .drops = {{DropReason::kTooOld, 1}}},
      {.name = "ssrc_limit",
       .description = "a third SSRC under a key that remembers two; the two go on",
       .legs = {west_with([](Leg& leg) { leg.max_ssrcs = 2; }, secure_leg("west", kCm)), plain_leg("east")},
       .sends = talk("west", 0, 2, 1) + talk("west", 0, 2, 2) + Send("west", Rtp().ssrc(3)).dropped() +
                talk("west", 2, 2, 1) + talk("west", 2, 2, 2),
       .drops = {{DropReason::kSsrcLimit, 1}}},
      {.name = "srtcp_not_encrypted",
       .description = "SRTCP with the E bit clear (field case 11)",
       .legs = {secure_leg("west", kCm), plain_leg("east")},
       .sends = {Send::rtcp("west", receiver_report(5))
                     .damaged([](Bytes& wire) { wire[wire.size() - 14] &= 0x7f; })
                     .dropped(),
                 Send::rtcp("west", receiver_report(5))},
       .drops = {{DropReason::kSrtcpNotEncrypted, 1}}},
      {.name = "index_used",
       .description = "a plain source repeats itself towards an SRTP leg (field case 25)",
       .legs = {plain_leg("west"), secure_leg("east", kCm)},
       .sends = {speech(), speech().dropped(), speech(101)},
       .drops = {{DropReason::kIndexUsed, 1}}},
      {.name = "key_exhausted",
       .description = "the sending key has protected the last index that there is",
       .legs = {plain_leg("west"), east_with(
                                       [](Leg& leg) {
                                         leg.adjust = [](dataplane::Stream& stream) {
                                           const auto ssrc = stream.clock.source_of(0x11111111).out_ssrc;
                                           stream.tx->find_or_add_ssrc(ssrc)->rtp.commit((std::uint64_t{1} << 48) - 1);
                                         };
                                       },
                                       secure_leg("east", kCm))},
       .sends = {speech().dropped(), speech(101).dropped()},
       .drops = {{DropReason::kKeyExhausted, 2}}},
      {.name = "unknown_mki",
       .description = "an MKI that names no key of the leg",
       .legs = {west_with([](Leg& leg) { leg.receive_key = leg.receive_key->with_mki(crypto::Mki(1, 4)); },
                          secure_leg("west", kCm)),
                plain_leg("east")},
       .sends = {speech(),
                 Send::raw("west", Party(make_key(kCm, 1).with_mki(crypto::Mki(2, 4)), std::nullopt)
                                       .send(Rtp().sequence(101).bytes(), false))
                     .dropped(),
                 speech(102)},
       .drops = {{DropReason::kUnknownMki, 1}}},
      {.name = "no_session_key",
       .description = "a packet from an epoch whose keys control has not given yet",
       .legs = {west_with([](Leg& leg) { leg.receive_key = leg.receive_key->with({.key_derivation_rate = 8}); },
                          secure_leg("west", kCm)),
                plain_leg("east")},
       .sends = {speech(100), speech(100 + 4 * 256).dropped(), speech(101 + 4 * 256).dropped()},
       .drops = {{DropReason::kNoSessionKey, 2}},
       .gateway = {.answers_epochs = false}},
      {.name = "key_lifetime_over",
       .description = "keys that live for ten packets on one side, for eight on the other",
       .legs = {west_with([](Leg& leg) { leg.receive_key = leg.receive_key->with_lifetime(10); },
                          secure_leg("west", kGcm)),
                east_with([](Leg& leg) { leg.send_key = leg.send_key->with_lifetime(8); }, secure_leg("east", kCm))},
       .sends =
           [] {
             Sends sends = talk("west", 0, 11);
             for (std::size_t i = 8; i < 11; ++i) sends[i].dropped();
             return sends;
           }(),
       .drops = {{DropReason::kKeyExhausted, 3}}},
      {.name = "no_room",
       .description = "no tail room for the tag",
       .legs = {plain_leg("west"), secure_leg("east", kGcm)},
       .sends = {speech(100).in_mbuf(without_tail_room).dropped(), speech(101)},
       .drops = {{DropReason::kNoRoom, 1}}},
  };
}

std::vector<Scenario> all_drops() {
  std::vector<Scenario> all = frame_drops();
  for (auto& scenarios : {leg_drops(), srtp_drops()}) all.insert(all.end(), scenarios.begin(), scenarios.end());
  return all;
}

class Drops : public testing::TestWithParam<ScenarioRun> {};

TEST_P(Drops, Plays) { play(GetParam().scenario, GetParam().engine, GetParam().layout); }

INSTANTIATE_TEST_SUITE_P(Reasons, Drops, testing::ValuesIn(runs_of(all_drops())),
                         [](const auto& run) { return name_of(run.param); });

/// Those that only a crypto device of the test's own can bring about: see async_test and silent_device_test.
constexpr std::array kOfDevices{DropReason::kDeviceFull, DropReason::kDeviceSilent, DropReason::kEngineFailed};

TEST(DropReasons, EachHasAScenario) {
  const auto scenarios = all_drops();
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    const auto reason = static_cast<DropReason>(i);
    if (std::ranges::find(kOfDevices, reason) != kOfDevices.end()) continue;
    EXPECT_TRUE(std::any_of(scenarios.begin(), scenarios.end(),
                            [reason](const Scenario& scenario) { return scenario.drops.contains(reason); }))
        << text_of(reason).name << " (" << text_of(reason).sentence << ") has no scenario";
  }
}

TEST(DropReasons, EachHasANameOfItsOwn) {
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    const auto& text = text_of(static_cast<DropReason>(i));
    EXPECT_FALSE(text.name.empty() || text.sentence.empty()) << i;
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(text.name, text_of(static_cast<DropReason>(j)).name);
  }
}

/// A drop is counted for the leg that it happened on, too.
TEST(DropReasons, AreCountedForTheLeg) {
  Call call({}, {plain_leg("west"), secure_leg("east", kCm)});
  call.send("west", Rtp().bytes());
  call.send("west", Rtp().bytes());
  call.inject("east", call.frame("east", Rtp().bytes(), false).bytes());
  call.settle();
  const auto of = [&](const char* leg, DropReason reason) { return call.gateway().stream(leg).dropped(reason); };
  EXPECT_EQ(of("east", DropReason::kIndexUsed), 1U);
  EXPECT_EQ(of("east", DropReason::kAuthFailed), 1U);
  EXPECT_EQ(of("west", DropReason::kIndexUsed), 0U);
}

}  // namespace
}  // namespace sallyport::scenario
