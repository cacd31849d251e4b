#include "controlplane/signalling/sip/message.hpp"

#include <gtest/gtest.h>

#include "sip_text.hpp"

namespace sallyport::controlplane::sip {
namespace {

using test::message_of;
using test::request_text;

TEST(SipMessage, NamesAreCanonicalWhateverTheirFormAndCase) {
  EXPECT_EQ(canonical_name("i"), "Call-ID");
  EXPECT_EQ(canonical_name("I"), "Call-ID");
  EXPECT_EQ(canonical_name("CALL-id"), "Call-ID");
  EXPECT_EQ(canonical_name("v"), "Via");
  EXPECT_EQ(canonical_name("r"), "Refer-To");
  EXPECT_EQ(canonical_name("x-MINE"), "x-MINE");
  EXPECT_EQ(canonical_name("q"), "q");
}

TEST(SipMessage, WritesWhatItWasMadeOf) {
  Message message = Message::request("INVITE", "sip:bob@example.com");
  message.add("Call-ID", "1");
  message.prepend("Via", "SIP/2.0/UDP a");
  message.prepend("Via", "SIP/2.0/UDP b");
  message.set("Call-ID", "2");
  message.set("Subject", "x");
  message.remove("Subject");
  message.set_body("application/sdp", test::secret("v=0\r\n"));
  EXPECT_EQ(message.to_text(), test::secret("INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP b\r\n"
                                            "Via: SIP/2.0/UDP a\r\nCall-ID: 2\r\nContent-Type: application/sdp\r\n"
                                            "Content-Length: 5\r\n\r\nv=0\r\n"));
  EXPECT_EQ(message.all("Via").size(), 2U);
  EXPECT_EQ(message.first("Subject"), nullptr);
  message.set_body("application/sdp", {});
  EXPECT_EQ(message.first("Content-Type"), nullptr);
}

TEST(SipMessage, ASummaryHasNoBody) {
  Message message = message_of(request_text("INVITE"));
  message.set_body("application/sdp", test::secret("inline:secret"));
  EXPECT_EQ(message.summary(), "INVITE sip:bob@example.com");
  EXPECT_EQ(Message::reply(message, 486, "t").summary(), "486 Busy Here (INVITE)");
}

// RFC 3261 8.2.6.2, 12.1.1.
TEST(SipMessage, ARepliesFieldsAreTheRequests) {
  Message request = message_of(request_text("INVITE"));
  request.add("Record-Route", "<sip:p1;lr>");
  request.add("Record-Route", "<sip:p2;lr>");
  request.prepend("Via", "SIP/2.0/UDP proxy;branch=z9hG4bKtwo");
  const Message ok = Message::reply(request, 200, "mine");
  EXPECT_EQ(ok.all("Via"), request.all("Via"));
  EXPECT_EQ(ok.all("Record-Route").size(), 2U);
  EXPECT_EQ(ok.value("To"), "<sip:bob@example.com>;tag=mine");
  EXPECT_EQ(ok.value("From"), request.value("From"));
  EXPECT_EQ(ok.value("CSeq"), "1 INVITE");
  EXPECT_EQ(ok.method(), "INVITE");
  EXPECT_EQ(Message::reply(request, 100, "mine").value("To"), "<sip:bob@example.com>") << "100 has no tag";
  EXPECT_TRUE(Message::reply(request, 404, "mine").all("Record-Route").empty());
  EXPECT_EQ(Message::reply(request, 499, "mine").reason(), "Status");
}

TEST(SipMessage, ATagThatIsThereStays) {
  Message request = message_of(request_text("BYE", "UDP h;branch=z9hG4bK1", "2", "theirs"));
  EXPECT_EQ(Message::reply(request, 200, "mine").value("To"), "<sip:bob@example.com>;tag=theirs");
  request.set("To", "<sip:bob@example.com>;x=\">\" ; TAG = theirs");
  EXPECT_EQ(Message::reply(request, 200, "mine").value("To"), "<sip:bob@example.com>;x=\">\" ; TAG = theirs");
  request.set("To", "\";tag=no\" <sip:bob@example.com;tag=no>;x=\";tag=no\"");
  EXPECT_TRUE(Message::reply(request, 200, "mine").value("To").ends_with(";tag=mine"));
  request.set("To", "sip:bob@example.com;tag=theirs");
  EXPECT_EQ(Message::reply(request, 200, "mine").value("To"), "sip:bob@example.com;tag=theirs");
}

TEST(SipMessage, WhatItWritesItReadsAgain) {
  Message message = message_of(request_text("INVITE"));
  message.add("Contact", "\"A, B\" <sip:a@h>;expires=1");
  message.set_body("text/plain", test::secret("x\r\n\r\ny"));
  const SecretString text = message.to_text();
  const Message again = message_of(std::string_view(text));
  EXPECT_EQ(again.to_text(), text);
  EXPECT_EQ(again.body(), message.body());
}

}  // namespace
}  // namespace sallyport::controlplane::sip
