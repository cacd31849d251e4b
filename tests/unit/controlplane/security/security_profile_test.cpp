// Fields of security profiles (S3, S4): their texts, what goes together, what they are found by.
#include "controlplane/security/security_profile.hpp"

#include <gtest/gtest.h>

#include "controlplane/security/profiles.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

void set(SecurityProfile& profile, std::string_view field, std::string_view value) {
  ASSERT_TRUE(find_profile_field(field)->set(profile, value)) << field << " = " << value;
}

std::string get(const SecurityProfile& profile, std::string_view field) {
  return find_profile_field(field)->get(profile);
}

TEST(SecurityProfile, DefaultsAreThoseOfTheRequirement) {
  const SecurityProfile profile;
  EXPECT_EQ(get(profile, "nonce_validity"), "600");
  EXPECT_EQ(get(profile, "sip_port"), "5060");
  EXPECT_EQ(get(profile, "security"), "nonsecure");
  EXPECT_EQ(get(profile, "transport"), "tcp+udp");
}

TEST(SecurityProfile, EveryFieldIsWrittenAsItIsRead) {
  const std::pair<const char*, const char*> values[] = {{"description", "Phones of the lab"},
                                                        {"security", "authenticated"},
                                                        {"transport", "tls"},
                                                        {"digest", "no"},
                                                        {"nonce_validity", "86400"},
                                                        {"sip_port", "5071"},
                                                        {"enrolment", "existing_manufacturer"},
                                                        {"key_size", "ec-384"},
                                                        {"encrypted_config", "yes"},
                                                        {"exclude_digest_credentials", "yes"}};
  ASSERT_EQ(std::size(values), profile_fields().size());
  SecurityProfile profile;
  for (const auto& [field, value] : values) {
    EXPECT_NE(get(profile, field), value);
    set(profile, field, value);
  }
  for (const auto& [field, value] : values) EXPECT_EQ(get(profile, field), value);
}

TEST(SecurityProfile, RefusesWhatIsNoValue) {
  const std::pair<const char*, std::string> values[] = {
      {"description", "two\nlines"}, {"description", std::string(129, 'x')},
      {"security", "secure"},        {"transport", "sctp"},
      {"digest", "maybe"},           {"nonce_validity", "9"},
      {"nonce_validity", "86401"},   {"sip_port", "0"},
      {"sip_port", "65536"},         {"enrolment", ""},
      {"key_size", "rsa-1024"},      {"encrypted_config", "1"}};
  for (const auto& [field, value] : values) {
    SecurityProfile profile;
    EXPECT_FALSE(find_profile_field(field)->set(profile, value)) << field << " = " << value;
    EXPECT_EQ(profile, SecurityProfile());
  }
  EXPECT_EQ(find_profile_field("name"), nullptr);
}

TEST(SecurityProfile, TransportAndPortFollowTheMode) {
  SecurityProfile profile;
  profile.security = DeviceSecurity::kEncrypted;
  settle(profile, false, false);
  EXPECT_EQ(profile.transport, DeviceTransport::kTls);
  EXPECT_EQ(profile.sip_port, 5061);
  profile.security = DeviceSecurity::kNonsecure;
  settle(profile, false, false);
  EXPECT_EQ(profile.transport, DeviceTransport::kTcpUdp);
  EXPECT_EQ(profile.sip_port, 5060);

  profile.sip_port = 5080;
  profile.security = DeviceSecurity::kAuthenticated;
  settle(profile, false, false);
  EXPECT_EQ(profile.sip_port, 5080) << "one that somebody chose stays";
}

TEST(SecurityProfile, ModeAndTransportGoTogether) {
  for (const DeviceSecurity security :
       {DeviceSecurity::kNonsecure, DeviceSecurity::kAuthenticated, DeviceSecurity::kEncrypted}) {
    for (const DeviceTransport transport :
         {DeviceTransport::kTcp, DeviceTransport::kUdp, DeviceTransport::kTcpUdp, DeviceTransport::kTls}) {
      SecurityProfile profile;
      profile.security = security;
      profile.transport = transport;
      settle(profile, true, false);
      const bool good = (security == DeviceSecurity::kNonsecure) == (transport != DeviceTransport::kTls);
      EXPECT_EQ(profile_problem(profile).empty(), good) << to_string(security) << ' ' << to_string(transport);
      EXPECT_EQ(profile.transport, transport) << "what was given stays as given";
    }
  }
}

TEST(SecurityProfile, TransportsAllowFlows) {
  using enum sip::TransportKind;
  EXPECT_TRUE(allows(DeviceTransport::kTcpUdp, kUdp) && allows(DeviceTransport::kTcpUdp, kTcp));
  EXPECT_FALSE(allows(DeviceTransport::kTcpUdp, kTls) || allows(DeviceTransport::kTcp, kUdp));
  EXPECT_FALSE(allows(DeviceTransport::kUdp, kTcp) || allows(DeviceTransport::kTls, kTcp));
  EXPECT_TRUE(allows(DeviceTransport::kTls, kTls));
}

TEST(SecurityProfile, PredefinedOnesAreNonsecureAndSound) {
  ASSERT_EQ(predefined_profiles().size(), 3U);
  for (const SecurityProfile& profile : predefined_profiles()) {
    EXPECT_EQ(profile.security, DeviceSecurity::kNonsecure);
    EXPECT_TRUE(is_profile_name(profile.name)) << profile.name;
    EXPECT_EQ(profile_problem(profile), "");
  }
}

TEST(SecurityProfile, IsFoundByNameDescriptionAndMode) {
  SecurityProfile profile;
  profile.name = "Office-2";
  profile.description = "Phones of the office";
  const auto found = [&](const char* in, const char* how, const char* text) {
    return ProfileSearch::parse(in, how, text).matches(profile);
  };
  EXPECT_TRUE(found("name", "begins-with", "office"));
  EXPECT_FALSE(found("name", "begins-with", "ffice"));
  EXPECT_TRUE(found("name", "contains", "ICE-"));
  EXPECT_FALSE(found("name", "is-exactly", "office"));
  EXPECT_TRUE(found("name", "is-exactly", "OFFICE-2"));
  EXPECT_TRUE(found("description", "contains", "of the"));
  EXPECT_TRUE(found("mode", "is-exactly", "nonsecure"));
  EXPECT_FALSE(found("mode", "begins-with", "secure"));
  EXPECT_THROW(ProfileSearch::parse("colour", "contains", "x"), SetupError);
  EXPECT_THROW(ProfileSearch::parse("name", "like", "x"), SetupError);
}

}  // namespace
}  // namespace sallyport::controlplane
