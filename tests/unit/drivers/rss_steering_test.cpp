// That key and table deliver every port to its owner. The yardstick is DPDK's own Toeplitz hash, itself held to the
// published vectors first (Microsoft, "Verifying the RSS hash calculation").
#include "drivers/rss_steering.hpp"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <algorithm>
#include <array>
#include <random>

#include "drivers/ip_address.hpp"
#include "drivers/port_owner.hpp"

namespace sallyport::drivers {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t toeplitz(const Bytes& input, const Bytes& key) {
  std::array<std::uint32_t, 9> words{};
  std::array<std::uint8_t, 52> aligned{};
  std::copy(key.begin(), key.end(), aligned.begin());
  for (std::size_t i = 0; i < input.size(); ++i) words[i / 4] |= std::uint32_t{input[i]} << (24 - 8 * (i % 4));
  return rte_softrss(words.data(), static_cast<std::uint32_t>(words.size()), aligned.data());
}

void append(Bytes& bytes, const IpAddress& address) {
  bytes.insert(bytes.end(), address.bytes.begin(), address.bytes.begin() + static_cast<long>(address.length()));
}

void append(Bytes& bytes, std::uint16_t port) {
  bytes.push_back(static_cast<std::uint8_t>(port >> 8));
  bytes.push_back(static_cast<std::uint8_t>(port));
}

struct Vector {
  const char* destination;
  std::uint16_t destination_port;
  const char* source;
  std::uint16_t source_port;
  std::uint32_t hash;
};

TEST(Toeplitz, YardstickHasThePublishedValues) {
  const Bytes key{0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
                  0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
                  0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
  const std::array<Vector, 8> vectors{{
      {"161.142.100.80", 1766, "66.9.149.187", 2794, 0x51ccc178},
      {"65.69.140.83", 4739, "199.92.111.2", 14230, 0xc626b0ea},
      {"12.22.207.184", 38024, "24.19.198.95", 12898, 0x5c2b394a},
      {"209.142.163.6", 2217, "38.27.205.30", 48228, 0xafc7327f},
      {"202.188.127.2", 1303, "153.39.163.191", 44251, 0x10e828a2},
      {"3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x40207d3d},
      {"ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0xdde51bbf},
      {"fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, 0x02d1feef},
  }};
  for (const Vector& vector : vectors) {
    Bytes input;
    append(input, *IpAddress::parse(vector.source));
    append(input, *IpAddress::parse(vector.destination));
    append(input, vector.source_port);
    append(input, vector.destination_port);
    EXPECT_EQ(toeplitz(input, key), vector.hash) << vector.source;
  }
}

/// What a NIC may make of a packet before it hashes it.
struct Layout {
  const char* name;
  std::size_t address_bytes;  ///< of each address
  bool addresses;             ///< hashed, else zero
  bool hole;                  ///< zero where the source port would be
};

Bytes input_of(const Layout& layout, std::uint16_t port, std::mt19937& random) {
  Bytes input(2 * layout.address_bytes);
  if (layout.addresses) {
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
  }
  if (layout.hole) append(input, std::uint16_t{0});
  append(input, port);
  return input;
}

/// Counts the ports that miss their owner's queue.
unsigned misses(const Layout& layout, SteeredFamily family, unsigned queues, std::size_t reta_size, unsigned step) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same on every run
  const Bytes key = steering_key(family, kShortestRssKey, reta_size);
  const auto table = steering_table(queues, reta_size);
  unsigned missed = 0;
  for (std::uint32_t number = 0; number <= 0xFFFF; number += step) {
    const auto port = static_cast<std::uint16_t>(number);
    const std::uint32_t hash = toeplitz(input_of(layout, port, random), key);
    if (table[hash & (reta_size - 1)] != owner_of_port(port, queues)) ++missed;
  }
  return missed;
}

constexpr std::array<Layout, 4> kIpv4Layouts{{{"IPv4 addresses, hole", 4, true, true},
                                              {"IPv4 addresses, no hole", 4, true, false},
                                              {"IPv4 port alone in its place", 4, false, true},
                                              {"IPv4 port alone, no hole", 4, false, false}}};
constexpr std::array<Layout, 2> kIpv6Addresses{
    {{"IPv6 addresses, hole", 16, true, true}, {"IPv6 addresses, no hole", 16, true, false}}};
constexpr std::array<Layout, 2> kIpv6PortAlone{
    {{"IPv6 port alone in its place", 16, false, true}, {"IPv6 port alone, no hole", 16, false, false}}};

TEST(RssSteering, EveryPortReachesItsOwner) {
  for (const std::size_t reta_size : {64, 128, 512}) {
    for (unsigned queues = 1; queues <= 16; ++queues) {
      ASSERT_TRUE(can_steer(queues, reta_size));
      EXPECT_EQ(misses(kIpv4Layouts[0], SteeredFamily::kIpv4, queues, reta_size, 1), 0U) << queues << " " << reta_size;
    }
  }
}

TEST(RssSteering, WhereverTheNicPutsThePort) {
  constexpr unsigned kSomePorts = 7;
  for (const std::size_t reta_size : {64, 512}) {
    for (const unsigned queues : {2U, 3U, 16U}) {
      for (const Layout& layout : kIpv4Layouts)
        EXPECT_EQ(misses(layout, SteeredFamily::kIpv4, queues, reta_size, kSomePorts), 0U) << layout.name;
      for (const Layout& layout : kIpv6PortAlone) {
        EXPECT_EQ(misses(layout, SteeredFamily::kIpv4, queues, reta_size, kSomePorts), 0U) << layout.name;
        EXPECT_EQ(misses(layout, SteeredFamily::kIpv6, queues, reta_size, kSomePorts), 0U) << layout.name;
      }
      for (const Layout& layout : kIpv6Addresses)
        EXPECT_EQ(misses(layout, SteeredFamily::kIpv6, queues, reta_size, kSomePorts), 0U) << layout.name;
    }
  }
}

/// What the key's comment says it cannot do; also shows that misses() sees them.
TEST(RssSteering, BothFamiliesWithAddressesAreTooMuchForOneKey) {
  const unsigned missed = misses(kIpv6Addresses[0], SteeredFamily::kIpv4, 4, 128, 1);
  EXPECT_NEAR(missed, 65536.0 * 3 / 4, 2000);  // spread over all four
}

TEST(RssSteering, LongerKeysAreFilledUp) {
  const Bytes key = steering_key(SteeredFamily::kIpv4, 52, 512);
  ASSERT_EQ(key.size(), 52U);
  EXPECT_EQ(Bytes(key.begin(), key.begin() + kShortestRssKey),
            steering_key(SteeredFamily::kIpv4, kShortestRssKey, 512));
  EXPECT_EQ(Bytes(key.begin() + kShortestRssKey, key.end()), Bytes(12));
}

TEST(RssSteering, TablesThatFit) {
  EXPECT_TRUE(can_steer(4, 4));  // a power of two needs no more entries than queues
  EXPECT_TRUE(can_steer(32, 128));
  EXPECT_TRUE(can_steer(48, 512));
  EXPECT_TRUE(can_steer(16, 2048));
  EXPECT_FALSE(can_steer(0, 128));
  EXPECT_FALSE(can_steer(4, 0));
  EXPECT_FALSE(can_steer(3, 32));
  EXPECT_FALSE(can_steer(4, 100));
  EXPECT_FALSE(can_steer(48, 128));
  EXPECT_FALSE(can_steer(2, 65536));
  EXPECT_EQ(misses(kIpv4Layouts[0], SteeredFamily::kIpv4, 4, 4, 1), 0U);
  EXPECT_EQ(misses(kIpv4Layouts[0], SteeredFamily::kIpv4, 32, 128, 1), 0U);
  EXPECT_EQ(misses(kIpv4Layouts[0], SteeredFamily::kIpv4, 48, 512, 1), 0U);
}

TEST(PortOwner, PairsFallTogetherAndEveryOwnerHasItsShare) {
  for (std::uint32_t owners = 1; owners <= 100; ++owners) {
    std::vector<unsigned> share(owners);
    for (std::uint32_t port = 0; port <= 0xFFFF; port += 2) {
      const std::uint32_t owner = owner_of_port(static_cast<std::uint16_t>(port), owners);
      ASSERT_LT(owner, owners);
      ASSERT_EQ(owner, owner_of_port(static_cast<std::uint16_t>(port + 1), owners));
      ++share[owner];
    }
    const auto [least, most] = std::minmax_element(share.begin(), share.end());
    EXPECT_LE(*most * 4, *least * 5) << owners;
  }
}

}  // namespace
}  // namespace sallyport::drivers
