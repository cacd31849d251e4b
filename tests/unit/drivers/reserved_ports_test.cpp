#include "drivers/reserved_ports.hpp"

#include <gtest/gtest.h>

namespace sallyport::drivers {
namespace {

PortSet set(const char* text) { return *parse_port_list(text); }

TEST(PortList, PrintsWhatItParsed) {
  for (const char* text : {"", "8080", "0-65535", "1,3,5-7", "20000-39999"}) {
    ASSERT_TRUE(parse_port_list(text)) << text;
    EXPECT_EQ(format_port_list(*parse_port_list(text)), text);
  }
  EXPECT_EQ(format_port_list(set("5,1-3,4\n")), "1-5");
  for (const char* text : {"x", "1-", "-1", "5-3", "65536", "1;2", "1,,2"}) EXPECT_FALSE(parse_port_list(text)) << text;
}

TEST(PortReservations, GivesBackOnlyWhatItAdded) {
  PortReservations ours;
  const PortSet reserved = ours.reserve(set("8080,20000-20010"), "eth0", {20000, 20100});
  EXPECT_EQ(format_port_list(reserved), "8080,20000-20100");
  EXPECT_EQ(format_port_list(ours.release(reserved, "eth0")), "8080,20000-20010");
  EXPECT_TRUE(ours.users.empty());
}

TEST(PortReservations, StayWhileAnotherInterfaceNeedsThem) {
  PortReservations ours;
  PortSet kernel = ours.reserve({}, "eth0", {20000, 20100});
  kernel = ours.reserve(kernel, "eth1", {20050, 20200});
  kernel = ours.release(kernel, "eth0");
  EXPECT_EQ(format_port_list(kernel), "20050-20200");
  EXPECT_EQ(format_port_list(ours.release(kernel, "eth1")), "");
}

TEST(PortReservations, SurviveInTheRecord) {
  PortReservations ours;
  const PortSet kernel = ours.reserve(set("20000"), "eth0", {20000, 20001});
  PortReservations again = PortReservations::parse(ours.format());
  EXPECT_EQ(again.format(), ours.format());
  EXPECT_EQ(format_port_list(again.release(kernel, "eth0")), "20000");
  EXPECT_TRUE(PortReservations::parse("nonsense\nx y z").users.empty());
}

TEST(PortReservations, ReleasingAStrangerChangesNothing) {
  PortReservations ours;
  EXPECT_EQ(format_port_list(ours.release(set("1-3"), "eth0")), "1-3");
}

}  // namespace
}  // namespace sallyport::drivers
