#include "crypto/rtp_wire.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;

TEST(RtpHeaderLength, CountsCsrcsAndExtension) {
  EXPECT_EQ(rtp_header_length(test::make_rtp({})), 12);
  EXPECT_EQ(rtp_header_length(test::make_rtp({.csrcs = 15})), 12 + 60);
  EXPECT_EQ(rtp_header_length(test::make_rtp({.extension_words = 3})), 12 + 4 + 12);
  EXPECT_EQ(rtp_header_length(test::make_rtp({.payload = 0, .csrcs = 2, .extension_words = 1})), 12 + 8 + 8);
}

TEST(RtpHeaderLength, EmptyExtensionIsFourBytes) {
  Bytes packet = test::make_rtp({.payload = 4});
  packet[0] |= 0x10;
  store_be16(packet.data() + 14, 0);
  EXPECT_EQ(rtp_header_length(packet), 16);
}

TEST(RtpHeaderLength, NothingForEveryTruncation) {
  const Bytes packet = test::make_rtp({.payload = 0, .csrcs = 3, .extension_words = 2});
  for (std::size_t length = 0; length < packet.size(); ++length) {
    EXPECT_EQ(rtp_header_length({packet.data(), length}), std::nullopt) << length;
  }
  EXPECT_EQ(rtp_header_length(packet), packet.size());
}

TEST(RtpHeaderLength, NothingForOtherVersionsOrAnExtensionThatLies) {
  Bytes packet = test::make_rtp({});
  packet[0] = 0x40;
  EXPECT_EQ(rtp_header_length(packet), std::nullopt);
  packet[0] = 0x90;
  store_be16(packet.data() + 14, 0xffff);
  EXPECT_EQ(rtp_header_length(packet), std::nullopt);
}

TEST(LooksLikeRtcp, OnlyByThePacketType) {
  Bytes packet = test::make_rtcp(1, 20);
  for (int type = 0; type < 256; ++type) {
    packet[1] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(looks_like_rtcp(packet.data()), type >= 192 && type <= 223) << type;
  }
}

}  // namespace
}  // namespace sallyport::crypto
