// Trunks as calls and administrators see them: which target is tried first, what is shown, what a reload keeps.
#include "controlplane/session/trunks.hpp"

#include <gtest/gtest.h>

#include "controlplane/session/trunk_target.hpp"
#include "trunk_world.hpp"

namespace sallyport::controlplane {
namespace {

using sip::TransportKind;
using test::always;
using test::TrunkWorld;

/// A trunk of two targets: the first one refuses, 503, the second answers.
struct TwoTargets : TrunkWorld {
  TwoTargets() {
    config.realm = "gw.test";
    TrunkConfig trunk;
    trunk.name = "berlin";
    trunk.targets = {{TransportKind::kUdp, listen(TransportKind::kUdp)},
                     {TransportKind::kTcp, listen(TransportKind::kTcp)}};
    config.trunks.push_back(trunk);
    answer = [first = "sip:" + trunk.targets[0].remote.to_string()](const sip::Message& request) {
      return always(request.uri() == first ? 503 : 200)(request);
    };
  }
  std::shared_ptr<const SipConfig> shared() const { return std::make_shared<SipConfig>(config); }
  const TrunkConfig& trunk() const { return config.trunks[0]; }
  static nlohmann::json targets(const Trunks& trunks) { return trunks.list().at(0).at("targets"); }

  SipConfig config;
};

TEST(Trunks, ATargetThatIsDownIsTriedLast) {
  TwoTargets world;
  Trunks trunks(
      world.agent, world.names, [] { return nullptr; }, world.shared());
  EXPECT_EQ(trunks.targets(world.trunk()), world.trunk().targets);
  ASSERT_TRUE(world.serve(
      [&] { return world.targets(trunks)[0]["state"] == "down" && world.targets(trunks)[1]["state"] == "up"; }));
  const std::vector<TrunkTarget> reversed{world.trunk().targets[1], world.trunk().targets[0]};
  EXPECT_EQ(trunks.targets(world.trunk()), reversed);
  EXPECT_EQ(world.targets(trunks)[0]["answer"], "503 Service Unavailable");
  EXPECT_EQ(world.targets(trunks)[1]["transport"], "TCP");
  EXPECT_EQ(trunks.summary(), nlohmann::json::parse(R"([{"trunk": "berlin", "targets": 2, "down": 1}])"));
}

TEST(Trunks, AReloadKeepsWhatIsKnownOfWhatStays) {
  TwoTargets world;
  Trunks trunks(
      world.agent, world.names, [] { return nullptr; }, world.shared());
  ASSERT_TRUE(world.serve([&] { return world.targets(trunks)[1]["state"] == "up"; }));
  world.config.trunks[0].targets.erase(world.config.trunks[0].targets.begin());
  world.config.trunks[0].targets.push_back({TransportKind::kUdp, world.listen(TransportKind::kUdp)});
  trunks.set_config(world.shared());
  EXPECT_EQ(world.targets(trunks)[0]["state"], "up");
  EXPECT_EQ(world.targets(trunks)[1]["state"], "unknown");
  world.config.trunks.clear();
  trunks.set_config(world.shared());
  EXPECT_TRUE(trunks.list().empty());
}

TEST(Trunks, OneThatIsNotWatchedIsNotAsked) {
  TwoTargets world;
  world.config.trunks[0].keep_alive = std::chrono::seconds(0);
  Trunks trunks(
      world.agent, world.names, [] { return nullptr; }, world.shared());
  trunks.doubt(world.trunk(), world.trunk().targets[0]);
  world.serve([start = std::chrono::steady_clock::now()] {
    return std::chrono::steady_clock::now() > start + std::chrono::milliseconds(200);
  });
  EXPECT_TRUE(world.messages.empty());
  EXPECT_EQ(world.targets(trunks)[0]["state"], "not watched");
}

TEST(TrunkTarget, IsNamedAndAddressed) {
  const Endpoint at = Endpoint::parse("192.0.2.9:5061").value();
  const TrunkTarget tls{TransportKind::kTls, at};
  EXPECT_EQ(to_string(tls), "tls:192.0.2.9:5061");
  EXPECT_EQ(target_uri("100", tls), "sip:100@192.0.2.9:5061;transport=tls");
  EXPECT_EQ(target_uri({}, {TransportKind::kUdp, at}), "sip:192.0.2.9:5061");
  TrunkConfig trunk;
  trunk.name = "berlin";
  EXPECT_EQ(destination_of(trunk, tls, nullptr).server_name, "");
  trunk.security = DeviceSecurity::kEncrypted;
  EXPECT_EQ(destination_of(trunk, tls, nullptr).server_name, "berlin");
}

TEST(TrunkTarget, ANameStaysTheName) {
  const Endpoint at = Endpoint::parse("192.0.2.9:5061").value();
  const TrunkTarget service{TransportKind::kTls, at, "sip.example.net", 0};
  EXPECT_EQ(configured(service), "tls:sip.example.net");
  EXPECT_EQ(target_uri("100", service), "sip:100@sip.example.net;transport=tls");
  EXPECT_EQ(target_uri({}, {TransportKind::kUdp, at, "sip.example.net", 5070}), "sip:sip.example.net:5070");
  // RFC 5922 4: what DNS said is no reason to trust anybody.
  TrunkConfig trunk;
  trunk.name = "berlin";
  trunk.targets = {service, {TransportKind::kTls, at, {}, 0}};
  for (const DeviceSecurity security : {DeviceSecurity::kNonsecure, DeviceSecurity::kEncrypted}) {
    trunk.security = security;
    EXPECT_EQ(destination_of(trunk, service, nullptr).server_name, "sip.example.net");
  }
  EXPECT_EQ(server_names(trunk), (std::vector<std::string>{"sip.example.net", "berlin"}));
  trunk.certificate_name = "carrier.example.com";
  EXPECT_EQ(destination_of(trunk, service, nullptr).server_name, "carrier.example.com");
  EXPECT_EQ(server_names(trunk), std::vector<std::string>{"carrier.example.com"});
}

TEST(Trunks, ANameIsWatchedWhereItLeads) {
  TwoTargets world;
  const Endpoint at = world.listen(TransportKind::kUdp);
  world.answer = always(200);
  world.config.trunks[0].targets = {{TransportKind::kUdp, {}, "sip.example.net", at.port}};
  Trunks trunks(
      world.agent, world.names, [] { return nullptr; }, world.shared());
  ASSERT_TRUE(
      world.serve([&] { return world.targets(trunks)[0]["answer"] == "sip.example.net: Domain name not found"; }));
  EXPECT_EQ(world.targets(trunks)[0]["state"], "unresolved");
  EXPECT_EQ(trunks.problem(world.trunk()), "sip.example.net: Domain name not found");
  EXPECT_EQ(trunks.summary(), nlohmann::json::parse(R"([{"trunk": "berlin", "targets": 1, "down": 1}])"));
  EXPECT_TRUE(trunks.targets(world.trunk()).empty());
  world.dns.host("sip.example.net", "127.0.0.1");
  world.config.trunks[0].targets.push_back({TransportKind::kUdp, {}, "sip.example.net", 1});  // has it asked anew
  world.names.set_config(SipConfig());
  trunks.set_config(world.shared());
  ASSERT_TRUE(world.serve([&] { return world.targets(trunks)[0]["state"] == "up"; }));
  EXPECT_EQ(world.targets(trunks)[0]["target"], at.to_string());
  EXPECT_EQ(world.targets(trunks)[0]["name"]["host"], "sip.example.net");
  EXPECT_EQ(trunks.targets(world.trunk()).size(), 2U);
  EXPECT_EQ(world.messages.back().uri(), "sip:sip.example.net:" + std::to_string(at.port));
}

}  // namespace
}  // namespace sallyport::controlplane
