// Servers of a service: in which order they are tried (RFC 2782), and how they are read from a DNS message.
#include "controlplane/signalling/dns/srv_record.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sallyport::controlplane::dns {
namespace {

using Order = std::vector<std::size_t>;

TEST(SrvOrder, PriorityBeforeAll) {
  const std::vector<SrvRecord> records{{20, 100, 5060, "late"}, {10, 0, 5060, "first"}, {30, 0, 5060, "last"}};
  const auto least = [](std::uint32_t) { return 0U; };
  const auto most = [](std::uint32_t sum) { return sum; };
  EXPECT_EQ(srv_order(records, least), (Order{1, 0, 2}));
  EXPECT_EQ(srv_order(records, most), (Order{1, 0, 2}));
  EXPECT_EQ(srv_order({}, least), Order{});
}

TEST(SrvOrder, IsDrawnAsTheStandardSays) {
  // Running sums, those without weight first: c 0, a 10, b 40.
  const std::vector<SrvRecord> records{{1, 10, 5060, "a"}, {1, 30, 5060, "b"}, {1, 0, 5060, "c"}};
  struct Row {
    std::uint32_t drawn;
    std::size_t first;
  };
  for (const Row& row : {Row{0, 2}, Row{1, 0}, Row{10, 0}, Row{11, 1}, Row{40, 1}}) {
    std::vector<std::uint32_t> sums;
    const Order order = srv_order(records, [&](std::uint32_t sum) {
      sums.push_back(sum);
      return sums.size() == 1 ? row.drawn : 0;
    });
    EXPECT_EQ(order.front(), row.first) << row.drawn;
    EXPECT_EQ(order.size(), records.size());
    EXPECT_EQ(sums.front(), 40U);
    EXPECT_EQ(sums.back(), records[order.back()].weight) << "the last one is alone";
  }
}

TEST(SrvOrder, WeightsAreShares) {
  const std::vector<SrvRecord> records{{1, 3, 5060, "a"}, {1, 1, 5060, "b"}};
  std::mt19937 generator(1);
  std::map<std::size_t, int> first;
  for (int i = 0; i < 4000; ++i) {
    ++first[srv_order(records, [&](std::uint32_t most) {
              return std::uniform_int_distribution<std::uint32_t>(0, most)(generator);
            }).front()];
  }
  // 0 to 4 is drawn, evenly; 0 to 3 is the first one's.
  EXPECT_NEAR(first[0], 3200, 150);
  EXPECT_NEAR(first[1], 800, 150);
}

/// A DNS message, put together by hand.
class Message {
 public:
  Message(std::uint16_t questions, std::uint16_t answers) {
    be16(7).be16(0x8180).be16(questions).be16(answers).be16(0).be16(0);
  }
  Message& be16(std::uint16_t value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Message& ttl(std::uint32_t value) {
    return be16(static_cast<std::uint16_t>(value >> 16U)).be16(static_cast<std::uint16_t>(value));
  }
  Message& name(const std::vector<std::string>& labels) {
    for (const std::string& label : labels) {
      bytes.push_back(static_cast<std::uint8_t>(label.size()));
      bytes.insert(bytes.end(), label.begin(), label.end());
    }
    bytes.push_back(0);
    return *this;
  }
  Message& question() { return name({"_sip", "_udp", "example", "net"}).be16(33).be16(1); }
  /// An answer for the question's name, which a pointer repeats.
  Message& server(std::uint32_t lifetime, std::uint16_t priority, const std::vector<std::string>& target) {
    std::size_t size = 7;
    for (const std::string& label : target) size += label.size() + 1;
    be16(0xc00c).be16(33).be16(1).ttl(lifetime).be16(static_cast<std::uint16_t>(size));
    return be16(priority).be16(5).be16(5070).name(target);
  }
  std::vector<std::uint8_t> bytes;
};

TEST(SrvAnswer, IsRead) {
  Message message(1, 2);
  message.question().server(300, 10, {"a", "example", "net"}).server(60, 20, {"b", "example", "net"});
  const auto answer = parse_srv_answer(message.bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->records, (std::vector<SrvRecord>{{10, 5, 5070, "a.example.net"}, {20, 5, 5070, "b.example.net"}}));
  EXPECT_EQ(answer->lifetime, std::chrono::seconds(60));
}

TEST(SrvAnswer, OtherRecordsArePassedOver) {
  Message message(1, 2);
  message.question().be16(0xc00c).be16(1).be16(1).ttl(5).be16(4).be16(1).be16(2);
  message.server(0x80000000, 10, {});
  const auto answer = parse_srv_answer(message.bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->records, (std::vector<SrvRecord>{{10, 5, 5070, ""}})) << "no such service";
  EXPECT_EQ(answer->lifetime, std::chrono::seconds(0)) << "RFC 2181 8";
}

TEST(SrvAnswer, WhatIsNoHostNameIsLeftOut) {
  Message message(1, 2);
  message.question().server(300, 10, {"a\r\nx", "net"}).server(300, 20, {"b", "net"});
  const auto answer = parse_srv_answer(message.bytes);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->records, (std::vector<SrvRecord>{{20, 5, 5070, "b.net"}}));
}

TEST(SrvAnswer, ACutMessageIsNone) {
  Message message(1, 1);
  message.question().server(300, 10, {"a", "example", "net"});
  for (std::size_t size = 0; size < message.bytes.size(); ++size) {
    EXPECT_FALSE(parse_srv_answer(std::span(message.bytes).first(size))) << size;
  }
  EXPECT_TRUE(parse_srv_answer(message.bytes));
  // A name that points at itself.
  Message loop(0, 1);
  loop.be16(0xc00c).be16(33).be16(1).ttl(1).be16(7).be16(1).be16(1).be16(1).be16(0xc01e);
  EXPECT_FALSE(parse_srv_answer(loop.bytes));
}

}  // namespace
}  // namespace sallyport::controlplane::dns
