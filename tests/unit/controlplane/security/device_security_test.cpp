// Security modes against the paths that devices come by, and who may ask for what (S2, S5, S7, S8).
#include "controlplane/security/device_security.hpp"

#include <gtest/gtest.h>

#include "controlplane/security/authorisation.hpp"

namespace sallyport::controlplane {
namespace {

using enum DeviceSecurity;

const TlsPeer kAnonymous{
    .version = "TLSv1.3", .cipher = "TLS_AES_256_GCM_SHA384", .subject = {}, .names = {}, .fingerprint = {}};
const TlsPeer kAlice{.version = "TLSv1.3",
                     .cipher = "TLS_AES_256_GCM_SHA384",
                     .subject = "CN=alice",
                     .names = {"alice"},
                     .fingerprint = "00"};
const TlsPeer kClearAlice{.version = "TLSv1.2",
                          .cipher = "NULL-SHA",
                          .encrypted = false,
                          .subject = "CN=alice",
                          .names = {"alice"},
                          .fingerprint = "00"};

TEST(DeviceSecurity, WhatEachModeAsksOfThePath) {
  const struct {
    const char* device;
    DeviceSecurity security;
    const TlsPeer* tls;
    bool certificate_needed;
    const char* problem;  ///< a part of it; empty: none
  } cases[] = {
      {"alice", kNonsecure, nullptr, true, ""},
      {"alice", kNonsecure, &kAnonymous, true, ""},
      {"alice", kAuthenticated, nullptr, false, "without TLS"},
      {"alice", kEncrypted, nullptr, false, "without TLS"},
      {"alice", kAuthenticated, &kClearAlice, true, ""},
      {"alice", kAuthenticated, &kAlice, true, ""},
      {"alice", kEncrypted, &kClearAlice, true, "NULL-SHA, which does not encrypt"},
      {"alice", kEncrypted, &kAlice, true, ""},
      {"alice", kEncrypted, &kAnonymous, false, ""},
      {"alice", kEncrypted, &kAnonymous, true, "no certificate"},
      {"bob", kEncrypted, &kAlice, false, "certificate of 'alice'"},
      {"bob", kAuthenticated, &kClearAlice, true, "certificate of 'alice'"},
  };
  for (const auto& at : cases) {
    const std::string problem = path_problem(at.device, at.security, at.tls, at.certificate_needed);
    EXPECT_EQ(problem.empty(), *at.problem == '\0') << problem;
    EXPECT_NE(problem.find(at.problem), std::string::npos) << problem;
  }
}

TEST(DeviceSecurity, NonsecureClusterHasNonsecureDevicesOnly) {
  for (const DeviceSecurity security : {kNonsecure, kAuthenticated, kEncrypted}) {
    EXPECT_EQ(effective_security(ClusterSecurity::kNonsecure, security), kNonsecure);
    EXPECT_EQ(effective_security(ClusterSecurity::kMixed, security), security);
  }
}

TEST(DeviceSecurity, KeysGoOverWhatEncryptsOnly) {
  EXPECT_FALSE(may_carry_keys(nullptr));
  EXPECT_FALSE(may_carry_keys(&kClearAlice));
  EXPECT_TRUE(may_carry_keys(&kAnonymous));
}

TEST(Authorisation, TrunkFirstThenUser) {
  using enum Privilege;
  const Privileges all{kRefer, kNotify, kReplaces, kPresence};
  const Grantee trunk{"trunk carrier", all};
  const Grantee user{"user board", all};
  for (const Privilege privilege : {kRefer, kNotify, kReplaces, kPresence}) {
    EXPECT_EQ(authorisation_problem(privilege, trunk, nullptr), "");
    EXPECT_EQ(authorisation_problem(privilege, trunk, &user), "");
    const Grantee closed{"trunk carrier", {}};
    const Grantee nobody{"user board", {}};
    EXPECT_NE(authorisation_problem(privilege, closed, &user).find("trunk carrier"), std::string::npos);
    EXPECT_NE(authorisation_problem(privilege, closed, &nobody).find("trunk carrier"), std::string::npos);
    EXPECT_NE(authorisation_problem(privilege, trunk, &nobody).find("user board"), std::string::npos);
    EXPECT_NE(authorisation_problem(privilege, closed, nullptr), "");
    const Privileges one{privilege};
    for (const Privilege other : {kRefer, kNotify, kReplaces, kPresence}) EXPECT_EQ(one.has(other), other == privilege);
  }
  EXPECT_EQ(authorisation_problem(kRefer, {"trunk carrier", {kNotify}}, nullptr),
            "REFER outside of a dialog is not accepted from trunk carrier: its accept has no refer");
}

TEST(Authorisation, PrivilegesHaveNames) {
  using enum Privilege;
  for (const Privilege privilege : {kRefer, kNotify, kReplaces, kPresence}) {
    EXPECT_EQ(find_privilege(to_string(privilege)), privilege);
  }
  EXPECT_EQ(find_privilege("Refer"), std::nullopt);
  EXPECT_EQ(find_privilege(""), std::nullopt);
}

}  // namespace
}  // namespace sallyport::controlplane
