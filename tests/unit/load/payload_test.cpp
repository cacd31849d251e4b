// What the packets carry, and that any change to it is seen.
#include "perf/load/payload.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "perf/load/sender_report.hpp"

namespace sallyport::load {
namespace {

constexpr PayloadId kId{.run = 0x12345678, .lane = 0x80000007, .counter = 41, .sent = 0x0123456789abcdef};

std::vector<std::uint8_t> payload_of(std::size_t size, const PayloadId& id = kId) {
  std::vector<std::uint8_t> payload(size);
  write_payload(payload, id);
  return payload;
}

TEST(Payload, CarriesItsIdentity) {
  for (const std::size_t size : {kMinPayload, std::size_t{33}, std::size_t{160}, std::size_t{1432}}) {
    const auto payload = payload_of(size);
    const auto id = read_payload(payload);
    ASSERT_TRUE(id) << size;
    EXPECT_EQ(*id, kId) << size;
    EXPECT_TRUE(payload_intact(payload, *id)) << size;
  }
}

TEST(Payload, AnyFlippedBitIsSeen) {
  for (const std::size_t size : {kMinPayload, std::size_t{39}, std::size_t{61}}) {
    auto payload = payload_of(size);
    for (std::size_t bit = 0; bit < size * 8; ++bit) {
      payload[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const auto id = read_payload(payload);
      EXPECT_TRUE(!id || !payload_intact(payload, *id)) << "size " << size << " bit " << bit;
      payload[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    }
  }
}

TEST(Payload, BytesThatMovedAreSeen) {
  auto payload = payload_of(160);
  std::swap_ranges(payload.begin() + 32, payload.begin() + 40, payload.begin() + 40);
  EXPECT_FALSE(payload_intact(payload, kId));
}

TEST(Payload, FitsOnlyItsOwnPacket) {
  const auto payload = payload_of(160);
  PayloadId next = kId;
  ++next.counter;
  EXPECT_FALSE(payload_intact(payload, next));
  EXPECT_NE(payload_of(160, next), payload);
}

TEST(Payload, TooShortIsNothing) {
  const auto payload = payload_of(kMinPayload);
  EXPECT_FALSE(read_payload({payload.data(), kMinPayload - 1}));
  EXPECT_FALSE(read_payload({}));
}

TEST(SenderReport, IsReadAsItWasWritten) {
  const SenderReport report{1, 2, 3, 4, 5, 6, 7};
  std::array<std::uint8_t, kReportLength> bytes{};
  write_sender_report(bytes, report);
  EXPECT_EQ(read_sender_report(bytes), report);
  bytes[1] = 201;
  EXPECT_FALSE(read_sender_report(bytes));
  EXPECT_FALSE(read_sender_report({bytes.data(), kReportLength - 4}));
}

TEST(SenderReport, IsWellFormedCompound) {
  std::array<std::uint8_t, kReportLength> bytes{};
  write_sender_report(bytes, {});
  EXPECT_EQ(bytes[0], 0x80);                          // no report blocks
  EXPECT_EQ((bytes[2] << 8 | bytes[3]) * 4 + 4, 28);  // RFC 3550 6.4.1
  EXPECT_EQ(bytes[28], 0x81);                         // one chunk
  EXPECT_EQ(bytes[29], 202);
  EXPECT_EQ((bytes[30] << 8 | bytes[31]) * 4 + 4, 16);
}

}  // namespace
}  // namespace sallyport::load
