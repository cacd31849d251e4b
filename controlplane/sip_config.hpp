// What the configuration says of SIP: where it is served, who may call, and where calls go. Part of Config; checked
// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/negotiation/policy.hpp"
#include "controlplane/secret_text.hpp"
#include "controlplane/security/authorisation.hpp"
#include "controlplane/security/device_security.hpp"
#include "controlplane/security/digest_hash.hpp"
#include "controlplane/security/security_profile.hpp"
#include "controlplane/security/tls_context.hpp"
#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/peer_limits.hpp"
#include "controlplane/signalling/sip/session_timer.hpp"

namespace sallyport::controlplane {

/// One address of [sip] listen.
struct SipListenConfig {
  sip::TransportKind kind = sip::TransportKind::kUdp;
  bool integrity_only = false;  ///< TLS with NULL-SHA, for authenticated devices
  Endpoint local;
  bool operator==(const SipListenConfig&) const = default;
};

/// What lines and trunks have in common.
struct PartyConfig {
  std::string name;
  DeviceSecurity security = DeviceSecurity::kNonsecure;
  std::string port;                       ///< [port.NAME] that its media goes through; empty: the first
  std::string username;                   ///< of digest authentication; empty: its name
  std::optional<DigestAlgorithm> digest;  ///< the only one that it is challenged with; nothing: all, SHA-256 first
  SecretString password;                  ///< empty: nobody is asked for one
  std::string certificate_name;           ///< that its certificate has to be for
  SrtpUse srtp = SrtpUse::kBestEffort;
  std::vector<const crypto::Suite*> suites;  ///< empty: all that [srtp] allows
  bool block_unencrypted = false;
  bool sdes_insecure_ok = false;
  Privileges accept;  ///< what it may ask for beyond calls (S7)
  bool accept_unencrypted_srtcp = false;
  bool rekeys = true;            ///< takes new keys while a call is up
  std::string profile;           ///< its security profile as the file calls it; empty: none
  std::string profile_position;  ///< "FILE:LINE: key 'line.alice.profile' = 'office'", for faults that come of profiles
  /// What that is. Set once profiles are resolved, as `security` is then.
  std::optional<SecurityProfile> applied;

  /// Whether its requests are challenged (S6).
  bool challenged() const noexcept { return applied ? applied->digest : !password.empty(); }
  /// Of digest authentication.
  const std::string& user() const noexcept { return username.empty() ? name : username; }
  /// What its certificate has to be for.
  const std::string& device() const noexcept { return certificate_name.empty() ? name : certificate_name; }
};

/// A device that registers.
struct LineConfig : PartyConfig {
  std::vector<std::string> numbers;  ///< what it is called by, beside its name
};

/// Where a trunk's requests go to and come from: an address, or a name that leads to some (RFC 3263).
struct TrunkTarget {
  sip::TransportKind kind = sip::TransportKind::kUdp;
  Endpoint remote;         ///< of a name: what it was resolved to; none as the configuration has it
  std::string host{};      ///< the name; empty where an address was given
  std::uint16_t port = 0;  ///< given with the name; 0: as SRV records say
  bool operator==(const TrunkTarget&) const = default;
};

/// [profile.NAME].
struct ProfileConfig {
  SecurityProfile profile;
  std::string position;  ///< "FILE:LINE"
};

/// A static peer or proxy.
struct TrunkConfig : PartyConfig {
  std::vector<TrunkTarget> targets;     ///< in order of preference
  std::chrono::seconds keep_alive{30};  ///< between two OPTIONS to each target; 0: none
  bool challenges = false;              ///< it: its requests have to prove its password
  bool registers = false;               ///< the gateway, at the provider
  std::string domain;                   ///< of the provider; empty: an address of ours or of its target
  std::chrono::seconds expires{3600};   ///< of a registration, as it is asked for
  unsigned requests = 10'000;           ///< outside of calls that it may send, a second; 0: no limit
};

/// [user.NAME]: an application that proves who it is on trunks with `challenge` (S6), and what is accepted from it
/// (S7).
struct UserConfig {
  std::string name;
  SecretString password;
  Privileges accept;
};

/// Numbers that begin with `prefix` (or are `number`) go to a line, a trunk or a service.
struct RouteConfig {
  enum class Kind : std::uint8_t { kLine, kTrunk, kService };
  std::string name;
  std::string number;  ///< digits, with a '*' at its end for all that begin so
  Kind kind = Kind::kTrunk;
  std::string to;      ///< name of the line or trunk; of the service: moh, ivr, conference
  unsigned strip = 0;  ///< characters taken off the number's front
  std::string prepend;
};

/// [tls]: what TLS of signalling is done with. Files are absolute.
struct SipTlsConfig {
  TlsRules rules;
  std::string folder = "/var/lib/sallyport/tls";  ///< of self-signed certificates, made where they are missing
  std::string trust;                              ///< file or folder of CA certificates
  ClientCertificates clients = ClientCertificates::kRequested;
  std::string rsa_certificate;
  std::string rsa_key;
  std::string ecdsa_certificate;
  std::string ecdsa_key;
};

struct SipConfig {
  std::vector<SipListenConfig> listen;  ///< empty: SIP is off
  std::string advertised;               ///< host that Contact and Via say; empty: the address itself
  std::string realm = "sallyport";
  std::optional<Endpoint> resolver;  ///< the DNS server; nothing: the system's
  std::chrono::seconds nonce_validity{600};
  unsigned max_calls = 20'000;
  sip::PeerLimits limits;  ///< without those of trunks
  sip::SessionTimes session_times;
  std::chrono::seconds min_expires{60};
  std::chrono::seconds max_expires{3600};
  std::chrono::seconds media_timeout{30};
  bool media_timeout_ends = false;
  std::string cdr;  ///< file that a JSON line per call is added to; empty: none
  SrtpCiphers srtp_ciphers = SrtpCiphers::kAll;
  MediaServiceSuites media_service_suites = MediaServiceSuites::kAll;
  bool block_unencrypted = false;
  SipTlsConfig tls;
  ClusterSecurity cluster_security = ClusterSecurity::kMixed;
  std::vector<ProfileConfig> profiles;
  std::vector<LineConfig> lines;
  std::vector<TrunkConfig> trunks;
  std::vector<UserConfig> users;
  std::vector<RouteConfig> routes;
};

}  // namespace sallyport::controlplane
