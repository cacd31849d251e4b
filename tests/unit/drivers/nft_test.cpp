// The rules as text; that the kernel takes them and what they do is shown end to end.
#include "drivers/nft.hpp"

#include <gtest/gtest.h>

namespace sallyport::drivers {
namespace {

const std::vector<IpPrefix> kBoth{*IpPrefix::parse("192.0.2.1/24"), *IpPrefix::parse("192.0.2.2/24"),
                                  *IpPrefix::parse("2001:db8::1/64")};

TEST(Nft, TableNamesAreSafe) {
  EXPECT_EQ(nft_table_name("veth0"), "sallyport_veth0");
  EXPECT_EQ(nft_table_name("eth0.10"), "sallyport_eth0_10");
  EXPECT_EQ(nft_table_name("a-b {c}"), "sallyport_a_b__c_");
}

TEST(Nft, IngressDropsWholeMediaDatagramsOnly) {
  EXPECT_EQ(media_ingress_chain("veth0", kBoth, {20000, 39999}),
            " chain media {\n"
            "  type filter hook ingress device \"veth0\" priority 0;\n"
            "  ip daddr { 192.0.2.1, 192.0.2.2 } ip frag-off & 0x3fff == 0 udp dport 20000-39999 counter drop\n"
            "  ip6 daddr { 2001:db8::1 } ip6 nexthdr udp udp dport 20000-39999 counter drop\n"
            " }\n");
}

TEST(Nft, InputDropsMediaOfOneInterface) {
  EXPECT_EQ(media_input_chain("veth0", {kBoth[0], kBoth[2]}, {20000, 39999}),
            " chain media {\n"
            "  type filter hook input priority 0; policy accept;\n"
            "  ip daddr { 192.0.2.1 } iifname \"veth0\" udp dport 20000-39999 counter drop\n"
            "  ip6 daddr { 2001:db8::1 } iifname \"veth0\" exthdr frag missing udp dport 20000-39999 counter drop\n"
            "  ip6 daddr { 2001:db8::1 } iifname \"veth0\" frag frag-off 0 udp dport 20000-39999 counter drop\n"
            " }\n");
}

}  // namespace
}  // namespace sallyport::drivers
