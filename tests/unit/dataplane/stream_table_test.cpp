// Which stream a local address and port belongs to.
#include "dataplane/stream_table.hpp"

#include <gtest/gtest.h>

namespace sallyport::dataplane {
namespace {

LocalAddress local(const char* address) { return {*drivers::IpAddress::parse(address), {20000, 39999}, 0}; }

std::unique_ptr<Stream> stream(std::uint32_t index, std::uint32_t generation, std::uint16_t port,
                               RtcpMode rtcp = RtcpMode::kPair, std::uint16_t slot = 0) {
  auto made = std::make_unique<Stream>();
  made->id = {index, generation};
  made->local_port = port;
  made->rtcp = rtcp;
  made->address_slot = slot;
  return made;
}

class Table : public testing::Test {
 protected:
  std::vector<LocalAddress> addresses_{local("192.0.2.1"), local("2001:db8::1"), local("192.0.2.2")};
  StreamTable table_{addresses_, 8};
};

TEST_F(Table, FindsAddressesOfBothFamilies) {
  for (std::uint16_t slot = 0; slot < addresses_.size(); ++slot) {
    const drivers::IpAddress& address = addresses_[slot].address;
    EXPECT_EQ(table_.slot_of(address.bytes.data(), address.v6), slot);
    EXPECT_EQ(table_.address(slot).address, address);
  }
  const auto stranger = *drivers::IpAddress::parse("192.0.2.3");
  EXPECT_EQ(table_.slot_of(stranger.bytes.data(), false), StreamTable::kNoSlot);
}

TEST_F(Table, FamiliesAreNotMixedUp) {
  // The first four bytes of a v6 address are no v4 address of ours.
  const auto v6 = *drivers::IpAddress::parse("c000:0201::");
  EXPECT_EQ(table_.slot_of(v6.bytes.data(), true), StreamTable::kNoSlot);
}

TEST(TableOfMany, FindsEachOfAThousandAddresses) {
  std::vector<LocalAddress> addresses;
  for (int i = 0; i < 1000; ++i) {
    addresses.push_back(local(("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)).c_str()));
  }
  const StreamTable table(addresses, 1);
  for (std::uint16_t slot = 0; slot < addresses.size(); ++slot) {
    ASSERT_EQ(table.slot_of(addresses[slot].address.bytes.data(), false), slot);
  }
}

TEST(TableOfNone, KnowsNoAddress) {
  const StreamTable table({}, 4);
  const auto address = *drivers::IpAddress::parse("192.0.2.1");
  EXPECT_EQ(table.slot_of(address.bytes.data(), false), StreamTable::kNoSlot);
}

TEST_F(Table, PairHasBothPorts) {
  auto made = stream(0, 1, 20000);
  Stream* raw = made.get();
  ASSERT_TRUE(table_.add(made));
  EXPECT_EQ(made, nullptr);
  EXPECT_EQ(table_.at(0, 20000), raw);
  EXPECT_EQ(table_.at(0, 20001), raw);
  EXPECT_EQ(table_.at(0, 20002), nullptr);
  EXPECT_EQ(table_.at(1, 20000), nullptr) << "another address";
  EXPECT_EQ(table_.find({0, 1}), raw);
}

TEST_F(Table, MuxAndOffHaveOnePort) {
  auto mux = stream(0, 1, 20000, RtcpMode::kMux);
  auto off = stream(1, 1, 20001, RtcpMode::kOff);
  EXPECT_TRUE(table_.add(mux));
  EXPECT_TRUE(table_.add(off));
}

TEST_F(Table, RefusesWhatIsTaken) {
  auto first = stream(0, 1, 20000);
  ASSERT_TRUE(table_.add(first));
  for (auto refused : {std::pair{0U, 20010}, {1U, 20000}, {1U, 20001}, {1U, 19999}, {8U, 20010}}) {
    auto made = stream(refused.first, 1, static_cast<std::uint16_t>(refused.second));
    EXPECT_FALSE(table_.add(made)) << refused.first << ' ' << refused.second;
    EXPECT_NE(made, nullptr) << "stays with the caller";
  }
  auto no_address = stream(1, 1, 20010, RtcpMode::kPair, 3);
  EXPECT_FALSE(table_.add(no_address));
  EXPECT_EQ(table_.at(0, 20010), nullptr);
}

TEST_F(Table, RtcpMovesBetweenThePorts) {
  auto made = stream(0, 1, 20000);
  Stream& one = *made;
  ASSERT_TRUE(table_.add(made));
  EXPECT_TRUE(table_.set_rtcp(one, RtcpMode::kMux));
  EXPECT_EQ(table_.at(0, 20001), nullptr);
  EXPECT_TRUE(table_.set_rtcp(one, RtcpMode::kOff));
  EXPECT_TRUE(table_.set_rtcp(one, RtcpMode::kPair));
  EXPECT_EQ(table_.at(0, 20001), &one);
  EXPECT_TRUE(table_.set_rtcp(one, RtcpMode::kPair)) << "as it is";
  EXPECT_TRUE(table_.set_rtcp(one, RtcpMode::kMux));
  auto above = stream(1, 1, 20001, RtcpMode::kMux);
  ASSERT_TRUE(table_.add(above));
  EXPECT_FALSE(table_.set_rtcp(one, RtcpMode::kPair)) << "the port above is another stream's";
  EXPECT_EQ(one.rtcp, RtcpMode::kMux);
  EXPECT_NE(table_.at(0, 20001), &one);
}

TEST_F(Table, HighestPortHasNoneAboveIt) {
  auto pair = stream(0, 1, 65535);
  EXPECT_FALSE(table_.add(pair));
  auto mux = stream(0, 1, 65535, RtcpMode::kMux);
  EXPECT_TRUE(table_.add(mux));
}

TEST_F(Table, RemoveGivesTheStreamBackAndFreesItsPorts) {
  auto made = stream(3, 7, 20000);
  Stream* raw = made.get();
  ASSERT_TRUE(table_.add(made));
  EXPECT_EQ(table_.remove({3, 6}), nullptr) << "another generation";
  EXPECT_EQ(table_.remove({4, 7}), nullptr);
  EXPECT_EQ(table_.remove({800, 7}), nullptr);
  const auto removed = table_.remove({3, 7});
  EXPECT_EQ(removed.get(), raw);
  EXPECT_EQ(table_.at(0, 20000), nullptr);
  EXPECT_EQ(table_.at(0, 20001), nullptr);
  EXPECT_EQ(table_.find({3, 7}), nullptr);
  auto next = stream(3, 8, 20001, RtcpMode::kMux);
  EXPECT_TRUE(table_.add(next));
  EXPECT_EQ(table_.find({3, 7}), nullptr) << "the slot's next tenant is not found under the old name";
}

}  // namespace
}  // namespace sallyport::dataplane
