// The rows of the configuration's table that are about SIP: where it is served, TLS, policy, lines, trunks, users and
// routes.
#include "controlplane/config_schema.hpp"
#include "controlplane/config_values.hpp"
#include "controlplane/config_values_sip.hpp"
#include "controlplane/config_values_srtp.hpp"

namespace sallyport::controlplane {
namespace {

using Text = std::string_view;

constexpr Text kYesNo = "yes or no";
constexpr Text kPath = "a path";
constexpr Text kPrivileges = "refer, notify, replaces or presence";
constexpr Text kRate = "a number from 0 to 1000000";
constexpr unsigned kMostRate = 1'000'000;
constexpr Text kSeconds = "a number from 1 to 86400";
constexpr Text kConnections = "a number from 1 to 1000000";

bool set_text(std::string& out, Text text) {
  out = text;
  return !text.empty();
}

bool add_suite(std::vector<const crypto::Suite*>& out, Text text) {
  const crypto::Suite* suite = nullptr;
  if (!set_suite(suite, text)) return false;
  out.push_back(suite);
  return true;
}

bool add_privilege(Privileges& out, Text text) {
  const auto privilege = find_privilege(text);
  if (privilege) out.grant(*privilege);
  return privilege.has_value();
}

bool add_number(std::vector<std::string>& out, Text text) {
  std::string number;
  if (!set_dialled(number, text, false)) return false;
  out.push_back(std::move(number));
  return true;
}

sip::ConnectionCountLimits& counts(Target& target) { return target.config->sip.limits.transport.counts; }
sip::ConnectionLimits& times(Target& target) { return target.config->sip.limits.transport.connection; }

bool set_connections(std::size_t& out, Text text) { return set_number<std::size_t>(out, text, 1, 1'000'000); }

bool set_patience(std::chrono::milliseconds& out, Text text) {
  std::chrono::seconds seconds{};
  if (!set_duration(seconds, text, 1, 86'400)) return false;
  out = seconds;
  return true;
}

// clang-format off: one key per row, as in the printed reference.
std::vector<KeyRow> site_rows() {
  return {
      KeyRow{"sip", "listen", "where SIP is served; without it SIP is off", "", "(none)",
             "udp:ADDRESS:PORT, tcp:..., tls:... or tls-authenticated:... (NULL-SHA: integrity without secrecy)",
             [](Target& t, Text v) { return add_listen(t.config->sip.listen, v); }, false, true},
      KeyRow{"sip", "advertised", "host that phones and trunks are told, for a gateway behind a NAT", "",
             "(the address itself)", "a host name or address",
             [](Target& t, Text v) { return set_host_name(t.config->sip.advertised, v); }},
      KeyRow{"sip", "realm", "domain of the gateway: in From and To, and of digest authentication", "", "sallyport",
             "a host name", [](Target& t, Text v) { return set_host_name(t.config->sip.realm, v); }},
      KeyRow{"sip", "resolver", "DNS server that is asked for names of trunks' targets", "",
             "(those of /etc/resolv.conf)", "ADDRESS[:PORT]",
             [](Target& t, Text v) { return set_resolver(t.config->sip.resolver, v); }},
      KeyRow{"sip", "nonce_validity", "how long a nonce of digest authentication is good", "seconds", "600",
             "a number from 10 to 86400",
             [](Target& t, Text v) { return set_duration(t.config->sip.nonce_validity, v, 10, 86'400); }},
      KeyRow{
          "sip", "cluster_security",
          "mixed: each line and trunk as its security says; nonsecure: all are treated as nonsecure, and digest works",
          "", "mixed", "mixed or nonsecure",
          [](Target& t, Text v) {
            return set_choice<ClusterSecurity>(
                t.config->sip.cluster_security, v,
                {{"mixed", ClusterSecurity::kMixed}, {"nonsecure", ClusterSecurity::kNonsecure}});
          }},
      KeyRow{"sip", "max_calls", "calls at once; what comes beyond is answered 503", "calls", "20000",
             "a number from 1 to 1000000",
             [](Target& t, Text v) { return set_number(t.config->sip.max_calls, v, 1U, 1'000'000U); }},
      KeyRow{"sip", "requests_per_peer",
             "requests outside of calls from one IPv4 address or IPv6 /64, ten times that at once; beyond: 503; 0: no "
             "limit",
             "requests/s", "500", kRate,
             [](Target& t, Text v) { return set_number(t.config->sip.limits.requests.per_peer, v, 0U, kMostRate); }},
      KeyRow{"sip", "requests", "the same from all but trunks together, twice that at once; 0: no limit", "requests/s",
             "5000", kRate,
             [](Target& t, Text v) { return set_number(t.config->sip.limits.requests.in_all, v, 0U, kMostRate); }},
      KeyRow{"sip", "connections", "TCP and TLS connections at once", "connections", "20000", kConnections,
             [](Target& t, Text v) { return set_connections(counts(t).in_all, v); }},
      KeyRow{"sip", "connections_per_peer", "those of one IPv4 address or IPv6 /64 that is no trunk's", "connections",
             "2000", kConnections, [](Target& t, Text v) { return set_connections(counts(t).per_peer, v); }},
      KeyRow{"sip", "new_connections_per_peer", "new ones of such an address, ten times that at once; 0: no limit",
             "connections/s", "200", kRate,
             [](Target& t, Text v) { return set_number(counts(t).new_per_peer, v, 0U, kMostRate); }},
      KeyRow{"sip", "half_open",
             "connections without a message yet, as in a TLS handshake; beyond, the oldest is closed", "connections",
             "4000", kConnections, [](Target& t, Text v) { return set_connections(counts(t).half_open, v); }},
      KeyRow{"sip", "half_open_per_peer", "those of one IPv4 address or IPv6 /64 that is no trunk's", "connections",
             "1000", kConnections, [](Target& t, Text v) { return set_connections(counts(t).half_open_per_peer, v); }},
      KeyRow{"sip", "handshake_timeout", "time that a TLS handshake may take", "seconds", "10", kSeconds,
             [](Target& t, Text v) { return set_patience(times(t).handshake, v); }},
      KeyRow{"sip", "message_timeout",
             "time for a message from its first byte to its last, and for a connection's first message", "seconds",
             "10", kSeconds, [](Target& t, Text v) { return set_patience(times(t).message, v); }},
      KeyRow{"sip", "idle_timeout", "silence after which a connection is closed", "seconds", "900", kSeconds,
             [](Target& t, Text v) { return set_patience(times(t).idle, v); }},
      KeyRow{"sip", "session_expires",
             "ends calls that nobody has refreshed for so long (RFC 4028); 0: only where the party asks for it",
             "seconds", "1800", "a number from 0 to 86400",
             [](Target& t, Text v) { return set_duration(t.config->sip.session_times.expires, v, 0, 86'400); }},
      KeyRow{"sip", "min_session_expires", "shortest such time that a party may ask for", "seconds", "90",
             "a number from 2 to 3600",
             [](Target& t, Text v) { return set_duration(t.config->sip.session_times.shortest, v, 2, 3600); }},
      KeyRow{"sip", "min_expires", "shortest registration that is taken", "seconds", "60", "a number from 1 to 86400",
             [](Target& t, Text v) { return set_duration(t.config->sip.min_expires, v, 1, 86'400); }},
      KeyRow{"sip", "max_expires", "longest registration that is granted", "seconds", "3600",
             "a number from 60 to 86400",
             [](Target& t, Text v) { return set_duration(t.config->sip.max_expires, v, 60, 86'400); }},
      KeyRow{"sip", "media_timeout", "silence until a leg is reported; 0: never", "seconds", "30",
             "a number from 0 to 86400",
             [](Target& t, Text v) { return set_duration(t.config->sip.media_timeout, v, 0, 86'400); }},
      KeyRow{"sip", "media_timeout_ends", "yes: a call with such a leg is ended, unless the leg is on hold", "", "no",
             kYesNo, [](Target& t, Text v) { return set_yes_no(t.config->sip.media_timeout_ends, v); }},
      KeyRow{"sip", "cdr", "file that a JSON line is added to for each call that is over", "", "(none)", kPath,
             [](Target& t, Text v) { return set_text(t.config->sip.cdr, v); }},

      KeyRow{
          "srtp", "ciphers",
          "suites of calls; strongest: AEAD_AES_256_GCM only, medium: AEAD_AES_128_GCM too, all: every registered one",
          "", "all", "strongest, medium or all",
          [](Target& t, Text v) {
            return set_choice<SrtpCiphers>(
                t.config->sip.srtp_ciphers, v,
                {{"strongest", SrtpCiphers::kStrongest}, {"medium", SrtpCiphers::kMedium}, {"all", SrtpCiphers::kAll}});
          }},
      KeyRow{"srtp", "block_unencrypted", "yes: a call that cannot have SRTP is refused (488) instead of made with RTP",
             "", "no", kYesNo, [](Target& t, Text v) { return set_yes_no(t.config->sip.block_unencrypted, v); }},

      KeyRow{"tls", "ciphers", "TLS policy", "", "strongest_rsa",
             "strongest_rsa, strongest_ecdsa, medium_rsa, medium_ecdsa, all_rsa or all_ecdsa",
             [](Target& t, Text v) { return set_tls_policy(t.config->sip.tls.rules.policy, v); }},
      KeyRow{"tls", "cipher_override", "OpenSSL's cipher string in place of the policy's list", "", "(none)",
             "an OpenSSL cipher string",
             [](Target& t, Text v) { return set_text(t.config->sip.tls.rules.cipher_override, v); }},
      KeyRow{"tls", "legacy", "yes: TLS 1.0 and 1.1 too, with the policies all_* only", "", "no", kYesNo,
             [](Target& t, Text v) { return set_yes_no(t.config->sip.tls.rules.legacy_tls, v); }},
      KeyRow{"tls", "folder", "where self-signed certificates are made at first start and kept", "",
             "/var/lib/sallyport/tls", kPath, [](Target& t, Text v) { return set_text(t.config->sip.tls.folder, v); }},
      KeyRow{"tls", "rsa_certificate", "certificate that is shown, with those of its CAs behind it", "",
             "(rsa.pem in tls.folder)", kPath,
             [](Target& t, Text v) { return set_text(t.config->sip.tls.rsa_certificate, v); }},
      KeyRow{"tls", "rsa_key", "its private key", "", "(rsa.key in tls.folder)", kPath,
             [](Target& t, Text v) { return set_text(t.config->sip.tls.rsa_key, v); }},
      KeyRow{"tls", "ecdsa_certificate", "the same with an elliptic curve, side by side", "",
             "(ecdsa.pem in tls.folder)", kPath,
             [](Target& t, Text v) { return set_text(t.config->sip.tls.ecdsa_certificate, v); }},
      KeyRow{"tls", "ecdsa_key", "its private key", "", "(ecdsa.key in tls.folder)", kPath,
             [](Target& t, Text v) { return set_text(t.config->sip.tls.ecdsa_key, v); }},
      KeyRow{"tls", "trust", "certificates of the CAs of devices and trunks", "", "(none)", "a file or folder",
             [](Target& t, Text v) { return set_text(t.config->sip.tls.trust, v); }},
      KeyRow{"tls", "client_certificates", "whether those who connect have to show a certificate", "", "requested",
             "ignored, requested or required",
             [](Target& t, Text v) {
               return set_choice<ClientCertificates>(t.config->sip.tls.clients, v,
                                                     {{"ignored", ClientCertificates::kIgnored},
                                                      {"requested", ClientCertificates::kRequested},
                                                      {"required", ClientCertificates::kRequired}});
             }},
  };
}

std::vector<KeyRow> party_rows(Text section) {
  return {
      KeyRow{section, "security", "security mode: what its signalling has to be protected by", "", "nonsecure",
             "nonsecure, authenticated or encrypted",
             [](Target& t, Text v) {
               return set_choice<DeviceSecurity>(t.party->security, v,
                                                 {{"nonsecure", DeviceSecurity::kNonsecure},
                                                  {"authenticated", DeviceSecurity::kAuthenticated},
                                                  {"encrypted", DeviceSecurity::kEncrypted}});
             }},
      KeyRow{section, "profile",
             "security profile, in place of security: one of this file's, of the store's, or nonsecure, nonsecure-tcp "
             "or nonsecure-udp",
             "", "(none)", "the name of a security profile",
             [](Target& t, Text v) {
               t.party->profile = v;
               return is_profile_name(v);
             }},
      KeyRow{section, "certificate_name", "name that its certificate has to be for", "", "(the section's own name)",
             "a host name", [](Target& t, Text v) { return set_host_name(t.party->certificate_name, v); }},
      KeyRow{section, "port", "port that its media goes through", "", "(the first)", "the NAME of a [port.NAME]",
             [](Target& t, Text v) { return set_text(t.party->port, v); }},
      KeyRow{
          section, "srtp",
          "best_effort: keys are offered beside plain RTP (RFC 8643), to encrypted devices as with required; required: "
          "RTP/SAVP; never: RTP only",
          "", "best_effort", "best_effort, required or never",
          [](Target& t, Text v) {
            return set_choice<SrtpUse>(
                t.party->srtp, v,
                {{"best_effort", SrtpUse::kBestEffort}, {"required", SrtpUse::kSavp}, {"never", SrtpUse::kNever}});
          }},
      KeyRow{section, "suite", "SRTP suite that it has", "", "(all that srtp.ciphers allows)", "a suite's name",
             [](Target& t, Text v) { return add_suite(t.party->suites, v); }, false, true},
      KeyRow{section, "block_unencrypted", "yes: its calls are refused (488) where they cannot have SRTP", "", "no",
             kYesNo, [](Target& t, Text v) { return set_yes_no(t.party->block_unencrypted, v); }},
      KeyRow{section, "accept",
             "what it may ask for beyond calls: REFER outside of a call, NOTIFY that nobody subscribed to, INVITE with "
             "Replaces (a line's own places it always may take), SUBSCRIBE; all else is refused (403)",
             "", "(none)", kPrivileges, [](Target& t, Text v) { return add_privilege(t.party->accept, v); }, false,
             true},
      KeyRow{section, "sdes_insecure_ok",
             "yes: SRTP keys may pass over signalling that is not encrypted, because it is protected by other means",
             "", "no", kYesNo, [](Target& t, Text v) { return set_yes_no(t.party->sdes_insecure_ok, v); }},
      KeyRow{section, "accept_unencrypted_srtcp",
             "yes: SRTCP may come unencrypted, as some phones send it although encryption was agreed", "", "no", kYesNo,
             [](Target& t, Text v) { return set_yes_no(t.party->accept_unencrypted_srtcp, v); }},
      KeyRow{section, "rekey",
             "no: it keeps our first keys of a call, also when the other party changes; some phones take no others", "",
             "yes", kYesNo, [](Target& t, Text v) { return set_yes_no(t.party->rekeys, v); }},
      KeyRow{section, "username", "user of digest authentication", "", "(the section's own name)", "a user name",
             [](Target& t, Text v) { return set_text(t.party->username, v); }},
      KeyRow{section, "password", "password of digest authentication", "", "(none: not asked for)",
             "a password or file:PATH", [](Target&, Text v) { return !v.empty(); }, false, false, false, true},
  };
}

std::vector<KeyRow> own_rows() {
  return {
      KeyRow{"line", "digest",
             "algorithms that it is challenged with, all: SHA-256 first, then MD5; some phones cannot stand a "
             "challenge that "
             "they do not know",
             "", "all", "all, sha-256 or md5",
             [](Target& t, Text v) {
               return set_choice<std::optional<DigestAlgorithm>>(
                   t.line->digest, v,
                   {{"all", std::nullopt}, {"sha-256", DigestAlgorithm::kSha256}, {"md5", DigestAlgorithm::kMd5}});
             }},
      KeyRow{"line", "number", "number that it is called by, beside its name", "", "(none)", "a number",
             [](Target& t, Text v) { return add_number(t.line->numbers, v); }, false, true},
      KeyRow{"trunk", "target",
             "where its calls go to and come from, in order of preference. A name without a port leads where its SRV "
             "records say",
             "", "", "udp:ADDRESS[:PORT], udp:NAME[:PORT], tcp:... or tls:...",
             [](Target& t, Text v) { return add_target(t.trunk->targets, v); }, false, true, true},
      KeyRow{"trunk", "keep_alive",
             "time between two OPTIONS to each target; one that does not answer is tried last. 0: none", "seconds",
             "30", "a number from 0 to 3600",
             [](Target& t, Text v) { return set_duration(t.trunk->keep_alive, v, 0, 3600); }},
      KeyRow{"trunk", "challenge",
             "yes: what comes from there has to prove username and password, or those of a [user.NAME] (401)", "", "no",
             kYesNo, [](Target& t, Text v) { return set_yes_no(t.trunk->challenges, v); }},
      KeyRow{"trunk", "register", "yes: the gateway registers there, as username with password", "", "no", kYesNo,
             [](Target& t, Text v) { return set_yes_no(t.trunk->registers, v); }},
      KeyRow{"trunk", "expires", "how long a registration is asked for", "seconds", "3600", "a number from 10 to 86400",
             [](Target& t, Text v) { return set_duration(t.trunk->expires, v, 10, 86'400); }},
      KeyRow{"trunk", "requests",
             "requests outside of calls from each of its addresses, which no other limit counts; 0: no limit",
             "requests/s", "10000", kRate,
             [](Target& t, Text v) { return set_number(t.trunk->requests, v, 0U, kMostRate); }},
      KeyRow{"trunk", "domain", "domain of the provider, in registrations and in From and To of calls", "",
             "(the target's address; sip.realm in calls)", "a host name",
             [](Target& t, Text v) { return set_host_name(t.trunk->domain, v); }},
      KeyRow{"user", "password",
             "password of an application, which proves to be user NAME on trunks with challenge = yes", "", "",
             "a password or file:PATH", [](Target&, Text v) { return !v.empty(); }, false, false, true, true},
      KeyRow{"user", "accept", "what it may ask for beyond calls, where its trunk's accept has it too; else 403", "",
             "(none)", kPrivileges, [](Target& t, Text v) { return add_privilege(t.user->accept, v); }, false, true},
      KeyRow{"route", "number", "number that is dialled; with a * at its end all that begin so. The longest one wins",
             "", "", "a number, as in 100 or +49*",
             [](Target& t, Text v) { return set_dialled(t.route->number, v, true); }, false, false, true},
      KeyRow{"route", "to", "where such calls go", "", "", "line:NAME, trunk:NAME or service:moh, ivr or conference",
             [](Target& t, Text v) { return set_route_target(*t.route, v); }, false, false, true},
      KeyRow{"route", "strip", "characters taken off the number's front", "characters", "0", "a number from 0 to 64",
             [](Target& t, Text v) { return set_number(t.route->strip, v, 0U, 64U); }},
      KeyRow{"route", "prepend", "what is put in front of it then", "", "(nothing)", "a number",
             [](Target& t, Text v) { return set_dialled(t.route->prepend, v, false); }},
  };
}
// clang-format on

void append(std::vector<KeyRow>& rows, const std::vector<KeyRow>& more, Text section = {}) {
  for (const KeyRow& row : more) {
    if (section.empty() || row.section == section) rows.push_back(row);
  }
}

}  // namespace

std::vector<KeyRow> sip_schema() {
  std::vector<KeyRow> rows = site_rows();
  const std::vector<KeyRow> own = own_rows();
  append(rows, own, "line");
  append(rows, party_rows("line"));
  append(rows, own, "trunk");
  append(rows, party_rows("trunk"));
  append(rows, own, "user");
  append(rows, own, "route");
  return rows;
}

}  // namespace sallyport::controlplane
