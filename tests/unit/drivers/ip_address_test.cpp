#include "drivers/ip_address.hpp"

#include <gtest/gtest.h>

namespace sallyport::drivers {
namespace {

TEST(IpAddress, PrintsWhatItParsed) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "fe80::1:2:3:4"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddress, KnowsItsFamily) {
  EXPECT_FALSE(IpAddress::parse("192.0.2.1")->v6);
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->length(), 4U);
  EXPECT_TRUE(IpAddress::parse("2001:db8::1")->v6);
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->length(), 16U);
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.2.1 "sv, " 192.0.2.1"sv, "192.0.2.01"sv, "192.0.2.1/24"sv,
        "2001:db8::g"sv, "2001:db8:::1"sv, "[2001:db8::1]"sv, "fe80::1%eth0"sv, "localhost"sv, "1.2.3.4\0x"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string(200, '1')));
}

TEST(IpPrefix, ContainsItsLink) {
  const auto v4 = IpPrefix::parse("192.0.2.129/25");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->to_string(), "192.0.2.129/25");
  EXPECT_TRUE(v4->contains(*IpAddress::parse("192.0.2.255")));
  EXPECT_FALSE(v4->contains(*IpAddress::parse("192.0.2.127")));
  EXPECT_FALSE(v4->contains(*IpAddress::parse("::")));
  const auto v6 = IpPrefix::parse("2001:db8::1/64");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->contains(*IpAddress::parse("2001:db8::ffff:1")));
  EXPECT_FALSE(v6->contains(*IpAddress::parse("2001:db8:0:1::1")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("198.51.100.1")));
  EXPECT_FALSE(IpPrefix::parse("192.0.2.1/32")->contains(*IpAddress::parse("192.0.2.2")));
}

TEST(IpPrefix, RefusesWhatIsNoPrefix) {
  for (const char* text : {"192.0.2.1", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/+8", "192.0.2.1/08",
                           "2001:db8::1/129", "/24", "192.0.2.1/24x", "192.0.2.1/24/24"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(MacAddress, ParsesAndPrints) {
  const auto mac = MacAddress::parse("02:AB:cd:00:01:fF");
  ASSERT_TRUE(mac);
  EXPECT_EQ(mac->to_string(), "02:ab:cd:00:01:ff");
  for (const char* text : {"", "02:ab:cd:00:01", "02:ab:cd:00:01:ff:00", "02-ab-cd-00-01-ff", "02:ab:cd:00:01:fg",
                           "2:ab:cd:00:01:ff ", "+2:ab:cd:00:01:ff"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

TEST(PortRange, ParsesBothEnds) {
  const auto range = PortRange::parse("20000-39999");
  ASSERT_TRUE(range);
  EXPECT_TRUE(range->contains(20000));
  EXPECT_TRUE(range->contains(39999));
  EXPECT_FALSE(range->contains(19999));
  EXPECT_FALSE(range->contains(40000));
  EXPECT_TRUE(PortRange::parse("5-5"));
  EXPECT_TRUE(PortRange::parse("1-65535"));
  for (const char* text :
       {"", "20000", "20000-", "-39999", "39999-20000", "0-10", "1-65536", "20000 - 30000", "1-2-3"}) {
    EXPECT_FALSE(PortRange::parse(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::drivers
