// Reading headers: each kind of frame, and every frame cut at every length. Frames lie in blocks of exactly their size,
// so that the address sanitizer sees a read beyond.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include "dataplane/net_headers.hpp"
#include "tests/scenario/frame_bytes.hpp"

namespace sallyport::dataplane {
namespace {

using scenario::address_bytes;
using scenario::Bytes;
using scenario::Endpoint;
using scenario::Frame;

const Endpoint kFrom4{"192.0.2.7", 4000};
const Endpoint kTo4{"192.0.2.1", 20000};
const Endpoint kFrom6{"2001:db8::7", 4000};
const Endpoint kTo6{"2001:db8::1", 20000};

/// Parses a copy that ends where its block ends; the result's pointers point into `frame`.
FrameView parse(const Bytes& frame, std::size_t length) {
  const auto exact = std::make_unique<std::uint8_t[]>(length);
  if (length != 0) std::memcpy(exact.get(), frame.data(), length);
  FrameView view = parse_frame({exact.get(), length});
  FrameView usual;
  const bool is_usual = parse_usual_frame({exact.get(), length}, usual);
  EXPECT_EQ(usual, is_usual ? view : FrameView());
  if (view.source != nullptr) view.source = frame.data() + (view.source - exact.get());
  if (view.destination != nullptr) view.destination = frame.data() + (view.destination - exact.get());
  return view;
}
FrameView parse(const Bytes& frame) { return parse(frame, frame.size()); }

void expect_udp(const Frame& frame, const Endpoint& from, const Endpoint& to, std::uint16_t payload) {
  const Bytes bytes = frame.bytes();
  const FrameView view = parse(bytes);
  ASSERT_EQ(view.kind, FrameView::Kind::kUdp);
  EXPECT_EQ(view.v6, from.v6());
  EXPECT_EQ(view.source_port, from.port);
  EXPECT_EQ(view.destination_port, to.port);
  EXPECT_EQ(view.payload_offset, frame.payload_offset());
  EXPECT_EQ(view.payload_length, payload);
  EXPECT_EQ(Bytes(view.source, view.source + (view.v6 ? 16 : 4)), address_bytes(from.address));
  EXPECT_EQ(Bytes(view.destination, view.destination + (view.v6 ? 16 : 4)), address_bytes(to.address));
}

TEST(ParseFrame, Udp) {
  expect_udp(Frame(kFrom4, kTo4).payload(Bytes(172)), kFrom4, kTo4, 172);
  expect_udp(Frame(kFrom6, kTo6).payload(Bytes(172)), kFrom6, kTo6, 172);
  expect_udp(Frame(kFrom4, kTo4), kFrom4, kTo4, 0);
}

TEST(ParseFrame, UsualFrame) {
  FrameView view;
  EXPECT_TRUE(parse_usual_frame(Frame(kFrom4, kTo4).payload(Bytes(172)).bytes(), view));
  EXPECT_FALSE(parse_usual_frame(Frame(kFrom6, kTo6).payload(Bytes(172)).bytes(), view));
}

TEST(ParseFrame, Vlan) {
  expect_udp(Frame(kFrom4, kTo4).vlan(100).payload(Bytes(20)), kFrom4, kTo4, 20);
  expect_udp(Frame(kFrom6, kTo6).vlan(100).payload(Bytes(20)), kFrom6, kTo6, 20);
}

TEST(ParseFrame, IpOptions) {
  for (std::size_t words = 1; words <= 10; ++words) {
    expect_udp(Frame(kFrom4, kTo4).ip_options(words).payload(Bytes(20)), kFrom4, kTo4, 20);
  }
}

TEST(ParseFrame, EthernetPaddingDoesNotCount) {
  expect_udp(Frame(kFrom4, kTo4).payload(Bytes(1)).ethernet_padding(17), kFrom4, kTo4, 1);
  expect_udp(Frame(kFrom6, kTo6).payload(Bytes(1)).ethernet_padding(4), kFrom6, kTo6, 1);
}

TEST(ParseFrame, UdpLengthDecidesWithinTheIpPacket) {
  expect_udp(Frame(kFrom4, kTo4).payload(Bytes(30)).udp_length(8 + 12), kFrom4, kTo4, 12);
}

TEST(ParseFrame, NoUdpChecksum) {
  expect_udp(Frame(kFrom4, kTo4).payload(Bytes(30)).no_udp_checksum(), kFrom4, kTo4, 30);
  // RFC 8200 8.1, field 20
  EXPECT_EQ(parse(Frame(kFrom6, kTo6).payload(Bytes(30)).no_udp_checksum().bytes()).reason,
            DropReason::kBadUdpChecksum);
}

TEST(ParseFrame, Dscp) {
  EXPECT_EQ(parse(Frame(kFrom4, kTo4).dscp(46).bytes()).dscp, 46);
  EXPECT_EQ(parse(Frame(kFrom6, kTo6).dscp(46).bytes()).dscp, 46);
  EXPECT_EQ(parse(Frame(kFrom6, kTo6).dscp(63).bytes()).dscp, 63);
}

TEST(ParseFrame, BadUdpLength) {
  for (const std::uint16_t length : std::initializer_list<std::uint16_t>{0, 7, 39, 1000, 65535}) {
    for (const Bytes& bytes : {Frame(kFrom4, kTo4).payload(Bytes(30)).udp_length(length).bytes(),
                               Frame(kFrom6, kTo6).payload(Bytes(30)).udp_length(length).bytes()}) {
      const FrameView view = parse(bytes);
      EXPECT_EQ(view.kind, FrameView::Kind::kBad) << length;
      EXPECT_EQ(view.reason, DropReason::kBadUdpLength) << length;
    }
  }
}

TEST(ParseFrame, BadIpChecksum) {
  Bytes bytes = Frame(kFrom4, kTo4).payload(Bytes(30)).bytes();
  bytes[22] ^= 1;  // time to live
  const FrameView view = parse(bytes);
  EXPECT_EQ(view.kind, FrameView::Kind::kBad);
  EXPECT_EQ(view.reason, DropReason::kBadIpChecksum);
}

TEST(ParseFrame, Fragments) {
  const FrameView first = parse(Frame(kFrom4, kTo4).payload(Bytes(32)).fragment(0x2000).bytes());
  EXPECT_EQ(first.kind, FrameView::Kind::kOther);
  EXPECT_TRUE(first.first_fragment);
  EXPECT_EQ(first.destination_port, kTo4.port);
  for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0x2001, 0x0001, 0x1fff}) {
    const FrameView later = parse(Frame(kFrom4, kTo4).payload(Bytes(32)).fragment(offset).bytes());
    EXPECT_EQ(later.kind, FrameView::Kind::kOther);
    EXPECT_FALSE(later.first_fragment) << "has no ports";
  }
}

TEST(ParseFrame, WhatIsNotUdpIsOther) {
  EXPECT_EQ(parse(Frame(kFrom4, kTo4).protocol(6).payload(Bytes(20)).bytes()).kind, FrameView::Kind::kOther);
  EXPECT_EQ(parse(Frame(kFrom6, kTo6).protocol(44).payload(Bytes(20)).bytes()).kind, FrameView::Kind::kOther);
  Bytes arp(60);
  arp[12] = 0x08;
  arp[13] = 0x06;
  EXPECT_EQ(parse(arp).kind, FrameView::Kind::kOther);
}

TEST(ParseFrame, TwoVlanTagsAreOther) {
  Bytes bytes = Frame(kFrom4, kTo4).vlan(5).payload(Bytes(20)).bytes();
  bytes.insert(bytes.begin() + 12, {0x81, 0x00, 0x00, 0x07});
  EXPECT_EQ(parse(bytes).kind, FrameView::Kind::kOther);
}

TEST(ParseFrame, WrongVersionsAndHeaderLengths) {
  for (const std::uint8_t first : std::initializer_list<std::uint8_t>{0x00, 0x44, 0x40, 0x55, 0x65}) {
    Bytes bytes = Frame(kFrom4, kTo4).payload(Bytes(30)).bytes();
    bytes[14] = first;
    EXPECT_EQ(parse(bytes).reason, DropReason::kTruncated) << int{first};
  }
  Bytes bytes = Frame(kFrom6, kTo6).payload(Bytes(30)).bytes();
  bytes[14] = 0x40;
  EXPECT_EQ(parse(bytes).reason, DropReason::kTruncated);
}

TEST(ParseFrame, EveryLengthOfEveryFrame) {
  for (const Frame& frame :
       {Frame(kFrom4, kTo4).payload(Bytes(20)), Frame(kFrom6, kTo6).payload(Bytes(20)),
        Frame(kFrom4, kTo4).vlan(1).payload(Bytes(20)), Frame(kFrom6, kTo6).vlan(1).payload(Bytes(20)),
        Frame(kFrom4, kTo4).ip_options(10).payload(Bytes(20)),
        Frame(kFrom4, kTo4).fragment(0x2000).payload(Bytes(20))}) {
    const Bytes bytes = frame.bytes();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const FrameView view = parse(bytes, length);
      EXPECT_EQ(view.kind, FrameView::Kind::kBad) << length;
      EXPECT_EQ(view.reason, DropReason::kTruncated) << length;
    }
    EXPECT_NE(parse(bytes).kind, FrameView::Kind::kBad);
  }
}

TEST(ParseFrame, RandomDamageNeverReadsOutside) {
  std::mt19937 random(20240502);
  const Bytes frames[] = {Frame(kFrom4, kTo4).payload(Bytes(20)).bytes(),
                          Frame(kFrom6, kTo6).payload(Bytes(20)).bytes(),
                          Frame(kFrom4, kTo4).vlan(1).ip_options(3).payload(Bytes(20)).bytes()};
  for (int i = 0; i < 200'000; ++i) {
    Bytes bytes = frames[random() % std::size(frames)];
    for (int flips = 0; flips < 4; ++flips) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    const std::size_t length = random() % (bytes.size() + 1);
    const FrameView view = parse(bytes, length);
    if (view.kind != FrameView::Kind::kUdp) continue;
    ASSERT_LE(view.payload_offset + view.payload_length, length);
  }
}

}  // namespace
}  // namespace sallyport::dataplane
