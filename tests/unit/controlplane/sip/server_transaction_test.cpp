// Server transactions in simulated time: RFC 3261 17.2 with RFC 6026.
#include <gtest/gtest.h>

#include "transaction_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using test::flow_of;
using test::request_text;
using test::Times;
using test::TransactionWorld;

const Flow kUdp = flow_of(TransportKind::kUdp, 1);
const Flow kTls = flow_of(TransportKind::kTls, 2);
constexpr auto kAll = 64 * 500ms;

/// The ACK of an answer that is no 2xx: in the INVITE's transaction.
std::string ack_text(std::string_view to_tag) {
  return request_text("ACK", "UDP 192.0.2.9;branch=z9hG4bKone", "1", to_tag);
}

std::string tls_text(std::string_view method, std::string_view branch = "one", std::string_view to_tag = {}) {
  return request_text(method, "TLS 192.0.2.9;branch=z9hG4bK" + std::string(branch), "1", to_tag);
}

TEST(ServerTransaction, AnInviteIsTryingAfter200Ms) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  ASSERT_EQ(world.requests.size(), 1U);
  world.pass(199ms);
  EXPECT_TRUE(world.sent.empty());
  world.pass(10s);
  EXPECT_EQ(world.summaries(), std::vector<std::string>{"100 Trying (INVITE)"});
}

TEST(ServerTransaction, AnAnswerInTimeNeedsNoTrying) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  world.requests[0]->respond(180);
  world.receive(kUdp, request_text("INVITE"));
  world.pass(10s);
  EXPECT_EQ(world.times_of("180 Ringing (INVITE)").size(), 2U) << "the copy of the request gets the latest answer";
  EXPECT_EQ(world.sent.size(), 2U);
  EXPECT_EQ(world.requests.size(), 1U);
  EXPECT_EQ(world.layer->counters().retransmissions, 1U);
}

// Timers G and H.
TEST(ServerTransaction, AFailureIsRepeatedByUdpUntilGivenUp) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  bool unacknowledged = false;
  world.requests[0]->set_events({.cancelled = {}, .unacknowledged = [&] { unacknowledged = true; }, .gone = {}});
  world.requests[0]->respond(486);
  world.pass(kAll - 1ms);
  EXPECT_EQ(world.times_of("486 Busy Here (INVITE)"),
            (Times{0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms}));
  EXPECT_EQ(world.layer->servers(), 1U);
  world.pass(1ms);
  EXPECT_TRUE(unacknowledged);
  EXPECT_EQ(world.layer->servers(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

// Timer I.
TEST(ServerTransaction, AnAckEndsTheRepetitionAndIsAbsorbed) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  world.requests[0]->respond(486);
  world.pass(600ms);
  world.receive(kUdp, ack_text(world.requests[0]->to_tag()));
  world.pass(4999ms);
  world.receive(kUdp, ack_text(world.requests[0]->to_tag()));
  world.receive(kUdp, request_text("INVITE"));
  EXPECT_EQ(world.sent.size(), 2U) << "no answer to a copy behind the ACK";
  EXPECT_TRUE(world.acks.empty());
  EXPECT_EQ(world.layer->servers(), 1U);
  world.pass(1ms);
  EXPECT_EQ(world.layer->servers(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

TEST(ServerTransaction, AFailureIsSentOnceOnAConnection) {
  TransactionWorld world;
  world.receive(kTls, tls_text("INVITE"));
  world.requests[0]->respond(486);
  world.pass(10s);
  EXPECT_EQ(world.sent.size(), 1U);
  world.receive(kTls, tls_text("ACK", "one", world.requests[0]->to_tag()));
  world.pass(0ms);
  EXPECT_EQ(world.layer->servers(), 0U);
}

// RFC 3261 13.3.1.4: on every transport; RFC 6026's timer L.
TEST(ServerTransaction, ASuccessIsRepeatedUntilAcknowledged) {
  for (const Flow& flow : {kUdp, kTls}) {
    TransactionWorld world;
    world.receive(flow, flow.reliable() ? tls_text("INVITE") : request_text("INVITE"));
    world.requests[0]->respond(200);
    world.pass(4s);
    EXPECT_EQ(world.times_of("200 OK (INVITE)"), (Times{0ms, 500ms, 1500ms, 3500ms}));
    world.receive(flow, flow.reliable() ? tls_text("ACK", "ack", "x") : request_text("ACK", "UDP h;branch=z9hG4bKack"));
    ASSERT_EQ(world.acks.size(), 1U) << "that of a 2xx is the user's";
    world.requests[0]->acknowledged();
    world.requests[0]->acknowledged();
    world.pass(20s);
    EXPECT_EQ(world.sent.size(), 4U);
    world.pass(40s);
    world.requests[0]->acknowledged();
    world.requests.clear();
    world.pass(1s);
    EXPECT_EQ(world.layer->servers(), 0U);
    EXPECT_EQ(world.timers.size(), 0U);
  }
}

TEST(ServerTransaction, CopiesOfAnAnsweredInviteAreAbsorbed) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  world.requests[0]->respond(200);
  world.receive(kUdp, request_text("INVITE"));
  EXPECT_EQ(world.sent.size(), 1U) << "the 200 goes out by itself (RFC 6026 7.1)";
  world.requests[0]->acknowledged();
  world.pass(31s);
  world.receive(kUdp, request_text("INVITE"));
  EXPECT_EQ(world.requests.size(), 1U);
}

TEST(ServerTransaction, ASuccessThatNobodyAcknowledgesIsTold) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  int told = 0;
  world.requests[0]->set_events({.cancelled = {}, .unacknowledged = [&] { ++told; }, .gone = {}});
  world.requests[0]->respond(200);
  world.pass(kAll);
  EXPECT_EQ(told, 1);
  world.pass(kAll);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(world.layer->servers(), 0U);
}

TEST(ServerTransaction, NothingFollowsAFinalAnswer) {
  TransactionWorld world;
  world.receive(kUdp, request_text("OPTIONS"));
  world.requests[0]->respond(200);
  world.requests[0]->respond(500);
  world.requests[0]->respond(180);
  EXPECT_EQ(world.summaries(), std::vector<std::string>{"200 OK (OPTIONS)"});
}

// Timer J.
TEST(ServerTransaction, OtherRequestsAreRememberedForTheirCopies) {
  TransactionWorld world;
  world.receive(kUdp, request_text("BYE"));
  world.receive(kUdp, request_text("BYE"));
  EXPECT_TRUE(world.sent.empty()) << "no answer yet, nothing to repeat";
  world.requests[0]->respond(200);
  world.pass(kAll - 1ms);
  world.receive(kUdp, request_text("BYE"));
  EXPECT_EQ(world.sent.size(), 2U);
  EXPECT_EQ(world.requests.size(), 1U);
  world.pass(1ms);
  EXPECT_EQ(world.layer->servers(), 0U);
  world.receive(kTls, tls_text("BYE"));
  world.requests[1]->respond(200);
  world.pass(0ms);
  EXPECT_EQ(world.layer->servers(), 0U) << "a connection makes no copies";
}

// RFC 3261 9.2.
TEST(ServerTransaction, CancelBeforeAnAnswer) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  int cancelled = 0;
  world.requests[0]->set_events({.cancelled =
                                     [&] {
                                       ++cancelled;
                                       // Replacing what is being called must not pull it away from under itself.
                                       world.requests[0]->set_events({});
                                       ++cancelled;
                                       world.requests[0]->respond(487);
                                     },
                                 .unacknowledged = {},
                                 .gone = {}});
  world.receive(kUdp, request_text("CANCEL"));
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(world.summaries(), (std::vector<std::string>{"200 OK (CANCEL)", "487 Request Terminated (INVITE)"}));
  const Message answer = test::message_of(world.sent[0].text);
  EXPECT_TRUE(answer.value("To").ends_with(";tag=" + world.requests[0]->to_tag()));
  world.receive(kUdp, request_text("CANCEL"));
  EXPECT_EQ(world.times_of("200 OK (CANCEL)").size(), 2U) << "a copy";
  EXPECT_EQ(world.requests.size(), 1U) << "a CANCEL is nobody else's";
}

TEST(ServerTransaction, CancelBehindAnAnswerChangesNothing) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  world.requests[0]->set_events({.cancelled = [] { FAIL(); }, .unacknowledged = {}, .gone = {}});
  world.requests[0]->respond(200);
  world.receive(kUdp, request_text("CANCEL"));
  EXPECT_EQ(world.times_of("200 OK (CANCEL)").size(), 1U);
}

TEST(ServerTransaction, CancelOfNothing) {
  TransactionWorld world;
  world.receive(kUdp, request_text("CANCEL"));
  EXPECT_EQ(world.summaries(), std::vector<std::string>{"481 Call/Transaction Does Not Exist (CANCEL)"});
  EXPECT_EQ(world.layer->counters().stray_cancels, 1U);
}

TEST(ServerTransaction, AClosedConnectionEndsWhatWasAnswered) {
  TransactionWorld world;
  world.receive(kTls, tls_text("INVITE", "1"));
  world.receive(kTls, tls_text("INVITE", "2"));
  world.receive(kTls, tls_text("BYE", "3"));
  int told = 0;
  for (const auto& each : world.requests)
    each->set_events({.cancelled = {}, .unacknowledged = [&] { ++told; }, .gone = {}});
  world.requests[0]->respond(200);
  world.requests[2]->respond(200);
  world.layer->closed(kUdp.id);
  EXPECT_EQ(world.layer->servers(), 3U);
  world.up = false;
  world.layer->closed(kTls.id);
  EXPECT_EQ(told, 1) << "no ACK of the 200 will come";
  EXPECT_EQ(world.layer->servers(), 1U) << "the one that is not answered yet";
  world.requests[0]->acknowledged();
  world.requests[1]->respond(486);
  world.requests.clear();
  world.pass(kAll);
  EXPECT_EQ(world.layer->servers(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

TEST(ServerTransaction, TheLayerMayGoWhileTimersArePending) {
  TransactionWorld world;
  world.receive(kUdp, request_text("INVITE"));
  world.receive(kUdp, request_text("INVITE", "UDP h;branch=z9hG4bK2"));
  world.receive(kUdp, request_text("BYE", "UDP h;branch=z9hG4bK3"));
  world.requests[1]->respond(200);
  world.requests[2]->respond(200);
  world.layer.reset();
  EXPECT_EQ(world.timers.size(), 0U);
  world.pass(kAll);
}

}  // namespace
}  // namespace sallyport::controlplane::sip
