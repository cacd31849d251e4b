// What parse() accepts, how it refuses, and that nothing dangerous passes. RFC 4475's messages: torture_test.cpp.
#include "controlplane/signalling/sip/parse.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "controlplane/signalling/sip/limits.hpp"
#include "sip_text.hpp"

namespace sallyport::controlplane::sip {
namespace {

using test::request_text;

/// A sound OPTIONS with one part of it replaced.
Parsed parse_with(std::string_view part, std::string_view by) {
  std::string text = request_text("OPTIONS");
  text.replace(text.find(part), part.size(), by);
  return parse(text, {});
}

TEST(SipParse, LineEndsAndTheBlankLineMayDiffer) {
  std::string text = request_text("OPTIONS");
  EXPECT_EQ(parse(text, {}).status, 0);
  EXPECT_EQ(parse(text.substr(0, text.size() - 2), {}).status, 0);
  EXPECT_EQ(parse(text.substr(0, text.size() - 4), {}).status, 0);
  std::erase(text, '\r');
  EXPECT_EQ(parse(text, {}).status, 0);
}

TEST(SipParse, RefusalsNameTheirPlace) {
  struct {
    const char* part;
    const char* by;
    int status;
    const char* problem;
  } const cases[]{{"SIP/2.0\r\n", "SIP/3.0\r\n", 505, "line 1: "},
                  {"SIP/2.0\r\n", "HTTP/1.1\r\n", 400, "line 1: "},
                  {"OPTIONS sip", "OPTIONS  sip", 400, "line 1: "},
                  {"sip:bob@example.com SIP", "sip:b\x01ob@example.com SIP", 400, "line 1: request line: a control"},
                  {"sip:bob@example.com SIP", "sip:bob@exam\rple.com SIP", 400, "line 1: request line: a control"},
                  {"sip:bob@example.com SIP", "bob SIP", 400, "request line: expected a URI"},
                  {"sip:bob@example.com SIP", "sip:bob@example.com?a=b SIP", 400, "request line: a URI with headers"},
                  {"Max-Forwards: 70", "Max-Forwards 70", 400, "line 3: expected a header field"},
                  {"Max-Forwards: 70", "Max Forwards: 70", 400, "line 3: expected a header field"},
                  {"Max-Forwards: 70", "Max-Forwards: 256", 400, "Max-Forwards"},
                  {"Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 70", 400, "line 4: a second Max-Forwards"},
                  {"Max-Forwards: 70", "Expires: -1", 400, "Expires"},
                  {"Max-Forwards: 70",
                   "Subject: a\x07"
                   "b",
                   400, "line 3: Subject: a control"},
                  {"Max-Forwards: 70",
                   "Subject: \"a\\\\\x07"
                   "b\"",
                   400, "line 3: Subject: a control"},
                  {"Max-Forwards: 70", "Subject: a\rb", 400, "line 3: Subject: a control"},
                  {"Max-Forwards: 70", "Contact: <sip:a@h>,", 400, "line 3: Contact: expected a list"},
                  {"Max-Forwards: 70", "Contact: alice", 400, "Contact: expected an address"},
                  {"Call-ID: call1", "Call-ID:", 400, "no Call-ID"},
                  {"Call-ID: call1\r\n", "", 400, "no Call-ID"},
                  {"1 OPTIONS", "1 INVITE", 400, "CSeq: its method"},
                  {"1 OPTIONS", "x OPTIONS", 400, "CSeq: expected"},
                  {"UDP 192.0.2.9", "UDP 192.0.2.9:x", 400, "Via: expected"}};
  for (const auto& each : cases) {
    const Parsed parsed = parse_with(each.part, each.by);
    EXPECT_EQ(parsed.status, each.status) << each.by;
    EXPECT_TRUE(parsed.problem.starts_with(each.problem)) << each.by << ": " << parsed.problem;
    EXPECT_TRUE(parsed.message) << each.by << ": it can be answered";
  }
}

TEST(SipParse, WhatCannotBeAnsweredIsNoMessage) {
  for (const char* text :
       {"", "\r\n", "\n\n", "hello", "GET / HTTP/1.1\r\n\r\n", "OPTIONS sip:a@h SIP/2.0\r\n\r\n", "SIP/2.0\r\n\r\n",
        "SIP/2.0 99 x\r\nVia: SIP/2.0/UDP h\r\n", "SIP/2.0 2000 x\r\n", "SIP/1.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n",
        "SIP/2.0 200 O\x01K\r\nVia: SIP/2.0/UDP h\r\n", "O(PTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"}) {
    EXPECT_FALSE(parse(text, {}).message) << text;
  }
}

TEST(SipParse, ListsAreTakenApartAndFoldedLinesJoined) {
  const Parsed parsed = parse_with("Max-Forwards: 70",
                                   "m: \"A, B\" <sip:a@h>\r\n ,\r\n\t<sip:b@h>;q=0.5\r\nSupported:\r\nk: timer,100rel");
  ASSERT_EQ(parsed.status, 0) << parsed.problem;
  EXPECT_EQ(parsed.message->all("Contact"), (std::vector<std::string_view>{"\"A, B\" <sip:a@h>", "<sip:b@h>;q=0.5"}));
  EXPECT_EQ(parsed.message->all("Supported"), (std::vector<std::string_view>{"timer", "100rel"}));
}

TEST(SipParse, QuotedControlCharactersBecomeBlanks) {
  using namespace std::string_view_literals;
  std::string text = request_text("OPTIONS");
  text.insert(text.find("Max"),
              "Subject: \"a\\\x07\\\0\\\x7f"
              "b\"\r\n"sv);
  const Parsed parsed = parse(text, {});
  ASSERT_EQ(parsed.status, 0) << parsed.problem;
  EXPECT_EQ(parsed.message->value("Subject"), "\"a\\ \\ \\ b\"");
}

TEST(SipParse, AStarIsAContact) { EXPECT_EQ(parse_with("Max-Forwards: 70", "Contact: *").status, 0); }

TEST(SipParse, TheNumberOfFieldsIsBounded) {
  std::string text = request_text("OPTIONS");
  std::string many;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) many += "X: 1\r\n";
  text.insert(text.find("Max"), many);
  const Parsed parsed = parse(text, {});
  EXPECT_EQ(parsed.status, 400);
  EXPECT_LE(parsed.message->headers().size(), kMaxHeaders);
}

TEST(SipParse, AResponseNeedsWhatARequestNeeds) {
  std::string text = request_text("OPTIONS");
  text.replace(0, text.find('\r'), "sip/2.0 200");
  const Parsed parsed = parse(text, {});
  EXPECT_EQ(parsed.status, 0) << parsed.problem;
  EXPECT_EQ(parsed.message->status(), 200);
  EXPECT_EQ(parsed.message->method(), "OPTIONS");
  text.erase(text.find("Call-ID: call1\r\n"), 16);
  EXPECT_NE(parse(text, {}).status, 0);
}

TEST(SipHeadSize, IsBehindTheBlankLine) {
  EXPECT_EQ(head_size("a\r\n\r\nb"), 5U);
  EXPECT_EQ(head_size("a\n\nb"), 3U);
  EXPECT_EQ(head_size("a\n\r\nb"), 4U);
  EXPECT_EQ(head_size("a\r\n\nb"), 4U);
  EXPECT_EQ(head_size("a\r\n\r"), std::nullopt);
  EXPECT_EQ(head_size("a\r\nb\r\n"), std::nullopt);
  EXPECT_EQ(head_size(""), std::nullopt);
  EXPECT_EQ(head_size("a\n\nb\n\n", 2), 6U);
}

TEST(SipBodyLength, IsWhatTheHeadSays) {
  struct {
    const char* head;
    std::optional<std::size_t> bytes;
    int status;
  } const cases[]{{"X: 1\r\n\r\n", std::nullopt, 0},
                  {"X: 1\r\nContent-Length: 5\r\n\r\n", 5, 0},
                  {"X: 1\r\nl:0007\r\n\r\n", 7, 0},
                  {"X: 1\r\ncontent-length \t:  5  \n\n", 5, 0},
                  {"X: 1\r\nL:\r\n 5\r\nY: 6\r\n\r\n", 5, 0},
                  {"X: 1\r\nY: 2\r\n l: 6\r\n\r\n", std::nullopt, 0},
                  {"X: 1\r\nl: 5\r\nl: 5\r\n\r\n", 5, 0},
                  {"X: 1\r\nl: 5\r\n\r\nl: 6\r\n", 5, 0},
                  {"X: 1\r\nl: 5\r\n 6\r\n\r\n", std::nullopt, 400},
                  {"X: 1\r\nl: 5\r\nContent-Length: 6\r\n\r\n", 5, 400},
                  {"X: 1\r\nl:\r\n\r\n", std::nullopt, 400},
                  {"X: 1\r\nl: -1\r\n\r\n", std::nullopt, 400},
                  {"X: 1\r\nl: 1,1\r\n\r\n", std::nullopt, 400},
                  {"X: 1\r\nl: 18446744073709551617\r\n\r\n", std::nullopt, 400},
                  {"X: 1\r\nl: 262145\r\n\r\n", 262145, 413}};
  for (const auto& each : cases) {
    const BodyLength length = body_length(each.head);
    EXPECT_EQ(length.bytes, each.bytes) << each.head;
    EXPECT_EQ(length.status, each.status) << each.head;
  }
}

}  // namespace
}  // namespace sallyport::controlplane::sip
