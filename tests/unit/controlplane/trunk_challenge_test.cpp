// A trunk that has to prove its password (S6), one that has not, and applications that prove theirs on a trunk (S7).
#include <gtest/gtest.h>

#include "controlplane/session/digest_reply.hpp"
#include "controlplane/session/directory.hpp"
#include "trunk_world.hpp"

namespace sallyport::controlplane {
namespace {

using sip::Message;
using sip::TransportKind;
using test::TrunkWorld;

/// The peer is a trunk that calls; whoever is let in is answered 486.
struct Caller : TrunkWorld {
  explicit Caller(bool challenges, std::vector<UserConfig> users = {}) {
    TrunkConfig trunk;
    trunk.name = "carrier";
    trunk.username = "us";
    trunk.password = SecretString("secret");
    trunk.challenges = challenges;
    trunk.targets = {{TransportKind::kUdp, listen(TransportKind::kUdp)}};
    config.trunks.push_back(trunk);
    config.users = std::move(users);
    auto shared = std::make_shared<SipConfig>(config);
    directory = std::make_unique<Directory>(agent, names, shared);
    asked = [this](const std::shared_ptr<sip::ServerTransaction>& transaction) {
      Sender sender = directory->sender(transaction->request(), transaction->flow());
      ASSERT_FALSE(sender.refused) << sender.refused->why;
      if (!directory->authenticated(transaction, sender.party)) return;
      user = sender.party.user == nullptr ? "" : sender.party.user->name;
      transaction->respond(486);
    };
    agent.reach({TransportKind::kUdp, trunk.targets[0].remote, {}, nullptr},
                [this](const sip::Flow* flow, const std::string&) { gateway = flow->local; });
  }

  Message invite(int cseq) const {
    Message message = Message::request("INVITE", "sip:100@gw.test");
    message.add("Via", "SIP/2.0/UDP peer.test;rport;branch=z9hG4bK" + std::to_string(cseq));
    message.add("Max-Forwards", "70");
    message.add("From", "<sip:200@peer.test>;tag=a");
    message.add("To", "<sip:100@gw.test>");
    message.add("Call-ID", "call");
    message.add("CSeq", std::to_string(cseq) + " INVITE");
    return message;
  }
  /// The final answer.
  Message call(const Message& request) {
    messages.clear();
    const auto flow = transport->datagram_flow(config.trunks[0].targets[0].remote, gateway);
    transport->send(*flow, gateway, request.to_text());
    EXPECT_TRUE(until([&] { return !messages.empty() && messages.back().status() >= 200; }));
    return messages.back();
  }

  SipConfig config;
  std::unique_ptr<Directory> directory;
  std::string user;  ///< that was let in
  Endpoint gateway;
};

TEST(TrunkChallenge, ItsPasswordIsAskedForWhereTheConfigurationSaysSo) {
  Caller caller(true);
  const Message challenge = caller.call(caller.invite(1));
  ASSERT_EQ(challenge.status(), 401);
  EXPECT_EQ(challenge.all("WWW-Authenticate").size(), 2U);  // SHA-256 and MD5
  for (const auto& [password, status] : {std::pair{"guess", 401}, std::pair{"secret", 486}}) {
    PartyConfig us = caller.config.trunks[0];
    us.password = SecretString(password);
    DigestClient client = digest_client_of(us);
    DigestAttempts attempts;
    Message again = caller.invite(status);
    ASSERT_EQ(answer_challenge(client, attempts, challenge, again), DigestOutcome::kAnswerable);
    EXPECT_EQ(caller.call(again).status(), status) << password;
  }
}

TEST(TrunkChallenge, AnApplicationProvesItsOwn) {
  std::vector<UserConfig> users;
  users.push_back({"board", SecretString("chalk"), {}});
  users.push_back({"desk", SecretString("lamp"), {}});
  Caller caller(true, std::move(users));
  struct Row {
    const char* name;
    const char* password;
    int status;
    const char* user;
  };
  int cseq = 0;
  for (const Row& row :
       {Row{"board", "chalk", 486, "board"}, Row{"desk", "lamp", 486, "desk"}, Row{"us", "secret", 486, ""},
        Row{"board", "lamp", 401, ""}, Row{"us", "chalk", 401, ""}, Row{"nobody", "chalk", 401, ""}}) {
    const Message challenge = caller.call(caller.invite(++cseq));
    ASSERT_EQ(challenge.status(), 401);
    PartyConfig who;
    who.username = row.name;
    who.password = SecretString(row.password);
    DigestClient client = digest_client_of(who);
    DigestAttempts attempts;
    Message again = caller.invite(++cseq);
    ASSERT_EQ(answer_challenge(client, attempts, challenge, again), DigestOutcome::kAnswerable);
    caller.user.clear();
    EXPECT_EQ(caller.call(again).status(), row.status) << row.name;
    EXPECT_EQ(caller.user, row.user);
  }
}

TEST(TrunkChallenge, ItIsNotAskedForOtherwise) {
  Caller caller(false);
  EXPECT_EQ(caller.call(caller.invite(1)).status(), 486);
}

}  // namespace
}  // namespace sallyport::controlplane
