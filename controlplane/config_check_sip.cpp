#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "controlplane/config_check.hpp"

namespace sallyport::controlplane {
namespace {

template <class Drafts>
bool has(const Drafts& drafts, const std::string& name) {
  return std::any_of(drafts.begin(), drafts.end(), [&](const auto& draft) { return draft.config.name == name; });
}

CipherStrength strength_of(SrtpCiphers ciphers) {
  return ciphers == SrtpCiphers::kStrongest ? CipherStrength::kStrongest
         : ciphers == SrtpCiphers::kMedium  ? CipherStrength::kMedium
                                            : CipherStrength::kAll;
}

/// Relative paths are the configuration file's.
void make_absolute(SipTlsConfig& tls, std::string& cdr, const std::filesystem::path& folder) {
  const auto absolute = [](const std::filesystem::path& base, std::string& path) {
    if (!path.empty()) path = (base / path).lexically_normal().string();
  };
  const bool own_rsa = tls.rsa_certificate.empty() && tls.rsa_key.empty();
  const bool own_ecdsa = tls.ecdsa_certificate.empty() && tls.ecdsa_key.empty();
  absolute(folder, tls.folder);
  for (std::string* path : {&tls.rsa_certificate, &tls.rsa_key, &tls.ecdsa_certificate, &tls.ecdsa_key, &tls.trust}) {
    absolute(folder, *path);
  }
  absolute(folder, cdr);
  if (own_rsa) {
    tls.rsa_certificate = tls.folder + "/rsa.pem";
    tls.rsa_key = tls.folder + "/rsa.key";
  }
  if (own_ecdsa) {
    tls.ecdsa_certificate = tls.folder + "/ecdsa.pem";
    tls.ecdsa_key = tls.folder + "/ecdsa.key";
  }
}

class SipCheck {
 public:
  SipCheck(Draft& draft, Faults& faults) : draft_(draft), sip_(draft.config.sip), faults_(faults) {}

  void run() {
    for (const LineDraft& line : draft_.lines) check_party(line.config, line.section);
    for (const TrunkDraft& trunk : draft_.trunks) check_trunk(trunk);
    for (const UserDraft& user : draft_.users) check_user(user);
    check_numbers();
    for (const RouteDraft& route : draft_.routes) check_route(route);
    check_listeners();
    check_tls();
  }

 private:
  bool listens(sip::TransportKind kind, bool integrity_only) const {
    return std::any_of(sip_.listen.begin(), sip_.listen.end(), [&](const SipListenConfig& listen) {
      return listen.kind == kind && listen.integrity_only == integrity_only;
    });
  }

  void check_party(const PartyConfig& party, const Section& section) {
    if (sip_.listen.empty()) {
      faults_.add(section.line(), "section [" + section.name() + "]: SIP is off: expected a sip.listen");
      return;
    }
    const auto is_its = [&](const PortDraft& port) { return port.config.options.name == party.port; };
    if (!party.port.empty() && std::none_of(draft_.ports.begin(), draft_.ports.end(), is_its)) {
      section.fault(faults_, "port", "the NAME of a [port.NAME]");
    }
    const bool tls = listens(sip::TransportKind::kTls, false);
    const bool authenticated = tls || listens(sip::TransportKind::kTls, true);
    if ((party.security == DeviceSecurity::kEncrypted && !tls) ||
        (party.security == DeviceSecurity::kAuthenticated && !authenticated)) {
      section.fault(faults_, "security", "nonsecure, or a sip.listen with TLS for it");
    }
  }

  void check_trunk(const TrunkDraft& trunk) {
    check_party(trunk.config, trunk.section);
    if (trunk.config.challenges && trunk.section.first("password") == nullptr && draft_.users.empty()) {
      trunk.section.fault(faults_, "challenge", "no, or a password that is to be proved, its own or a [user.NAME]'s");
    }
    for (const TrunkTarget& target : trunk.config.targets) {
      if (!listens(target.kind, false)) {
        trunk.section.fault(faults_, "target",
                            "a transport that sip.listen has (" + std::string(sip::name_of(target.kind)) + ")");
      }
      if (trunk.config.security != DeviceSecurity::kNonsecure && target.kind != sip::TransportKind::kTls) {
        trunk.section.fault(faults_, "target", "tls:..., since its security is not nonsecure");
      }
    }
  }

  /// Who proves to be that user is it, and nobody else.
  void check_user(const UserDraft& user) {
    bool asked = false;
    for (const TrunkDraft& trunk : draft_.trunks) {
      if (!trunk.config.challenges) continue;
      asked = true;
      if (trunk.config.user() != user.config.name) continue;
      faults_.add(user.section.line(), "section [" + user.section.name() + "]: is the username of [" +
                                           trunk.section.name() + "]: expected another name");
    }
    if (!asked) {
      draft_.config.warnings.push_back("user " + user.config.name +
                                       " has nowhere to prove who it is: no trunk has "
                                       "challenge = yes");
    }
  }

  void check_numbers() {
    std::map<std::string, std::string> owners;
    for (const LineDraft& line : draft_.lines) {
      std::vector<std::string> names = line.config.numbers;
      names.push_back(line.config.name);
      for (const std::string& name : names) {
        const auto [at, fresh] = owners.emplace(name, line.section.name());
        if (fresh || at->second == line.section.name()) continue;
        line.section.fault(faults_, "number",
                           "a number that no other line has ('" + name + "' is also [" + at->second + "])");
      }
    }
  }

  void check_route(const RouteDraft& route) {
    const RouteConfig& config = route.config;
    if (config.to.empty()) return;
    const bool known = config.kind == RouteConfig::Kind::kService ||
                       (config.kind == RouteConfig::Kind::kLine && has(draft_.lines, config.to)) ||
                       (config.kind == RouteConfig::Kind::kTrunk && has(draft_.trunks, config.to));
    if (!known) route.section.fault(faults_, "to", "a line, trunk or service that exists");
    const auto same = std::count_if(draft_.routes.begin(), draft_.routes.end(),
                                    [&](const RouteDraft& other) { return other.config.number == config.number; });
    if (same > 1) route.section.fault(faults_, "number", "a number that no other route has");
  }

  void check_listeners() {
    std::set<std::string> seen;
    for (const SipListenConfig& listen : sip_.listen) {
      const bool udp = listen.kind == sip::TransportKind::kUdp;
      if (!seen.insert((udp ? "udp " : "tcp ") + listen.local.to_string()).second) {
        draft_.general.at("sip").fault(faults_, "listen", "each address and port once");
      }
    }
    const sip::SessionTimes& session = sip_.session_times;
    if (session.expires.count() != 0 && session.expires < session.shortest) {
      draft_.general.at("sip").fault(faults_, "session_expires", "0, or at least sip.min_session_expires");
    }
    if (sip_.min_expires > sip_.max_expires) {
      draft_.general.at("sip").fault(faults_, "min_expires", "at most sip.max_expires");
    }
  }

  void check_tls() {
    const Section& section = draft_.general.at("tls");
    const auto pair = [&](const std::string& certificate, const std::string& key, const char* which) {
      if (certificate.empty() == key.empty()) return;
      section.fault(faults_, std::string(which) + (certificate.empty() ? "_certificate" : "_key"),
                    std::string("one, since the other of ") + which + " is given");
    };
    pair(sip_.tls.rsa_certificate, sip_.tls.rsa_key, "rsa");
    pair(sip_.tls.ecdsa_certificate, sip_.tls.ecdsa_key, "ecdsa");
    if (const std::string problem = legacy_problem(sip_.tls.rules); !problem.empty()) {
      section.fault(faults_, "legacy", problem);
    }
    const auto authenticated = [](const auto& draft) {
      return draft.config.security == DeviceSecurity::kAuthenticated;
    };
    const bool wanted =
        listens(sip::TransportKind::kTls, true) || std::any_of(draft_.lines.begin(), draft_.lines.end(), authenticated);
    if (const std::string problem = authenticated_problem(sip_.tls.rules); wanted && !problem.empty()) {
      section.fault(faults_, "ciphers", problem);
    }
    make_absolute(sip_.tls, sip_.cdr, std::filesystem::path(draft_.config.file).parent_path());
    if (!listens(sip::TransportKind::kTls, false)) return;
    const std::string weaker = srtp_warning(sip_.tls.rules, strength_of(sip_.srtp_ciphers));
    if (!weaker.empty()) draft_.config.warnings.push_back(weaker);
    const std::string legacy = legacy_warning(sip_.tls.rules);
    if (!legacy.empty()) draft_.config.warnings.push_back(legacy);
  }

  Draft& draft_;
  SipConfig& sip_;
  Faults& faults_;
};

}  // namespace

void check_sip(Draft& draft, Faults& faults) { SipCheck(draft, faults).run(); }

}  // namespace sallyport::controlplane
