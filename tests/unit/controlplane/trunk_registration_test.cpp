// The gateway's registration at a provider, against a registrar that challenges, over loopback sockets.
#include "controlplane/session/trunk_registration.hpp"

#include <gtest/gtest.h>

#include "controlplane/security/digest_challenger.hpp"
#include "controlplane/session/trunks.hpp"
#include "trunk_world.hpp"

namespace sallyport::controlplane {
namespace {

using namespace std::chrono_literals;
using sip::Message;
using sip::TransportKind;
using test::always;
using test::TrunkWorld;
using State = TrunkRegistration::State;

constexpr RegistrationTimes kQuick{.retry = 10ms, .most = 100ms, .patience = 500ms};

/// A provider that lets "gw" register with "secret".
struct Provider : TrunkWorld {
  Provider() {
    at = listen(TransportKind::kUdp);
    answer = [this](const Message& request) { return registrar(request); };
  }

  std::optional<Message> registrar(const Message& request) {
    if (request.method() != "REGISTER") return always(200)(request);
    std::vector<std::string> proofs;
    for (const std::string_view proof : request.all("Authorization")) proofs.emplace_back(proof);
    const auto secret_of = [](std::string_view user, DigestAlgorithm algorithm) {
      return user == "gw" ? std::optional(make_ha1(algorithm, user, "provider.test", "secret")) : std::nullopt;
    };
    const auto now = std::chrono::steady_clock::now();
    const DigestVerdict verdict = challenger.check(proofs, request.method(), validity, secret_of, now).verdict;
    if (verdict != DigestVerdict::kAccepted) {
      Message challenge = Message::reply(request, 401, "peer");
      for (std::string& value : challenger.challenges(now, is_stale(verdict))) {
        challenge.add("WWW-Authenticate", std::move(value));
      }
      return challenge;
    }
    accepted.push_back(request);
    Message reply = Message::reply(request, 200, "peer");
    reply.add("Contact", "<sip:other@192.0.2.1>;expires=1");
    if (request.value("Expires") != "0")
      reply.add("Contact", std::string(request.value("Contact")) + ";expires=" + life);
    return reply;
  }

  TrunkRegistration registration(std::string password = "secret", std::vector<TrunkTarget> targets = {}) {
    if (targets.empty()) targets.push_back({TransportKind::kUdp, at});
    return TrunkRegistration(agent, {"trunk", "gw", SecretString(password), "provider.test", 3600s},
                             {[targets] { return targets; },
                              [](const TrunkTarget& target) {
                                return sip::Destination{target.kind, target.remote, {}, nullptr};
                              }},
                             kQuick);
  }
  std::size_t registers() const {
    return static_cast<std::size_t>(std::count_if(
        messages.begin(), messages.end(), [](const Message& message) { return message.method() == "REGISTER"; }));
  }

  Endpoint at;
  DigestChallenger challenger{{.realm = "provider.test"}};
  std::chrono::seconds validity{60};
  std::string life = "1";  ///< that is granted, in seconds
  std::vector<Message> accepted;
};

TEST(TrunkRegistration, IsMadeWithDigestAndAgainBeforeItEnds) {
  Provider provider;
  TrunkRegistration registration = provider.registration();
  registration.start();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(provider.serve([&] { return provider.accepted.size() == 3; }));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_EQ(registration.seen().state, State::kRegistered);
  EXPECT_EQ(registration.seen().answer, "200 OK");
  // One challenge: later requests go on with its nonce.
  EXPECT_EQ(provider.registers(), 4U);
  const Message& first = provider.accepted[0];
  EXPECT_EQ(first.uri(), "sip:provider.test");
  EXPECT_EQ(first.value("To"), "<sip:gw@provider.test>");
  EXPECT_EQ(first.value("Expires"), "3600");
  EXPECT_TRUE(first.value("Contact").starts_with("<sip:gw@127.0.0.1:")) << first.value("Contact");
  EXPECT_EQ(first.value("CSeq"), "2 REGISTER");
  EXPECT_EQ(provider.accepted[1].value("CSeq"), "3 REGISTER");
  EXPECT_EQ(provider.accepted[1].value("Call-ID"), first.value("Call-ID"));
}

TEST(TrunkRegistration, AsksForLongerWhereItIsTold) {
  Provider provider;
  provider.answer = [&](const Message& request) {
    if (request.value("Expires") == "7200") return provider.registrar(request);
    Message brief = Message::reply(request, 423, "peer");
    brief.add("Min-Expires", "7200");
    return std::optional(brief);
  };
  provider.life = "7200";
  TrunkRegistration registration = provider.registration();
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kRegistered; }));
  EXPECT_GT(*registration.seen().until, provider.agent.timers().now() + 7000s);
}

TEST(TrunkRegistration, AWrongPasswordIsSaidAndTriedAgainLater) {
  Provider provider;
  TrunkRegistration registration = provider.registration("guess");
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return provider.registers() >= 6; }));
  EXPECT_EQ(registration.seen().state, State::kFailed);
  EXPECT_EQ(registration.seen().answer, "401 Unauthorized, user or password refused");
  EXPECT_FALSE(registration.seen().until.has_value());
  EXPECT_TRUE(provider.accepted.empty());
}

TEST(TrunkRegistration, GoesToTheNextTarget) {
  Provider provider;
  Endpoint nobody;
  {
    TrunkWorld other;
    nobody = other.listen(TransportKind::kTcp);
  }
  provider.life = "600";
  TrunkRegistration registration =
      provider.registration("secret", {{TransportKind::kTcp, nobody}, {TransportKind::kUdp, provider.at}});
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kRegistered; }));
  EXPECT_EQ(registration.seen().target->remote, provider.at);
}

TEST(TrunkRegistration, DoesNotGoBackToTheOneThatHasFailedWhereTheOrderChanges) {
  Provider provider;
  Endpoint nobody;
  {
    TrunkWorld other;
    nobody = other.listen(TransportKind::kTcp);
  }
  provider.life = "600";
  const TrunkTarget good{TransportKind::kUdp, provider.at};
  const TrunkTarget bad{TransportKind::kTcp, nobody};
  int asked = 0;
  TrunkRegistration registration(provider.agent, {"trunk", "gw", SecretString("secret"), "provider.test", 3600s},
                                 {[&] {
                                    return ++asked == 1 ? std::vector{bad, good} : std::vector{good, bad};
                                  },
                                  [](const TrunkTarget& target) {
                                    return sip::Destination{target.kind, target.remote, {}, nullptr};
                                  }},
                                 kQuick);
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kRegistered; }));
  EXPECT_EQ(asked, 2);
}

TEST(TrunkRegistration, IsTakenBackAlsoWithAnOldNonce) {
  Provider provider;
  provider.life = "600";
  TrunkRegistration registration = provider.registration();
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kRegistered; }));
  provider.challenger = DigestChallenger({.realm = "provider.test"});
  bool left = false;
  registration.leave([&] { left = true; });
  EXPECT_FALSE(left);
  ASSERT_TRUE(provider.serve([&] { return left; }));
  ASSERT_EQ(provider.accepted.size(), 2U);
  EXPECT_EQ(provider.accepted[1].value("Expires"), "0");
  EXPECT_EQ(provider.accepted[1].value("Contact"), provider.accepted[0].value("Contact"));
}

TEST(TrunkRegistration, OneThatNeverWasIsNotTakenBack) {
  Provider provider;
  provider.answer = always(403);
  TrunkRegistration registration = provider.registration();
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kFailed; }));
  bool left = false;
  registration.leave([&] { left = true; });
  ASSERT_TRUE(provider.serve([&] { return left; }));
  for (const Message& message : provider.messages) EXPECT_EQ(message.value("Expires"), "3600");
}

TEST(TrunkRegistration, FollowsItsConnection) {
  Provider provider;
  provider.life = "600";
  const Endpoint tcp = provider.listen(TransportKind::kTcp);
  TrunkRegistration registration = provider.registration("secret", {{TransportKind::kTcp, tcp}});
  provider.lost = [&](const sip::Flow& flow) { registration.flow_closed(flow); };
  registration.start();
  ASSERT_TRUE(provider.serve([&] { return provider.accepted.size() == 1; }));
  ASSERT_TRUE(provider.serve([&] { return registration.seen().state == State::kRegistered; }));
  provider.transport->close(provider.flows.back().id, "the test ends it");
  EXPECT_TRUE(provider.serve([&] { return provider.accepted.size() == 2; }));
}

/// All of it by configuration.
struct Site : Provider {
  Site() {
    life = "600";
    TrunkConfig trunk;
    trunk.name = "provider";
    trunk.username = "gw";
    trunk.password = SecretString("secret");
    trunk.domain = "provider.test";
    trunk.registers = true;
    trunk.keep_alive = 0s;
    trunk.targets = {{TransportKind::kUdp, at}};
    config.trunks.push_back(trunk);
  }
  std::shared_ptr<const SipConfig> shared() const { return std::make_shared<SipConfig>(config); }
  std::vector<std::string> expiries() const {
    std::vector<std::string> all;
    for (const Message& message : accepted) all.emplace_back(message.value("Expires"));
    return all;
  }

  SipConfig config;
};

TEST(TrunkRegistrations, FollowTheConfiguration) {
  Site site;
  Trunks trunks(
      site.agent, site.names, [] { return nullptr; }, site.shared());
  const auto state = [&] { return trunks.list().at(0).at("registration").value("state", ""); };
  ASSERT_TRUE(site.serve([&] { return state() == "registered"; }));
  EXPECT_EQ(trunks.list().at(0).at("registration").at("target"), "udp:" + site.at.to_string());
  trunks.set_config(site.shared());  // the same
  EXPECT_EQ(state(), "registered");
  site.config.trunks[0].expires = 1800s;
  trunks.set_config(site.shared());
  EXPECT_EQ(state(), "trying");
  ASSERT_TRUE(site.serve([&] { return state() == "registered"; }));
  // What was is taken back first: the provider knows both by one contact.
  EXPECT_EQ(site.expiries(), (std::vector<std::string>{"3600", "0", "1800"}));
  site.config.trunks[0].registers = false;
  trunks.set_config(site.shared());
  EXPECT_TRUE(trunks.list().at(0).at("registration").is_null());
  EXPECT_TRUE(site.serve([&] { return site.expiries().back() == "0"; }));
}

TEST(TrunkRegistrations, AreTakenBackAtTheEnd) {
  Site site;
  Trunks trunks(
      site.agent, site.names, [] { return nullptr; }, site.shared());
  ASSERT_TRUE(site.serve([&] { return site.accepted.size() == 1; }));
  ASSERT_TRUE(site.serve([&] { return trunks.list().at(0).at("registration").at("state") == "registered"; }));
  bool left = false;
  trunks.leave([&] { left = true; });
  ASSERT_TRUE(site.serve([&] { return left; }));
  EXPECT_EQ(site.expiries(), (std::vector<std::string>{"3600", "0"}));
}

TEST(TrunkRegistrations, TheEndDoesNotWaitForASilentProvider) {
  Site site;
  Trunks trunks(
      site.agent, site.names, [] { return nullptr; }, site.shared());
  ASSERT_TRUE(site.serve([&] { return trunks.list().at(0).at("registration").at("state") == "registered"; }));
  site.answer = [](const Message&) { return std::optional<Message>(); };
  bool left = false;
  trunks.leave([&] { left = true; });
  EXPECT_TRUE(site.serve([&] { return left; }));
}

}  // namespace
}  // namespace sallyport::controlplane
