// SIP by TLS over loopback sockets, with certificates made here.
#include <gtest/gtest.h>

#include "controlplane/security/tls_context.hpp"
#include "tests/unit/controlplane/security/test_pki.hpp"
#include "transport_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using test::any_port;
using test::options;
using test::RawPeer;
using test::TransportWorld;

/// A gateway "gw.example" and a phone "phone1" that trust each other.
struct TlsWorld : TransportWorld {
  explicit TlsWorld(TransportLimits limits = {}) : TransportWorld(limits) {
    phone_trust.trust = gateway.certificate;
    server.identities = {gateway};
    server.trust = phone.certificate;
    phone_trust.identities = {phone};
    context = make_encrypted_server(server, read_tls_material(server));
    local = transport->listen(TransportKind::kTls, any_port("127.0.0.1"), [this] { return context; });
  }
  TlsContext client() const { return make_client(phone_trust, read_tls_material(phone_trust)); }
  bool takes(std::size_t count) {
    return until([&] { return messages.size() >= count; });
  }

  TemporaryFolder folder;
  IdentityFiles gateway = self_signed_in(folder, "gw.example", KeyKind::kRsa2048);
  IdentityFiles phone = self_signed_in(folder, "phone1", KeyKind::kEcP256);
  TlsSettings server;
  TlsSettings phone_trust;
  TlsContext context;
  Endpoint local;
};

TEST(TransportTls, BothSidesKnowWhoTheOtherIs) {
  TlsWorld world;
  const auto flow = world.connect(TransportKind::kTls, world.local, world.client(), "gw.example");
  ASSERT_TRUE(flow) << world.refused;
  EXPECT_TRUE(flow->tls->encrypted);
  EXPECT_TRUE(flow->tls->is("gw.example"));
  world.transport->send(*flow, {}, test::secret(options("TLS")));
  ASSERT_TRUE(world.takes(1));
  const Flow& seen = world.flows[0];
  ASSERT_NE(seen.tls, nullptr);
  EXPECT_TRUE(seen.tls->encrypted);
  EXPECT_TRUE(seen.tls->is("PHONE1"));
  EXPECT_FALSE(seen.tls->is("phone2"));
  EXPECT_EQ(seen.tls->names, std::vector<std::string>{"phone1"});
  world.transport->send(seen, {}, Message::reply(world.messages[0], 200, "t").to_text());
  ASSERT_TRUE(world.takes(2));
  EXPECT_EQ(world.messages[1].status(), 200);
}

TEST(TransportTls, AWrongNameIsRefused) {
  TlsWorld world;
  EXPECT_FALSE(world.connect(TransportKind::kTls, world.local, world.client(), "other.example"));
  EXPECT_NE(world.refused.find("certificate verify failed"), std::string::npos) << world.refused;
  EXPECT_FALSE(world.connect(TransportKind::kTls, world.local, world.client(), "127.0.0.1"))
      << "the certificate has no such address";
  ASSERT_TRUE(world.until([&] { return world.transport->connections() == 0; }));
  EXPECT_TRUE(world.closed.empty()) << "none was up";
}

TEST(TransportTls, AnUntrustedServerIsRefused) {
  TlsWorld world;
  world.phone_trust.trust = world.phone.certificate;
  EXPECT_FALSE(world.connect(TransportKind::kTls, world.local, world.client(), "gw.example"));
}

TEST(TransportTls, AClientWithoutACertificateHasNoName) {
  TlsWorld world;
  world.phone_trust.identities.clear();
  const auto flow = world.connect(TransportKind::kTls, world.local, world.client(), "gw.example");
  ASSERT_TRUE(flow) << world.refused;
  world.transport->send(*flow, {}, test::secret(options("TLS")));
  ASSERT_TRUE(world.takes(1));
  EXPECT_TRUE(world.flows[0].tls->names.empty());
  EXPECT_FALSE(world.flows[0].tls->is("phone1"));
}

TEST(TransportTls, NullShaIsSeenAsNotEncrypted) {
  TlsWorld world;
  world.server.authenticated = true;
  world.server.rules.policy = TlsPolicy::kAllRsa;
  world.context = make_authenticated_server(world.server, read_tls_material(world.server));
  const auto client = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  ASSERT_EQ(SSL_CTX_set_cipher_list(client->native_handle(), "NULL-SHA:@SECLEVEL=0"), 1);
  SSL_CTX_set_max_proto_version(client->native_handle(), TLS1_2_VERSION);
  const auto flow = world.connect(TransportKind::kTls, world.local, client);
  ASSERT_TRUE(flow) << world.refused;
  world.transport->send(*flow, {}, test::secret(options("TLS")));
  ASSERT_TRUE(world.takes(1));
  EXPECT_FALSE(world.flows[0].tls->encrypted);
  EXPECT_EQ(world.flows[0].tls->cipher, "NULL-SHA");
}

TEST(TransportTls, HalfOpenConnectionsEndAndOthersGoOn) {
  TransportLimits limits;
  limits.connection.handshake = 500ms;
  TlsWorld world(limits);
  RawPeer silent(world, world.local);
  RawPeer garbage(world, world.local);
  garbage.send(options("TCP"));
  EXPECT_TRUE(garbage.ended());
  EXPECT_TRUE(silent.ended());
  ASSERT_TRUE(world.until([&] { return world.counters().connections_failed == 2; }));
  EXPECT_TRUE(world.closed.empty());
  EXPECT_EQ(world.transport->connections(), 0U);
}

TEST(TransportTls, CertificatesChangeWhileConnectionsStay) {
  TlsWorld world;
  const auto old = world.connect(TransportKind::kTls, world.local, world.client(), "gw.example");
  ASSERT_TRUE(old);
  world.server.identities = {self_signed_in(world.folder, "new.example", KeyKind::kRsa2048)};
  world.context = make_encrypted_server(world.server, read_tls_material(world.server));
  EXPECT_FALSE(world.connect(TransportKind::kTls, world.local, world.client(), "gw.example"));
  world.phone_trust.trust = world.server.identities[0].certificate;
  EXPECT_TRUE(world.connect(TransportKind::kTls, world.local, world.client(), "new.example")) << world.refused;
  world.transport->send(*old, {}, test::secret(options("TLS")));
  EXPECT_TRUE(world.takes(1));
}

TEST(TransportTls, ManyMessagesInOneRecordAndOneInMany) {
  TlsWorld world;
  const auto flow = world.connect(TransportKind::kTls, world.local, world.client(), "gw.example");
  ASSERT_TRUE(flow);
  std::string many;
  for (int i = 1; i <= 30; ++i) many += options("TLS", i);
  world.transport->send(*flow, {}, test::secret(many));
  std::string large = options("TLS", 31);
  large.replace(large.find("Length: 0"), 9, "Length: 60000");
  world.transport->send(*flow, {}, test::secret(large + std::string(60'000, 'b')));
  ASSERT_TRUE(world.takes(31));
  EXPECT_EQ(world.messages[30].body().size(), 60'000U);
}

TEST(TlsPeer, NamesAndWildcards) {
  TlsPeer peer;
  peer.names = {"gw.example.com", "*.phones.example.com", "*.com", "SIP:alice@users.example.com", "192.0.2.1"};
  for (const char* name :
       {"gw.example.com", "GW.Example.COM", "a.phones.example.com", "users.example.com", "192.0.2.1"}) {
    EXPECT_TRUE(peer.is(name)) << name;
  }
  for (const char* name : {"", "example.com", "x.gw.example.com", "a.b.phones.example.com", "phones.example.com",
                           ".phones.example.com", "evil.com", "alice@users.example.com", "192.0.2.10"}) {
    EXPECT_FALSE(peer.is(name)) << name;
  }
}

}  // namespace
}  // namespace sallyport::controlplane::sip
