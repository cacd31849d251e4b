// Which message belongs to which transaction, and that nobody reaches another one's.
#include "controlplane/signalling/sip/transaction_layer.hpp"

#include <gtest/gtest.h>

#include <set>

#include "controlplane/signalling/sip/header_values.hpp"
#include "transaction_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using test::flow_of;
using test::request_text;
using test::TransactionWorld;

const Flow kUdp = flow_of(TransportKind::kUdp, 1);
const Flow kTcp = flow_of(TransportKind::kTcp, 2);

TEST(TransactionLayer, TheSameBranchOfOtherPeersIsAnotherRequest) {
  TransactionWorld world;
  world.receive(kUdp, request_text("OPTIONS"));
  world.receive(flow_of(TransportKind::kUdp, 1, "192.0.2.10:5060"), request_text("OPTIONS"));
  world.receive(flow_of(TransportKind::kUdp, 7), request_text("OPTIONS"));
  world.receive(kTcp, request_text("OPTIONS", "TCP 192.0.2.9;branch=z9hG4bKone"));
  world.receive(flow_of(TransportKind::kTcp, 3), request_text("OPTIONS", "TCP 192.0.2.9;branch=z9hG4bKone"));
  world.receive(kUdp, request_text("OPTIONS", "UDP other.example;branch=z9hG4bKone"));
  EXPECT_EQ(world.requests.size(), 6U);
  EXPECT_EQ(world.layer->counters().requests, 6U);
}

TEST(TransactionLayer, ANatMayChangeAPeersPort) {
  TransactionWorld world;
  world.receive(kUdp, request_text("OPTIONS"));
  world.requests[0]->respond(200);
  world.receive(flow_of(TransportKind::kUdp, 1, "192.0.2.9:40000"), request_text("OPTIONS"));
  EXPECT_EQ(world.requests.size(), 1U);
  EXPECT_EQ(world.sent.size(), 2U);
}

TEST(TransactionLayer, AStrangersCancelAndAckReachNothing) {
  TransactionWorld world;
  const Flow stranger = flow_of(TransportKind::kUdp, 1, "192.0.2.66:5060");
  world.receive(kUdp, request_text("INVITE"));
  world.requests[0]->set_events({.cancelled = [] { FAIL(); }, .unacknowledged = {}, .gone = {}});
  world.receive(stranger, request_text("CANCEL"));
  EXPECT_EQ(world.summaries(), std::vector<std::string>{"481 Call/Transaction Does Not Exist (CANCEL)"});
  world.requests[0]->respond(486);
  world.receive(stranger, request_text("ACK"));
  world.pass(600ms);
  EXPECT_EQ(world.times_of("486 Busy Here (INVITE)").size(), 2U) << "still repeated";
  EXPECT_EQ(world.acks.size(), 1U);
}

// RFC 3261 17.2.3, RFC 4475 3.2.1.
TEST(TransactionLayer, BranchesWithoutTheCookieSayNothing) {
  TransactionWorld world;
  for (const char* via : {"UDP 192.0.2.9", "UDP 192.0.2.9;branch=1", "UDP 192.0.2.9;branch=z9hG4bK"}) {
    TransactionWorld each;
    each.receive(kUdp, request_text("INVITE", via));
    each.receive(kUdp, request_text("INVITE", via));
    EXPECT_EQ(each.requests.size(), 1U) << via;
    each.receive(kUdp, request_text("INVITE", via, "2"));
    EXPECT_EQ(each.requests.size(), 2U) << via;
    each.requests[0]->respond(486);
    each.receive(kUdp, request_text("ACK", via, "1", each.requests[0]->to_tag()));
    EXPECT_TRUE(each.acks.empty()) << via;
    each.requests[1]->set_events(
        {.cancelled = [&] { each.requests[1]->respond(487); }, .unacknowledged = {}, .gone = {}});
    each.receive(kUdp, request_text("CANCEL", via, "2"));
    EXPECT_EQ(each.times_of("487 Request Terminated (INVITE)").size(), 1U) << via;
  }
}

TEST(TransactionLayer, AnswersOfNoRequestOfOursAreCounted) {
  TransactionWorld world;
  Message request = Message::request("OPTIONS", "sip:h");
  for (const char* name : {"From", "To"}) request.add(name, "<sip:a@h>;tag=1");
  request.add("Call-ID", "1");
  request.add("CSeq", "1 OPTIONS");
  int answers = 0;
  world.layer->request(kUdp, kUdp.remote, "h", std::move(request),
                       {.response = [&](const Message&) { ++answers; }, .failed = {}});
  const std::string answer = world.answer(200);
  world.receive(kTcp, answer);
  std::string other = answer;
  other.replace(other.find("1 OPTIONS"), 9, "1 INVITE");
  world.receive(kUdp, other);
  other = answer;
  other.insert(other.find("Via"), "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n");
  world.receive(kUdp, other);
  other = answer;
  other.insert(other.find("From"), "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n");
  world.receive(kUdp, other);
  EXPECT_EQ(answers, 0);
  EXPECT_EQ(world.layer->counters().stray_responses, 4U);
  world.receive(flow_of(TransportKind::kUdp, 1, "192.0.2.77:999"), answer);
  EXPECT_EQ(answers, 1) << "a datagram may come from elsewhere: the branch is unguessable";
}

TEST(TransactionLayer, BranchesAreNew) {
  TransactionWorld world;
  std::set<std::string> branches;
  for (int i = 0; i < 100; ++i) {
    Message request = Message::request("ACK", "sip:h");
    for (const char* name : {"From", "To"}) request.add(name, "<sip:a@h>;tag=1");
    request.add("Call-ID", "1");
    request.add("CSeq", "1 ACK");
    EXPECT_TRUE(world.layer->send_alone(kUdp, kUdp.remote, "192.0.2.1:5060", std::move(request)));
    const Message sent = test::message_of(world.sent.back().text);
    const auto via = Via::parse(sent.value("Via"));
    EXPECT_TRUE(via->branch().starts_with("z9hG4bK"));
    EXPECT_NE(find_parameter(via->parameters, "rport"), nullptr);
    branches.emplace(via->branch());
  }
  EXPECT_EQ(branches.size(), 100U);
  EXPECT_EQ(world.layer->clients(), 0U);
}

TEST(TransactionLayer, WhatIsNotAdmittedHasNoState) {
  TransactionWorld world;
  const auto via = [](int i) { return "UDP 192.0.2.9;branch=z9hG4bK" + std::to_string(i); };
  world.receive(kUdp, request_text("INVITE", via(1)));
  world.admission = Admission::kBusy;
  world.receive(kUdp, request_text("INVITE", via(2)));
  EXPECT_EQ(world.times_of("503 Service Unavailable (INVITE)").size(), 1U);
  EXPECT_FALSE(test::message_of(world.sent[0].text).value("Retry-After").empty());
  world.receive(kUdp, request_text("ACK", via(2)));
  world.receive(kUdp, request_text("CANCEL", via(2)));
  EXPECT_EQ(world.times_of("503 Service Unavailable (CANCEL)").size(), 1U);
  world.admission = Admission::kDropped;
  world.receive(kUdp, request_text("INVITE", via(3)));
  EXPECT_EQ(world.sent.size(), 2U);
  EXPECT_EQ(world.layer->servers(), 1U);
  world.receive(kUdp, request_text("INVITE", via(1)));
  EXPECT_EQ(world.layer->counters().retransmissions, 1U) << "what is served already may come again";
  world.receive(kUdp, request_text("CANCEL", via(1)));
  EXPECT_EQ(world.times_of("200 OK (CANCEL)").size(), 1U) << "and be taken back";
}

TEST(TransactionLayer, BeyondTheLimitNewCallsAreRefusedAndOldOnesServed) {
  TransactionWorld world(4);
  const auto via = [](int i) { return "UDP 192.0.2.9;branch=z9hG4bK" + std::to_string(i); };
  for (int i = 0; i < 6; ++i) world.receive(kUdp, request_text("INVITE", via(i)));
  EXPECT_EQ(world.requests.size(), 4U);
  EXPECT_EQ(world.times_of("503 Service Unavailable (INVITE)").size(), 2U);
  EXPECT_FALSE(test::message_of(world.sent[0].text).value("Retry-After").empty());
  EXPECT_EQ(world.layer->counters().overload, 2U);
  EXPECT_EQ(world.full, 2);
  world.receive(kUdp, request_text("ACK", via(5)));
  EXPECT_EQ(world.layer->servers(), 4U);
  world.receive(kUdp, request_text("BYE", via(10), "2", "up"));
  EXPECT_EQ(world.requests.size(), 5U) << "who talks may hang up";
  world.receive(kUdp, request_text("CANCEL", via(0)));
  EXPECT_EQ(world.times_of("200 OK (CANCEL)").size(), 1U);
  for (int i = 20; i < 30; ++i) world.receive(kUdp, request_text("BYE", via(i), "2", "up"));
  EXPECT_EQ(world.layer->servers(), 6U) << "that has a bound as well";
  world.requests[4]->respond(200);
  for (int i = 0; i < 4; ++i) world.requests[static_cast<std::size_t>(i)]->respond(486);
  world.pass(64 * 500ms);
  world.receive(kUdp, request_text("INVITE", via(40)));
  EXPECT_EQ(world.times_of("503 Service Unavailable (INVITE)").size(), 2U);
}

// Where answers go by datagram (RFC 3261 18.2.2, RFC 3581 4): never where a Via claims.
TEST(TransactionLayer, AnswersGoToWhereTheRequestCameFrom) {
  const Flow flow = flow_of(TransportKind::kUdp, 1, "192.0.2.9:40000");
  struct {
    const char* via;
    const char* to;
  } const cases[]{{"UDP 198.51.100.1:6000;branch=z9hG4bK1", "192.0.2.9:6000"},
                  {"UDP victim.example;branch=z9hG4bK1", "192.0.2.9:5060"},
                  {"UDP victim.example;maddr=198.51.100.1;branch=z9hG4bK1", "192.0.2.9:5060"},
                  {"UDP victim.example;received=198.51.100.1;branch=z9hG4bK1", "192.0.2.9:5060"},
                  {"UDP victim.example:6000;rport=40000;branch=z9hG4bK1", "192.0.2.9:40000"}};
  for (const auto& each : cases) {
    TransactionWorld world;
    world.receive(flow, request_text("OPTIONS", each.via));
    world.requests[0]->respond(200);
    EXPECT_EQ(world.sent[0].to.to_string(), each.to) << each.via;
  }
}

}  // namespace
}  // namespace sallyport::controlplane::sip
