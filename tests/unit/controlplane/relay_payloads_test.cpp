// From descriptions to the map that a worker applies (RFC 3264 6.1, 8.3.2).
#include "controlplane/session/relay_payloads.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::controlplane {
namespace {

/// What a packet of that type becomes; -1: it is dropped.
int mapped(const dataplane::PayloadMap& map, std::uint8_t type) {
  std::array<std::uint8_t, 12> packet{0x80, type};
  const bool passes = map.apply(packet.data());
  return passes ? packet[1] : -1;
}

TEST(PayloadMaps, SameNumbersChangeNothing) {
  const auto map = payload_map(std::vector<PayloadMapping>{{0, 0, "PCMU"}, {101, 101, "telephone-event"}});
  EXPECT_FALSE(map.changes_any());
  EXPECT_EQ(mapped(map, 77), 77);
}

TEST(PayloadMaps, EachRowTheFirstOfATypeCounts) {
  const auto map =
      payload_map(std::vector<PayloadMapping>{{96, 97, "opus"}, {101, 96, "telephone-event"}, {96, 3, "GSM"}});
  EXPECT_TRUE(map.changes_any());
  EXPECT_EQ(mapped(map, 96), 97);
  EXPECT_EQ(mapped(map, 101), 96);
  EXPECT_EQ(mapped(map, 0x80 | 101), 0x80 | 96) << "the marker is none of its business";
}

TEST(PayloadMaps, WhatNobodyAgreedOnPassesUnlessItIsAnotherCodecThere) {
  const auto map = payload_map(std::vector<PayloadMapping>{{96, 97, "opus"}});
  EXPECT_EQ(mapped(map, 13), 13) << "comfort noise";
  EXPECT_EQ(mapped(map, 97), -1) << "opus over there";
  EXPECT_EQ(mapped(map, 96), 97);
}

}  // namespace
}  // namespace sallyport::controlplane
