// What the configuration says of SIP: read, checked against the rest, refused whole where wrong (O1, S1 to S3).
#include <gtest/gtest.h>

#include "config_fixture.hpp"

namespace sallyport::controlplane {
namespace {

using Faults = std::vector<std::string>;

/// A sound site of a line, a trunk and a route, behind the ports and the stream of kSoundConfig.
const std::string kSite = std::string(kSoundConfig) +
                          "[sip]\n"                       // 14
                          "listen = udp:10.0.0.1:5060\n"  // 15
                          "listen = tls:10.0.1.1:5061\n"  // 16
                          "[tls]\n"                       // 17
                          "ciphers = medium_rsa\n"        // 18
                          "[line.alice]\n"                // 19
                          "number = 100\n"                // 20
                          "security = encrypted\n"        // 21
                          "port = out\n"                  // 22
                          "[trunk.carrier]\n"             // 23
                          "target = tls:10.0.1.9\n"       // 24
                          "security = encrypted\n"        // 25
                          "srtp = required\n"             // 26
                          "[route.world]\n"               // 27
                          "number = 00*\n"                // 28
                          "to = trunk:carrier\n";         // 29

Faults faults_with(const std::string& text, unsigned mode = 0600) {
  const TemporaryFolder folder;
  return faults_of(folder.write("test.conf", text, mode));
}

TEST(ConfigSip, IsRead) {
  const TemporaryFolder folder;
  const Config config = load_config(folder.write("test.conf", kSite, 0600), {});
  const SipConfig& sip = config.sip;
  ASSERT_EQ(sip.listen.size(), 2U);
  EXPECT_EQ(sip.listen[1].kind, sip::TransportKind::kTls);
  EXPECT_EQ(sip.listen[1].local.to_string(), "10.0.1.1:5061");
  ASSERT_EQ(sip.lines.size(), 1U);
  EXPECT_EQ(sip.lines[0].name, "alice");
  EXPECT_EQ(sip.lines[0].numbers, std::vector<std::string>{"100"});
  EXPECT_EQ(sip.lines[0].security, DeviceSecurity::kEncrypted);
  ASSERT_EQ(sip.trunks.size(), 1U);
  EXPECT_EQ(sip.trunks[0].targets[0].remote.to_string(), "10.0.1.9:5061");
  EXPECT_EQ(sip.trunks[0].srtp, SrtpUse::kSavp);
  ASSERT_EQ(sip.routes.size(), 1U);
  EXPECT_EQ(sip.routes[0].to, "carrier");
  EXPECT_EQ(sip.tls.rules.policy, TlsPolicy::kMediumRsa);
  EXPECT_EQ(sip.tls.rsa_key, "/var/lib/sallyport/tls/rsa.key");
}

TEST(ConfigSip, LimitsOfPeersAreRead) {
  const TemporaryFolder folder;
  const Config usual = load_config(folder.write("test.conf", kSite, 0600), {});
  EXPECT_EQ(usual.sip.limits.requests.per_peer, 500U);
  EXPECT_EQ(usual.sip.trunks[0].requests, 10'000U);
  std::string changed = kSite;
  changed.replace(changed.find("[tls]\n"), 6,
                  "requests_per_peer = 0\nrequests = 9\nhalf_open = 3\nmessage_timeout = 4\n[tls]\n");
  changed.replace(changed.find("[route.world]"), 0, "requests = 12\n");
  const Config config = load_config(folder.write("test.conf", changed, 0600), {});
  EXPECT_EQ(config.sip.limits.requests.per_peer, 0U);
  EXPECT_EQ(config.sip.limits.requests.in_all, 9U);
  EXPECT_EQ(config.sip.limits.transport.counts.half_open, 3U);
  EXPECT_EQ(config.sip.limits.transport.connection.message, std::chrono::seconds(4));
  EXPECT_EQ(config.sip.trunks[0].requests, 12U);
}

TEST(ConfigSip, SaysThatMediaAreProtectedLessThanSignalling) {
  const TemporaryFolder folder;
  const Config config = load_config(folder.write("test.conf", kSite, 0600), {});
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_NE(config.warnings[0].find("srtp"), std::string::npos) << config.warnings[0];
}

TEST(ConfigSip, IsOffWithoutListener) {
  EXPECT_EQ(faults_with(with_line(std::string(kSoundConfig), kSoundLines + 1, "[line.alice]")),
            Faults{"FILE:14: section [line.alice]: SIP is off: expected a sip.listen"});
}

TEST(ConfigSip, RefusesWhatIsWrong) {
  struct Row {
    unsigned line;
    const char* text;
    const char* fault;
  };
  const Row rows[] = {
      {15, "listen = 10.0.0.1:5060",
       "FILE:15: key 'sip.listen' = '10.0.0.1:5060': expected udp:ADDRESS:PORT, tcp:..., tls:... or "
       "tls-authenticated:... (NULL-SHA: integrity without secrecy)"},
      {16, "listen = tcp:10.0.0.1:5060",
       "FILE:21: key 'line.alice.security' = 'encrypted': expected nonsecure, or a sip.listen with TLS for it"},
      {18, "ciphers = best",
       "FILE:18: key 'tls.ciphers' = 'best': expected strongest_rsa, strongest_ecdsa, medium_rsa, medium_ecdsa, "
       "all_rsa "
       "or all_ecdsa"},
      {20, "number = 1 0 0", "FILE:20: key 'line.alice.number' = '1 0 0': expected a number"},
      {21, "security = authenticated", "FILE:18: key 'tls.ciphers' = 'medium_rsa': expected"},
      {22, "profile = of ice", "FILE:22: key 'line.alice.profile' = 'of ice': expected the name of a security profile"},
      {22, "profile = office",
       "FILE:21: key 'line.alice.security' = 'encrypted': expected nothing, since its profile says so"},
      {22, "port = nowhere", "FILE:22: key 'line.alice.port' = 'nowhere': expected the NAME of a [port.NAME]"},
      {24, "target = udp:10.0.1.9",
       "FILE:24: key 'trunk.carrier.target' = 'udp:10.0.1.9': expected tls:..., since its security is not nonsecure"},
      {25, "challenge = yes",
       "FILE:25: key 'trunk.carrier.challenge' = 'yes': expected no, or a password that is to be proved"},
      {25, "accept = refer, notify",
       "FILE:25: key 'trunk.carrier.accept' = 'refer, notify': expected refer, notify, replaces or presence"},
      {25, "may_replace = yes", "FILE:25: unknown key 'trunk.carrier.may_replace'"},
      {24, "username = me", "section [trunk.carrier]: key 'target' is missing"},
      {26, "srtp = maybe", "FILE:26: key 'trunk.carrier.srtp' = 'maybe': expected best_effort, required or never"},
      {28, "number = *00", "FILE:28: key 'route.world.number' = '*00': expected a number, as in 100 or +49*"},
      {29, "to = trunk:nobody",
       "FILE:29: key 'route.world.to' = 'trunk:nobody': expected a line, trunk or service that exists"},
      {29, "to = service:fax",
       "FILE:29: key 'route.world.to' = 'service:fax': expected line:NAME, trunk:NAME or service:moh, ivr or "
       "conference"},
  };
  for (const Row& row : rows) {
    const Faults faults = faults_with(with_line(kSite, row.line, row.text));
    ASSERT_FALSE(faults.empty()) << row.text;
    const bool found = std::any_of(faults.begin(), faults.end(), [&](const std::string& fault) {
      return fault.find(row.fault) != std::string::npos;
    });
    EXPECT_TRUE(found) << row.text << ": " << faults.front();
  }
}

TEST(ConfigSip, APasswordIsNotShownAndNotReadableByOthers) {
  const std::string text = with_line(kSite, 22, "password = wonderland");
  EXPECT_EQ(faults_with(text), Faults{});
  const Faults faults = faults_with(text, 0644);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("holds a password and has mode 0644"), std::string::npos) << faults[0];
  EXPECT_EQ(faults[0].find("wonderland"), std::string::npos);
}

TEST(ConfigSip, TargetsMayBeNames) {
  struct Row {
    const char* text;
    const char* host;
    std::uint16_t port;
  };
  for (const Row& row : {Row{"tls:sip.example.net", "sip.example.net", 0},
                         Row{"tls:sip.example.net:5071", "sip.example.net", 5071}, Row{"tls:pbx-1", "pbx-1", 0}}) {
    const TemporaryFolder folder;
    const std::string text = with_line(kSite, 24, std::string("target = ") + row.text);
    const TrunkTarget target = load_config(folder.write("test.conf", text, 0600), {}).sip.trunks.at(0).targets.at(0);
    EXPECT_EQ(target.host, row.host);
    EXPECT_EQ(target.port, row.port);
    EXPECT_EQ(target.kind, sip::TransportKind::kTls);
    EXPECT_EQ(target.remote, Endpoint());
  }
  // A mistyped address is no name.
  for (const char* text : {"tls:10.0.1.999", "tls:sip.example.net:0", "tls:sip.example.net:x", "tls:a..b", "tls:.",
                           "tls:a_b.net", "tls:sip.example.net.:5061", "tls:10.0.1.9:99999", "sip.example.net"}) {
    const Faults faults = faults_with(with_line(kSite, 24, std::string("target = ") + text));
    ASSERT_EQ(faults.size(), 1U) << text;
    EXPECT_NE(faults[0].find("expected udp:ADDRESS[:PORT], udp:NAME[:PORT], tcp:... or tls:..."), std::string::npos)
        << faults[0];
  }
}

TEST(ConfigSip, TheResolverIsAnAddress) {
  const TemporaryFolder folder;
  const auto resolver = [&](const std::string& text) {
    return load_config(
               folder.write("test.conf", with_line(kSite, 16, "listen = tls:10.0.1.1:5061\nresolver = " + text), 0600),
               {})
        .sip.resolver;
  };
  EXPECT_EQ(resolver("10.0.0.53"), Endpoint::parse("10.0.0.53:53"));
  EXPECT_EQ(resolver("[2001:db8::53]:5353"), Endpoint::parse("[2001:db8::53]:5353"));
  EXPECT_EQ(load_config(folder.write("test.conf", kSite, 0600), {}).sip.resolver, std::nullopt);
  EXPECT_FALSE(faults_with(with_line(kSite, 16, "listen = tls:10.0.1.1:5061\nresolver = dns.example.net")).empty());
}

TEST(ConfigSip, UsersAreRead) {
  const TemporaryFolder folder;
  const std::string text = with_line(kSite, 25, "challenge = yes") + "[user.board]\npassword = chalk\n" +
                           "accept = refer\naccept = presence\n";
  const SipConfig sip = load_config(folder.write("site.conf", text, 0600), {}).sip;
  ASSERT_EQ(sip.users.size(), 1U);
  EXPECT_EQ(sip.users[0].name, "board");
  EXPECT_EQ(sip.users[0].password, SecretString("chalk"));
  for (const Privilege privilege :
       {Privilege::kRefer, Privilege::kNotify, Privilege::kReplaces, Privilege::kPresence}) {
    EXPECT_FALSE(sip.trunks[0].accept.has(privilege)) << "none unless given";
    EXPECT_EQ(sip.users[0].accept.has(privilege), privilege == Privilege::kRefer || privilege == Privilege::kPresence);
  }
}

TEST(ConfigSip, AUserProvesThatItIsNobodyElse) {
  const std::string site = with_line(kSite, 25, "challenge = yes");
  EXPECT_EQ(faults_with(site + "[user.carrier]\npassword = chalk\n"),
            Faults{"FILE:30: section [user.carrier]: is the username of [trunk.carrier]: expected another name"});
  const Faults without = faults_with(site + "[user.board]\naccept = refer\n");
  ASSERT_EQ(without.size(), 1U);
  EXPECT_NE(without[0].find("key 'password' is missing"), std::string::npos) << without[0];
  const TemporaryFolder folder;
  const auto warnings =
      load_config(folder.write("test.conf", kSite + "[user.board]\npassword = x\n", 0600), {}).warnings;
  EXPECT_TRUE(std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
    return warning.find("user board has nowhere to prove who it is") != std::string::npos;
  }));
}

TEST(ConfigSip, ProfilesAreRead) {
  const TemporaryFolder folder;
  const std::string text = with_line(kSite, 21, "profile = later") + "[profile.lab]\nsecurity = encrypted\n" +
                           "[profile.old]\ndescription = Old phones\ntransport = udp\nsip_port = 5070\n";
  const Config config = load_config(folder.write("site.conf", text, 0600), {});
  EXPECT_EQ(config.store_file, folder.file("site.db"));
  EXPECT_EQ(config.sip.lines[0].profile, "later") << "which may be in the store";
  EXPECT_EQ(config.sip.lines[0].profile_position, folder.file("site.conf") + ":21: key 'line.alice.profile' = 'later'");
  ASSERT_EQ(config.sip.profiles.size(), 2U);
  EXPECT_EQ(config.sip.profiles[0].position, folder.file("site.conf") + ":30");
  EXPECT_EQ(config.sip.profiles[0].profile.transport, DeviceTransport::kTls);
  EXPECT_EQ(config.sip.profiles[0].profile.sip_port, 5061);
  EXPECT_EQ(config.sip.profiles[1].profile.description, "Old phones");
  EXPECT_EQ(config.sip.profiles[1].profile.sip_port, 5070);
}

TEST(ConfigSip, ProfilesThatAreWrongAreRefused) {
  EXPECT_EQ(faults_with(kSite + "[profile.lab]\nsecurity = encrypted\ntransport = udp\n"),
            Faults{"FILE:32: key 'profile.lab.transport' = 'udp': expected tcp, udp or tcp+udp where security is "
                   "nonsecure, else tls"});
  EXPECT_EQ(faults_with(kSite + "[profile.nonsecure]\ndigest = yes\n"),
            Faults{"FILE:30: section [profile.nonsecure]: is predefined and cannot be changed: expected another name"});
  EXPECT_EQ(faults_with(kSite + "[profile.lab]\nkey_size = rsa-1024\n"),
            Faults{"FILE:31: key 'profile.lab.key_size' = 'rsa-1024': expected rsa-2048, rsa-3072, rsa-4096, ec-256 or "
                   "ec-384"});
}

TEST(ConfigSip, ANumberLeadsToOneLine) {
  const Faults faults = faults_with(kSite + "[line.bob]\nnumber = 100\n");
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("'100' is also [line.alice]"), std::string::npos) << faults[0];
}

}  // namespace
}  // namespace sallyport::controlplane
