// Client transactions in simulated time: RFC 3261 17.1 with RFC 6026.
#include <gtest/gtest.h>

#include "controlplane/signalling/sip/header_values.hpp"
#include "transaction_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using test::flow_of;
using test::Times;
using test::TransactionWorld;

const Flow kUdp = flow_of(TransportKind::kUdp, 1);
const Flow kTcp = flow_of(TransportKind::kTcp, 2);
constexpr auto kAll = 64 * 500ms;

/// A request of ours and what became of it.
struct Asked {
  std::shared_ptr<ClientTransaction> transaction;
  std::vector<int> answers;
  std::vector<ClientTransaction::Failure> failures;

  Asked(TransactionWorld& world, const Flow& flow, const char* method) {
    Message request = Message::request(method, "sip:bob@example.com");
    request.add("Max-Forwards", "70");
    request.add("Route", "<sip:proxy;lr>");
    request.add("From", "<sip:alice@example.com>;tag=a1");
    request.add("To", "<sip:bob@example.com>");
    request.add("Call-ID", "c1");
    request.add("CSeq", std::string("7 ") + method);
    transaction =
        world.layer->request(flow, flow.remote, "192.0.2.1:5060", std::move(request),
                             {.response = [this](const Message& answer) { answers.push_back(answer.status()); },
                              .failed = [this](ClientTransaction::Failure failure) { failures.push_back(failure); }});
  }
};

// Timers A and B.
TEST(ClientTransaction, AnInviteIsRepeatedByUdpUntilGivenUp) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.pass(kAll - 1ms);
  EXPECT_EQ(world.times_of("INVITE sip:bob@example.com"),
            (Times{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms}));
  for (const auto& each : world.sent) EXPECT_EQ(each.text, world.sent[0].text);
  EXPECT_TRUE(asked.failures.empty());
  world.pass(1ms);
  EXPECT_EQ(asked.failures, std::vector{ClientTransaction::Failure::kTimeout});
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
  EXPECT_EQ(world.layer->counters().timeouts, 1U);
}

// Timers E and F.
TEST(ClientTransaction, OtherRequestsAreRepeatedAtMostEvery4Seconds) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "BYE");
  world.pass(kAll - 1ms);
  EXPECT_EQ(world.times_of("BYE sip:bob@example.com"),
            (Times{0ms, 500ms, 1500ms, 3500ms, 7500ms, 11500ms, 15500ms, 19500ms, 23500ms, 27500ms, 31500ms}));
  world.pass(1ms);
  EXPECT_EQ(asked.failures.size(), 1U);
}

TEST(ClientTransaction, AProvisionalAnswerSlowsOtherRequestsAndDoesNotStopThem) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "OPTIONS");
  world.receive(kUdp, world.answer(100));
  world.pass(10s);
  EXPECT_EQ(world.times_of("OPTIONS sip:bob@example.com"), (Times{0ms, 500ms, 4500ms, 8500ms}));
  world.pass(22s);
  EXPECT_EQ(asked.failures.size(), 1U) << "timer F runs on";
}

TEST(ClientTransaction, NothingIsRepeatedOnAConnection) {
  TransactionWorld world;
  const Asked invite(world, kTcp, "INVITE");
  const Asked bye(world, kTcp, "BYE");
  world.pass(kAll);
  EXPECT_EQ(world.sent.size(), 2U);
  EXPECT_EQ(invite.failures.size() + bye.failures.size(), 2U);
}

TEST(ClientTransaction, ARingingInviteWaitsForAsLongAsItTakes) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.pass(600ms);
  world.receive(kUdp, world.answer(180));
  world.pass(3h);
  EXPECT_EQ(world.sent.size(), 2U);
  EXPECT_TRUE(asked.failures.empty());
  world.receive(kUdp, world.answer(183));
  EXPECT_EQ(asked.answers, (std::vector<int>{180, 183}));
}

// Timer D, and RFC 3261 17.1.1.3.
TEST(ClientTransaction, AFailureIsAcknowledgedAndItsCopiesToo) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.receive(kUdp, world.answer(486));
  ASSERT_EQ(world.sent.size(), 2U);
  const Message invite = test::message_of(world.sent[0].text);
  const Message ack = test::message_of(world.sent[1].text);
  EXPECT_EQ(ack.method(), "ACK");
  EXPECT_EQ(ack.all("Via"), invite.all("Via"));
  EXPECT_EQ(ack.value("CSeq"), "7 ACK");
  EXPECT_EQ(ack.value("To"), "<sip:bob@example.com>;tag=b1");
  EXPECT_EQ(ack.value("Route"), invite.value("Route"));
  EXPECT_EQ(ack.uri(), invite.uri());
  world.pass(31999ms);
  world.receive(kUdp, world.answer(486));
  EXPECT_EQ(world.sent.size(), 3U);
  EXPECT_EQ(asked.answers, std::vector<int>{486});
  world.pass(1ms);
  EXPECT_EQ(world.layer->clients(), 0U);
  world.receive(kUdp, world.answer(486));
  EXPECT_EQ(world.layer->counters().stray_responses, 1U);
}

TEST(ClientTransaction, AFailureOnAConnectionIsForgottenAtOnce) {
  TransactionWorld world;
  const Asked asked(world, kTcp, "INVITE");
  world.receive(kTcp, world.answer(404));
  world.pass(0ms);
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_EQ(world.sent.size(), 2U);
}

// RFC 6026's timer M: further 2xx are other forks' and each is to be acknowledged by who asked.
TEST(ClientTransaction, EverySuccessIsTold) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.receive(kUdp, world.answer(200, "b1"));
  world.receive(kUdp, world.answer(200, "b2"));
  world.receive(kUdp, world.answer(486, "b3"));
  world.receive(kUdp, world.answer(180, "b4"));
  world.pass(kAll - 1ms);
  world.receive(kUdp, world.answer(200, "b1"));
  EXPECT_EQ(asked.answers, (std::vector<int>{200, 200, 200}));
  EXPECT_EQ(world.sent.size(), 1U);
  world.pass(1ms);
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

// Timer K.
TEST(ClientTransaction, AnAnswerEndsOtherRequestsAndItsCopiesAreAbsorbed) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "BYE");
  world.receive(kUdp, world.answer(200));
  world.pass(4999ms);
  world.receive(kUdp, world.answer(200));
  EXPECT_EQ(asked.answers, std::vector<int>{200});
  EXPECT_EQ(world.sent.size(), 1U);
  EXPECT_EQ(world.layer->clients(), 1U);
  world.pass(1ms);
  EXPECT_EQ(world.layer->clients(), 0U);
}

// RFC 3261 9.1.
TEST(ClientTransaction, CancelWaitsForAProvisionalAnswer) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  asked.transaction->cancel();
  asked.transaction->cancel();
  world.pass(100ms);
  EXPECT_EQ(world.sent.size(), 1U);
  world.receive(kUdp, world.answer(100));
  ASSERT_EQ(world.sent.size(), 2U);
  const Message invite = test::message_of(world.sent[0].text);
  const Message cancel = test::message_of(world.sent[1].text);
  EXPECT_EQ(cancel.method(), "CANCEL");
  EXPECT_EQ(cancel.all("Via"), invite.all("Via"));
  EXPECT_EQ(cancel.value("CSeq"), "7 CANCEL");
  EXPECT_EQ(cancel.value("To"), invite.value("To"));
  EXPECT_EQ(cancel.value("Route"), invite.value("Route"));
  world.receive(kUdp, world.answer(200, "b1", 1));
  EXPECT_EQ(asked.answers, std::vector<int>{100}) << "the CANCEL's answer is not the INVITE's";
  world.receive(kUdp, world.answer(487));
  EXPECT_EQ(asked.answers, (std::vector<int>{100, 487}));
  EXPECT_EQ(world.times_of("ACK sip:bob@example.com").size(), 1U);
  world.pass(kAll);
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_TRUE(asked.failures.empty());
}

TEST(ClientTransaction, CancelBehindAProvisionalAnswerGoesAtOnceAndIsRepeated) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.receive(kUdp, world.answer(180));
  asked.transaction->cancel();
  world.pass(2s);
  EXPECT_EQ(world.times_of("CANCEL sip:bob@example.com"), (Times{0ms, 500ms, 1500ms}));
  world.pass(kAll);
  EXPECT_EQ(asked.failures, std::vector{ClientTransaction::Failure::kTimeout})
      << "a peer that answers neither is given up";
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

TEST(ClientTransaction, CancelBehindTheFinalAnswerDoesNothing) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  world.receive(kUdp, world.answer(200));
  asked.transaction->cancel();
  const Asked options(world, kUdp, "OPTIONS");
  options.transaction->cancel();
  EXPECT_EQ(world.sent.size(), 2U);
}

TEST(ClientTransaction, AClosedConnectionFailsWhatWaits) {
  TransactionWorld world;
  const Asked waiting(world, kTcp, "INVITE");
  const Asked answered(world, kTcp, "BYE");
  world.receive(kTcp, world.answer(200, "b", 1));
  world.layer->closed(kTcp.id);
  EXPECT_EQ(waiting.failures, std::vector{ClientTransaction::Failure::kTransport});
  EXPECT_TRUE(answered.failures.empty());
  EXPECT_EQ(world.layer->clients(), 0U);
  EXPECT_EQ(world.timers.size(), 0U);
}

TEST(ClientTransaction, AFlowThatIsGoneIsToldLater) {
  TransactionWorld world;
  world.up = false;
  const Asked asked(world, kTcp, "INVITE");
  EXPECT_TRUE(asked.failures.empty()) << "not before who asked has the transaction in hand";
  world.pass(0ms);
  EXPECT_EQ(asked.failures, std::vector{ClientTransaction::Failure::kTransport});
}

TEST(ClientTransaction, ADetachedOneStillAcknowledges) {
  TransactionWorld world;
  const Asked asked(world, kUdp, "INVITE");
  asked.transaction->set_events({});
  world.receive(kUdp, world.answer(486));
  EXPECT_TRUE(asked.answers.empty());
  EXPECT_EQ(world.times_of("ACK sip:bob@example.com").size(), 1U);
}

TEST(ClientTransaction, MayBeDetachedFromWithinItsAnswer) {
  TransactionWorld world;
  std::shared_ptr<ClientTransaction> transaction;
  std::string kept(100, 'x');
  Message request = Message::request("OPTIONS", "sip:h");
  for (const char* name : {"From", "To"}) request.add(name, "<sip:a@h>;tag=1");
  request.add("Call-ID", "1");
  request.add("CSeq", "1 OPTIONS");
  std::string seen;
  transaction = world.layer->request(kUdp, kUdp.remote, "h", std::move(request),
                                     {.response =
                                          [&, kept](const Message&) {
                                            transaction->set_events({});
                                            seen = kept;
                                          },
                                      .failed = {}});
  world.receive(kUdp, world.answer(200));
  EXPECT_EQ(seen, kept);
}

TEST(ClientTransaction, TheLayerMayGoWhileTimersArePending) {
  TransactionWorld world;
  const Asked waiting(world, kUdp, "INVITE");
  const Asked ringing(world, kUdp, "INVITE");
  world.receive(kUdp, world.answer(180, "b", 1));
  ringing.transaction->cancel();
  world.layer.reset();
  EXPECT_EQ(world.timers.size(), 0U);
  world.pass(kAll);
  EXPECT_TRUE(waiting.failures.empty());
}

}  // namespace
}  // namespace sallyport::controlplane::sip
