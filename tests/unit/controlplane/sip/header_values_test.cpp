// URIs, addresses, Via, CSeq and lists as tables: what each is read as, and what is refused.
#include "controlplane/signalling/sip/header_values.hpp"

#include <gtest/gtest.h>

namespace sallyport::controlplane::sip {
namespace {

TEST(SipUri, PartsAreReadAsTheyStand) {
  const auto uri = Uri::parse("SIPS:alice;x=1:pw@Example.COM:5071;Transport=TCP;lr?Subject=a%20b&X=1");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->scheme, "sips");
  EXPECT_EQ(uri->user, "alice;x=1");
  EXPECT_EQ(uri->host, "example.com");
  EXPECT_EQ(uri->port, 5071);
  ASSERT_EQ(uri->parameters.size(), 2U);
  EXPECT_EQ(*find_parameter(uri->parameters, "transport"), "TCP");
  EXPECT_EQ(*find_parameter(uri->parameters, "lr"), "");
  EXPECT_EQ(find_parameter(uri->parameters, "none"), nullptr);
  EXPECT_TRUE(uri->has_headers);
  EXPECT_EQ(uri->header("subject"), "a b");
  EXPECT_EQ(uri->header("x"), "1");
  EXPECT_EQ(uri->header("y"), std::nullopt);
}

TEST(SipUri, SoundOnes) {
  struct {
    const char* text;
    const char* user;
    const char* host;
    int port;
  } const cases[]{{"sip:example.com", "", "example.com", 0},
                  {"sip:[2001:DB8::10]:5070", "", "2001:db8::10", 5070},
                  {"sip:a@[::ffff:192.0.2.10]", "a", "::ffff:192.0.2.10", 0},
                  {"sip:[2001:db8::10:5070]", "", "2001:db8::10:5070", 0},
                  {"sip:%61lice@h", "alice", "h", 0},
                  {"sip:null-%00-null@h", "null-%00-null", "h", 0},
                  {"sip:a%40b@h", "a%40b", "h", 0},
                  {"sip:*21#55@h", "*21#55", "h", 0},
                  {"tel:+1-201-555-0123;phone-context=x", "+1-201-555-0123", "", 0},
                  {"urn:service:sos", "", "", 0},
                  {"soap.beep://192.0.2.103:3002", "", "", 0}};
  for (const auto& each : cases) {
    const auto uri = Uri::parse(each.text);
    ASSERT_TRUE(uri) << each.text;
    EXPECT_EQ(uri->user, each.user) << each.text;
    EXPECT_EQ(uri->host, each.host) << each.text;
    EXPECT_EQ(uri->port, each.port) << each.text;
    EXPECT_EQ(uri->text, each.text);
  }
}

TEST(SipUri, RefusedOnes) {
  using namespace std::string_view_literals;
  for (const std::string_view text : {""sv,
                                      "sip:"sv,
                                      "bob"sv,
                                      ":bob"sv,
                                      "sip:@h"sv,
                                      "sip:a@"sv,
                                      "sip:a b@h"sv,
                                      "sip:a@h x"sv,
                                      "sip:a@h:"sv,
                                      "sip:a@h:0"sv,
                                      "sip:a@h:65536"sv,
                                      "sip:a@h:5060x"sv,
                                      "sip:a@h;"sv,
                                      "sip:a@h;;lr"sv,
                                      "sip:a@h;=1"sv,
                                      "sip:a@h;x="sv,
                                      "sip:a%4@h"sv,
                                      "sip:a%zz@h"sv,
                                      "sip:2001:db8::10"sv,
                                      "sip:[2001:db8::10"sv,
                                      "sip:[h]"sv,
                                      "sip:[192.0.2.1]"sv,
                                      "sip:a@b@c"sv,
                                      "<sip:a@h>"sv,
                                      "sip:a\"@h"sv,
                                      "sip:a@h\0"sv,
                                      "sip:a\r\n@h"sv,
                                      "1sip:a@h"sv,
                                      "sip:a@h>"sv,
                                      "tel:"sv,
                                      "tel:12<3"sv,
                                      "mailto:"sv}) {
    EXPECT_FALSE(Uri::parse(text)) << text;
  }
}

// What a URI carries for another message must not make two header fields of one.
TEST(SipUri, AHeaderWithControlCharactersIsNone) {
  EXPECT_EQ(Uri::parse("sip:a@h?Replaces=c%40h%3Bto-tag%3D1%3Bfrom-tag%3D2")->header("Replaces"),
            "c@h;to-tag=1;from-tag=2");
  EXPECT_EQ(Uri::parse("sip:a@h?Replaces=c@h;to-tag=1")->header("Replaces"), "c@h;to-tag=1");
  EXPECT_EQ(Uri::parse("sip:a@h?Subject=x%0d%0aRoute:%20y")->header("Subject"), std::nullopt);
  EXPECT_EQ(Uri::parse("sip:a@h?Subject=x%00")->header("Subject"), std::nullopt);
  EXPECT_EQ(Uri::parse("sip:a@h?Subject=x%4")->header("Subject"), std::nullopt);
}

TEST(SipNameAddress, SoundOnes) {
  struct {
    const char* text;
    const char* display;
    const char* uri;
    const char* tag;
  } const cases[]{{"<sip:a@h>", "", "sip:a@h", ""},
                  {"sip:a@h;tag=1", "", "sip:a@h", "1"},
                  {"sip:a@h ; TAG = 1", "", "sip:a@h", "1"},
                  {"Alice B. <sip:a@h;lr>;tag=x", "Alice B.", "sip:a@h;lr", "x"},
                  {"caller<sip:a@h>;tag=323", "caller", "sip:a@h", "323"},
                  {"\"A \\\"B\\\" <C>; tag=no\" <sip:a@h>;tag=1", "A \"B\" <C>; tag=no", "sip:a@h", "1"},
                  {"\"\"<sip:a@h>", "", "sip:a@h", ""},
                  {"J\xc3\xbcrgen <sip:a@h>", "J\xc3\xbcrgen", "sip:a@h", ""},
                  {"<sip:a@h>;q=\"tag=2\";tag=1", "", "sip:a@h", "1"},
                  {"<sip:a@h>;+sip.instance=\"<urn:uuid:1>\";tag=a1/b==", "", "sip:a@h", "a1/b=="},
                  {"<http://www.example.com>;tag=1", "", "http://www.example.com", "1"},
                  {"isbn:2983792873;tag=1", "", "isbn:2983792873", "1"},
                  {"<sip:a@h?Replaces=1>", "", "sip:a@h?Replaces=1", ""}};
  for (const auto& each : cases) {
    const auto address = NameAddress::parse(each.text);
    ASSERT_TRUE(address) << each.text;
    EXPECT_EQ(address->display, each.display) << each.text;
    EXPECT_EQ(address->uri.text, each.uri) << each.text;
    EXPECT_EQ(address->tag(), each.tag) << each.text;
  }
}

TEST(SipNameAddress, RefusedOnes) {
  for (const char* text : {"",
                           "<>",
                           "alice",
                           "<sip:a@h",
                           "sip:a@h>",
                           "< sip:a@h >",
                           "<sip:a@h >",
                           "\"x <sip:a@h>",
                           "\"x\" sip:a@h",
                           "Bell, Alexander <sip:a@h>",
                           "a@b <sip:a@h>",
                           "<sip:a@h>;",
                           "<sip:a@h>;;x",
                           "<sip:a@h> x",
                           "<sip:a@h>x=1",
                           "<sip:a@h>;tag=",
                           "<sip:a@h>;tag=a b",
                           "<sip:a@h>;tag=\"x",
                           "<sip:a@h>,<sip:b@h>",
                           "sip:a@h,sip:b@h",
                           "sip:a@h?Route=x",
                           "<<sip:a@h>>"}) {
    EXPECT_FALSE(NameAddress::parse(text)) << text;
  }
}

TEST(SipVia, SoundOnes) {
  struct {
    const char* text;
    const char* written;
  } const cases[]{{"SIP/2.0/UDP h;branch=z9hG4bK1;rport", "SIP/2.0/UDP h;branch=z9hG4bK1;rport"},
                  {"sip / 2.0 / tls  h : 5071 ; Branch = z9", "SIP/2.0/TLS h:5071;branch=z9"},
                  {"SIP/2.0/TCP [2001:db8::9:1]:6050;received=2001:db8::9:255",
                   "SIP/2.0/TCP [2001:db8::9:1]:6050;received=2001:db8::9:255"},
                  {"SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]",
                   "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]"},
                  {"SIP/2.0/WSS a_b.invalid;x=\"a;b\"", "SIP/2.0/WSS a_b.invalid;x=\"a;b\""}};
  for (const auto& each : cases) {
    const auto via = Via::parse(each.text);
    ASSERT_TRUE(via) << each.text;
    EXPECT_EQ(via->to_string(), each.written);
  }
  EXPECT_EQ(Via::parse("SIP/2.0/UDP H.Example;branch=b")->sent_by(), "h.example:0");
  EXPECT_EQ(Via::parse("SIP/2.0/UDP h;branch=b")->branch(), "b");
  EXPECT_EQ(Via::parse("SIP/2.0/UDP h")->branch(), "");
}

TEST(SipVia, RefusedOnes) {
  for (const char* text :
       {"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 h", "SIP/7.0/UDP h", "HTTP/2.0/UDP h", "SIP/2.0/ h",
        "SIP/2.0/UDP h x", "SIP/2.0/UDP h;;", "SIP/2.0/UDP h;", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:0",
        "SIP/2.0/UDP h:70000", "SIP/2.0/UDP 2001:db8::9:1", "SIP/2.0/UDP [2001:db8::9:1", "SIP/2.0/UDP h,",
        "SIP/2.0/UDP h(comment)", "SIP/2.0/UDP h;branch=", "SIP/2.0/UDP h\"x\""}) {
    EXPECT_FALSE(Via::parse(text)) << text;
  }
}

TEST(SipCSeq, NumberAndMethod) {
  EXPECT_EQ(CSeq::parse("0009  INVITE")->number, 9U);
  EXPECT_EQ(CSeq::parse("2147483647 X")->number, 2147483647U);
  EXPECT_EQ(CSeq::parse("1\tBYE")->method, "BYE");
  for (const char* text : {"", "1", "INVITE", "1INVITE", "-1 INVITE", "+1 INVITE", "2147483648 INVITE", "1 INVITE x",
                           "36893488147419103232 X", "1 IN/VITE", " 1 INVITE"}) {
    EXPECT_FALSE(CSeq::parse(text)) << text;
  }
}

TEST(SipLists, CommasInQuotesAndBracketsDoNotSeparate) {
  using Elements = std::vector<std::string_view>;
  EXPECT_EQ(split_list("a , b,c"), (Elements{"a", "b", "c"}));
  EXPECT_EQ(split_list("\"A, \\\"B\" <sip:a,b@h>, <sip:c@h>"), (Elements{"\"A, \\\"B\" <sip:a,b@h>", "<sip:c@h>"}));
  EXPECT_EQ(split_list("a"), Elements{"a"});
  for (const char* text : {"", ",", "a,", ",a", "a,,b", "\"a", "<a", "a, \"b", "\"a\\"}) {
    EXPECT_FALSE(split_list(text)) << text;
  }
}

TEST(SipNumbers, DigitsOnlyAndWithinBounds) {
  EXPECT_EQ(parse_count("0068", 255), 68U);
  EXPECT_EQ(parse_count("4294967295", 0xffffffff), 4294967295U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "256", "4294967296", "99999999999999999999"}) {
    EXPECT_FALSE(parse_count(text, 255)) << text;
  }
}

}  // namespace
}  // namespace sallyport::controlplane::sip
