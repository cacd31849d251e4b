// Finished frames come from an independent implementation (written out as bytes here); each is unfinished the way Linux
// does it, by the pseudo header's sum in the checksum field, and must come out as it was.
#include "drivers/offload.hpp"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <random>

#include "crypto/bytes.hpp"

namespace sallyport::drivers {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Frame {
  const char* name;
  const char* hex;  ///< finished
  std::size_t checksum_at;
  std::uint16_t pseudo_sum;  ///< what stands there unfinished
};

const Frame kFrames[] = {
    {"UdpOverIpv4",
     "0200000000010200000000020800450000271234400040113c56c0000201c633640713c413c50013693568656c6c6f20"
     "7468657265",
     40, 0xec60},
    {"TcpOverIpv4",
     "02000000000102000000000208004500002d1234400040063c5bc0000201c633640701bbc350010203040a0b0c0d5018"
     "020017fc0000474554202f",
     50, 0xec5b},
    {"TcpOverIpv4WithOptionsAndPadding",
     "02000000000102000000000208004600002c123440004006a757c0000201c63364079404000001bbc350010203040a0b"
     "0c0d50180200e2660000aabb",
     54, 0xec56},
    {"UdpOverIpv4InVlan",
     "020000000001020000000002810000640800450000221234400040113c5bc0000201c633640713c413c5000eaadf7461"
     "67676564",
     44, 0xec5b},
    {"UdpOverIpv6",
     "02000000000102000000000286dd60000000000b114020010db800000000000000000000000120010db8000100000000"
     "00000000000713c413c5000ba96f6f6464",
     60, 0x5b97},
    {"TcpOverIpv6",
     "02000000000102000000000286dd60000000001e064020010db800000000000000000000000120010db8000100000000"
     "00000000000701bbc350010203040a0b0c0d501802006e14000030313233343536373839",
     70, 0x5b9f},
    {"Icmp6EchoRequest",
     "02000000000102000000000286dd6000000000103a4020010db800000000000000000000000120010db8000100000000"
     "000000000007800092a2000100016162636465666768",
     56, 0x5bc5},
    {"UdpWhoseSumIsZero", "02000000000102000000000208004500001e1234400040113c5fc0000201c633640713c413c5000affffec14",
     40, 0xec57},
};

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

/// Runs the function on a frame in memory of exactly its size, so that a sanitizer sees every step beyond it.
Bytes completed(const Bytes& frame) {
  Bytes memory = frame;
  rte_mbuf packet{};
  packet.buf_addr = memory.data();
  packet.data_len = static_cast<std::uint16_t>(memory.size());
  packet.pkt_len = packet.data_len;
  packet.nb_segs = 1;
  complete_checksums(&packet);
  return memory;
}

Bytes unfinished(const Frame& frame) {
  Bytes bytes = from_hex(frame.hex);
  crypto::store_be16(&bytes[frame.checksum_at], frame.pseudo_sum);
  return bytes;
}

class CompleteChecksums : public testing::TestWithParam<Frame> {};

TEST_P(CompleteChecksums, FinishesWhatIsUnfinished) {
  ASSERT_NE(unfinished(GetParam()), from_hex(GetParam().hex));
  EXPECT_EQ(completed(unfinished(GetParam())), from_hex(GetParam().hex));
}

TEST_P(CompleteChecksums, LeavesWhatIsFinished) {
  EXPECT_EQ(completed(from_hex(GetParam().hex)), from_hex(GetParam().hex));
}

TEST_P(CompleteChecksums, LeavesADamagedFrameDamaged) {
  Bytes damaged = from_hex(GetParam().hex);
  damaged[GetParam().checksum_at - 1] ^= 0x01;
  EXPECT_EQ(completed(damaged), damaged);
}

TEST_P(CompleteChecksums, LeavesATruncatedFrameAlone) {
  const Bytes whole = unfinished(GetParam());
  for (std::size_t length = 0; length + 3 < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(completed(cut), cut) << length;
  }
}

TEST_P(CompleteChecksums, SurvivesRandomHeaders) {
  std::mt19937 random(20260101);
  const Bytes whole = unfinished(GetParam());
  for (int round = 0; round < 5000; ++round) {
    Bytes bytes = whole;
    for (int change = 0; change < 3; ++change)
      bytes[random() % std::min<std::size_t>(bytes.size(), 60)] = static_cast<std::uint8_t>(random());
    const Bytes after = completed(bytes);
    const auto differing = std::inner_product(bytes.begin(), bytes.end(), after.begin(), std::size_t{0}, std::plus<>(),
                                              std::not_equal_to<>());
    EXPECT_LE(differing, 2U) << "more than a checksum was changed";
  }
}

INSTANTIATE_TEST_SUITE_P(Frames, CompleteChecksums, testing::ValuesIn(kFrames),
                         [](const auto& frame) { return std::string(frame.param.name); });

TEST(CompleteChecksumsOnce, LeavesFragmentsAlone) {
  Bytes fragment = unfinished(kFrames[0]);
  fragment[20] |= 0x20;  // more fragments
  EXPECT_EQ(completed(fragment), fragment);
}

TEST(CompleteChecksumsOnce, LeavesUdpWithoutChecksumAlone) {
  Bytes none = from_hex(kFrames[0].hex);
  crypto::store_be16(&none[kFrames[0].checksum_at], 0);
  EXPECT_EQ(completed(none), none);
}

}  // namespace
}  // namespace sallyport::drivers
