// The rules of security profiles (S4), and what they and the cluster's mode (S5) make of lines and trunks.
#include "controlplane/security/profiles.hpp"

#include <gtest/gtest.h>

#include "../temporary_folder.hpp"
#include "controlplane/config.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

SipListenConfig listener(sip::TransportKind kind, std::uint16_t port) {
  return {kind, false, *Endpoint::parse("192.0.2.1:" + std::to_string(port))};
}

/// Lines alice (profile office, of the file), bob (profile lab, of nobody yet) and carol (none), and a trunk over UDP.
SipConfig site() {
  SipConfig sip;
  sip.listen = {listener(sip::TransportKind::kUdp, 5060), listener(sip::TransportKind::kTcp, 5060),
                listener(sip::TransportKind::kTls, 5061)};
  ProfileConfig office;
  office.profile.name = "office";
  office.profile.nonce_validity = std::chrono::seconds(60);
  office.position = "FILE:7";
  sip.profiles.push_back(office);
  for (const char* name : {"alice", "bob", "carol"}) {
    sip.lines.emplace_back().name = name;
    sip.lines.back().password = "secret";
  }
  sip.lines[0].profile = "office";
  sip.lines[0].profile_position = "FILE:12: key 'line.alice.profile' = 'office'";
  TrunkConfig& trunk = sip.trunks.emplace_back();
  trunk.name = "carrier";
  trunk.targets = {{sip::TransportKind::kUdp, *Endpoint::parse("192.0.2.9:5060")}};
  return sip;
}

class ProfilesTest : public testing::Test {
 protected:
  ProfilesTest() { profiles_.use(profiles_.read(site())); }

  /// bob's file says profile = lab, which is in the store.
  void give_bob_lab() {
    profiles_.add("lab", {});
    SipConfig sip = site();
    sip.lines[1].profile = "lab";
    sip.lines[1].profile_position = "FILE:15: key 'line.bob.profile' = 'lab'";
    profiles_.use(profiles_.read(std::move(sip)));
  }

  template <class Action>
  void expect_refused(const std::string& reason, Action action) {
    const StoreContents before = ProfileStore(store_).load();
    try {
      action();
      ADD_FAILURE() << "expected a refusal because of " << reason;
    } catch (const SetupError& error) {
      EXPECT_NE(std::string(error.what()).find(reason), std::string::npos) << error.what();
    }
    EXPECT_EQ(ProfileStore(store_).load(), before);
  }

  const LineConfig& line(std::size_t number) const { return profiles_.effective().lines[number]; }
  std::string profile_of(std::size_t number) const { return line(number).applied ? line(number).applied->name : ""; }

  const TemporaryFolder folder_;
  const std::string store_ = folder_.file("profiles.db");
  Profiles profiles_{store_};
};

TEST_F(ProfilesTest, ALineIsAsItsProfileSays) {
  ASSERT_TRUE(line(0).applied);
  EXPECT_EQ(line(0).applied->nonce_validity, std::chrono::seconds(60));
  EXPECT_FALSE(line(2).applied) << "a line without profile keeps to its own keys";
  EXPECT_TRUE(line(2).challenged());
}

TEST_F(ProfilesTest, PredefinedAndFileProfilesStayAsTheyAre) {
  for (const char* name : {"nonsecure", "nonsecure-tcp", "nonsecure-udp"}) {
    expect_refused("predefined", [&] { profiles_.set(name, {{"digest", "yes"}}); });
    expect_refused("predefined", [&] { profiles_.remove(name); });
    expect_refused("predefined", [&] { profiles_.rename(name, "x"); });
    expect_refused("exists already (predefined)", [&] { profiles_.add(name, {}); });
  }
  expect_refused("configuration file (FILE:7)", [&] { profiles_.set("office", {{"digest", "no"}}); });
  expect_refused("configuration file (FILE:7)", [&] { profiles_.remove("office"); });
  expect_refused("exists already (FILE:7)", [&] { profiles_.copy("nonsecure", "office"); });
}

TEST_F(ProfilesTest, AChangeReachesEveryDeviceThatHasIt) {
  give_bob_lab();
  profiles_.assign("line carol", "lab");
  EXPECT_TRUE(profiles_.assigned("line carol"));
  EXPECT_FALSE(profiles_.assigned("line bob"));
  profiles_.set("lab", {{"security", "encrypted"}});
  for (const std::size_t number : {1U, 2U}) {
    EXPECT_EQ(line(number).security, DeviceSecurity::kEncrypted);
    EXPECT_EQ(line(number).applied->transport, DeviceTransport::kTls);
  }
  EXPECT_EQ(profiles_.get("lab").devices, (std::vector<std::string>{"line bob", "line carol"}));
  EXPECT_TRUE(profiles_.get("lab").changed);
  profiles_.told("lab");
  EXPECT_FALSE(profiles_.get("lab").changed);
}

TEST_F(ProfilesTest, ARenameReachesEveryDeviceAndIsKept) {
  give_bob_lab();
  profiles_.assign("line carol", "lab");
  profiles_.rename("lab", "bench");
  profiles_.rename("bench", "desk");
  for (const std::size_t number : {1U, 2U}) EXPECT_EQ(profile_of(number), "desk");
  expect_refused("it is called 'desk' now", [&] { profiles_.get("lab"); });
  expect_refused("still calls profile 'desk' 'lab' (line bob)", [&] { profiles_.add("lab", {}); });
  profiles_.add("bench", {});  // a name that nobody uses any more is free

  SipConfig sip = site();
  sip.lines[1].profile = "lab";
  Profiles again(store_);
  again.use(again.read(sip));
  EXPECT_EQ(again.effective().lines[1].applied->name, "desk");
  ASSERT_FALSE(again.warnings().empty());
  EXPECT_NE(again.warnings()[0].find("is called 'desk' since it was renamed"), std::string::npos);

  profiles_.rename("desk", "lab");  // back to what the file says
  EXPECT_EQ(profile_of(1), "lab");
  EXPECT_TRUE(profiles_.warnings().empty());
}

TEST_F(ProfilesTest, OneInUseIsNotDeleted) {
  give_bob_lab();
  profiles_.assign("trunk carrier", "lab");
  expect_refused("in use and cannot be deleted: line bob, trunk carrier", [&] { profiles_.remove("lab"); });
  profiles_.assign("trunk carrier", std::nullopt);
  profiles_.assign("line bob", "nonsecure");
  profiles_.remove("lab");
  EXPECT_EQ(profiles_.all().size(), 4U);
  EXPECT_EQ(profile_of(1), "nonsecure");
}

TEST_F(ProfilesTest, ADeviceGetsNothingThatItCannotHave) {
  profiles_.add("secure", {{"security", "encrypted"}});
  expect_refused("expected no target with UDP", [&] { profiles_.assign("trunk carrier", "secure"); });
  EXPECT_EQ(profiles_.effective().trunks[0].security, DeviceSecurity::kNonsecure);
  profiles_.add("udp", {{"transport", "udp"}});
  profiles_.assign("trunk carrier", "udp");
  expect_refused("expected no target with UDP", [&] { profiles_.set("udp", {{"transport", "tcp"}}); });
  profiles_.add("shield", {{"security", "authenticated"}});
  expect_refused("says security = authenticated", [&] { profiles_.assign("line bob", "shield"); });
  expect_refused("no profile 'x'", [&] { profiles_.assign("line bob", "x"); });
  expect_refused("no line x", [&] { profiles_.assign("line x", "udp"); });

  SipConfig plain = site();
  plain.listen.resize(2);
  profiles_.use(profiles_.read(plain));
  expect_refused("says transport = tls: expected a sip.listen with it",
                 [&] { profiles_.assign("line bob", "secure"); });
}

TEST_F(ProfilesTest, WrongSettingsChangeNothing) {
  profiles_.add("lab", {});
  expect_refused("a profile has no 'colour': expected description, security", [&] {
    profiles_.set("lab", {{"colour", "red"}});
  });
  expect_refused("digest = 'perhaps': expected yes or no", [&] {
    profiles_.set("lab", {{"description", "x"}, {"digest", "perhaps"}});
  });
  expect_refused("transport = udp: expected tls", [&] {
    profiles_.set("lab", {{"security", "encrypted"}, {"transport", "udp"}});
  });
  expect_refused("nothing to set", [&] { profiles_.set("lab", {}); });
  expect_refused("1 to 31 letters", [&] { profiles_.rename("lab", "a b"); });
  EXPECT_EQ(profiles_.get("lab").profile.description, "");
  profiles_.set("lab", {{"digest", "yes"}});
  EXPECT_FALSE(profiles_.get("lab").changed) << "what it was already is no change";
}

TEST_F(ProfilesTest, ANameInFileAndStoreIsRefusedWithBothPlaces) {
  profiles_.add("lab", {});
  SipConfig sip = site();
  sip.profiles.push_back({profiles_.get("lab").profile, "FILE:30"});
  try {
    profiles_.read(sip);
    FAIL() << "expected a refusal";
  } catch (const ConfigError& error) {
    ASSERT_EQ(error.faults().size(), 1U);
    EXPECT_EQ(error.faults()[0].find("FILE:30: profile 'lab' is in " + store_), 0U) << error.faults()[0];
  }
}

TEST_F(ProfilesTest, AProfileThatIsNowhereIsRefused) {
  SipConfig sip = site();
  sip.lines[0].profile = "offcie";
  sip.lines[0].profile_position = "FILE:12: key 'line.alice.profile' = 'offcie'";
  try {
    profiles_.read(sip);
    FAIL() << "expected a refusal";
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.faults().at(0),
              "FILE:12: key 'line.alice.profile' = 'offcie': expected the name of a security profile: nonsecure, "
              "nonsecure-tcp, nonsecure-udp, office");
  }
}

TEST_F(ProfilesTest, DigestAndPasswordsThatDoNotGoTogetherAreWarnedOf) {
  profiles_.add("open", {{"digest", "no"}});
  profiles_.assign("line bob", "open");
  ASSERT_EQ(profiles_.warnings().size(), 1U);
  EXPECT_NE(profiles_.warnings()[0].find("line bob: its profile 'open' says digest = no"), std::string::npos);
  EXPECT_FALSE(line(1).challenged());
  SipConfig sip = site();
  sip.lines[0].password.clear();
  const auto state = profiles_.read(sip);
  EXPECT_TRUE(state.table.effective.lines[0].challenged()) << "nobody gets in without credentials";
  EXPECT_NE(state.table.warnings.at(0).find("line alice"), std::string::npos);
}

TEST_F(ProfilesTest, InANonsecureClusterEveryDeviceIsNonsecure) {
  profiles_.add("secure", {{"security", "encrypted"}});
  profiles_.assign("line bob", "secure");
  SipConfig sip = site();
  sip.cluster_security = ClusterSecurity::kNonsecure;
  sip.lines[2].security = DeviceSecurity::kEncrypted;
  sip.listen.resize(1);  // what they would need need not be there
  const auto state = profiles_.read(sip);
  for (const LineConfig& each : state.table.effective.lines) {
    EXPECT_EQ(each.security, DeviceSecurity::kNonsecure) << each.name;
    EXPECT_TRUE(each.challenged()) << each.name;
  }
  EXPECT_EQ(state.table.effective.lines[1].applied->security, DeviceSecurity::kEncrypted);
}

}  // namespace
}  // namespace sallyport::controlplane
