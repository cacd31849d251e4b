#include "controlplane/session/sip_service.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "controlplane/security/certificates.hpp"
#include "controlplane/session/sip_limits.hpp"
#include "controlplane/version.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPortRest{5};
constexpr std::chrono::hours kTicketLife{4};

/// Whom our certificates are for: the realm, what we are told to advertise, and our addresses.
CertificateSubject subject_of(const SipConfig& config) {
  CertificateSubject subject;
  subject.names.push_back(config.realm);
  const auto add = [&](const std::string& name) {
    if (!name.empty() && std::find(subject.names.begin(), subject.names.end(), name) == subject.names.end()) {
      subject.names.push_back(name);
    }
  };
  add(config.advertised);
  for (const SipListenConfig& listen : config.listen) {
    if (listen.kind == sip::TransportKind::kTls) add(listen.local.address.to_string());
  }
  return subject;
}

TlsSettings settings_of(const SipConfig& config) {
  TlsSettings settings;
  settings.rules = config.tls.rules;
  settings.trust = config.tls.trust;
  settings.clients = config.tls.clients;
  settings.authenticated = std::any_of(config.listen.begin(), config.listen.end(),
                                       [](const SipListenConfig& listen) { return listen.integrity_only; });
  settings.identities = {{config.tls.rsa_certificate, config.tls.rsa_key},
                         {config.tls.ecdsa_certificate, config.tls.ecdsa_key}};
  return settings;
}

/// What is missing of the certificates that are ours to make (P1).
void make_certificates(const SipConfig& config) {
  const SipTlsConfig& tls = config.tls;
  std::filesystem::create_directories(tls.folder);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto ensure = [&](const std::string& certificate, const std::string& key, KeyKind kind) {
    if (!certificate.starts_with(tls.folder + "/")) return;
    if (ensure_self_signed({certificate, key}, kind, subject_of(config), now)) {
      spdlog::info("TLS: made a self-signed certificate, {}", certificate);
    }
  };
  ensure(tls.rsa_certificate, tls.rsa_key, KeyKind::kRsa3072);
  ensure(tls.ecdsa_certificate, tls.ecdsa_key, KeyKind::kEcP256);
}

}  // namespace

std::vector<MediaPool> SipService::make_pools(const std::vector<PortConfig>& ports, std::vector<PoolOfPort>& which) {
  std::vector<MediaPool> pools;
  for (const PortConfig& port : ports) {
    for (const bool v6 : {false, true}) {
      MediaPool pool{"port " + port.options.name + (v6 ? " (IPv6)" : ""), {}, port.options.media_ports};
      for (const drivers::IpPrefix& prefix : port.options.addresses) {
        if (prefix.address.v6 == v6) pool.addresses.push_back(prefix.address);
      }
      if (pool.addresses.empty()) continue;
      which.push_back({port.options.name, v6});
      pools.push_back(std::move(pool));
    }
  }
  return pools;
}

std::shared_ptr<TlsContexts> SipService::make_tls(const SipConfig& config) {
  const bool wanted = std::any_of(config.listen.begin(), config.listen.end(), [](const SipListenConfig& listen) {
    return listen.kind == sip::TransportKind::kTls;
  });
  if (!wanted) return nullptr;
  make_certificates(config);
  return std::make_shared<TlsContexts>(settings_of(config));
}

SipService::SipService(boost::asio::io_context& io, const Config& config, DataplaneClient& dataplane,
                       crypto::Engine& engine, WatchNextHop watch)
    : listening_(config.sip.listen),
      tls_(make_tls(config.sip)),
      gate_(dataplane, engine, make_pools(config.ports, pools_), std::move(watch), kPortRest, config.sip.media_timeout),
      fixed_(gate_.ports()),
      open_files_(raise_open_files()),
      agent_(io, limits_of(config.sip, open_files_), {}, "Sallyport/" + std::string(kVersion),
             {.request = [this](const std::shared_ptr<sip::ServerTransaction>& made) { calls_.request(made); },
              .closed =
                  [this](const sip::Flow& flow, const std::string&) {
                    calls_.flow_closed(flow);
                    trunks_.flow_closed(flow);
                  }}),
      dns_(io, config.sip.resolver),
      names_(agent_.timers(), dns_),
      directory_(agent_, names_, std::make_shared<SipConfig>(config.sip)),
      trunks_(
          agent_, names_, [this] { return client_tls(); }, directory_.config()),
      calls_({.agent = agent_,
              .gate = gate_,
              .directory = directory_,
              .trunks = trunks_,
              .pool_for = [this](const PartyConfig& party, bool v6) { return pool_for(party, v6); },
              .tls_for = [this](const PartyConfig&) { return client_tls(); },
              .over = {},
              .find = {}}),
      notice_(agent_, directory_),
      ticket_timer_(io) {
  fixed_.claim(config.streams);
  for (const SipListenConfig& listen : listening_) {
    sip::Transport::TlsSource source;
    if (listen.kind == sip::TransportKind::kTls) {
      source = [tls = tls_, integrity_only = listen.integrity_only] {
        return integrity_only ? tls->authenticated() : tls->encrypted();
      };
    }
    agent_.listen({listen.kind, listen.local, config.sip.advertised, std::move(source)});
    spdlog::info("SIP: listening on {} {}{}", sip::name_of(listen.kind), listen.local.to_string(),
                 listen.integrity_only ? " (integrity only)" : "");
  }
  agent_.set_session_times(config.sip.session_times);
  names_.on_change([this] { agent_.set_limits(limits_of(*directory_.config(), open_files_, &names_)); });
  agent_.run();
  if (tls_) renew_tickets();
}

SipService::~SipService() = default;

void SipService::renew_tickets() {
  ticket_timer_.expires_after(kTicketLife);
  ticket_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    tls_->renew_tickets();
    renew_tickets();
  });
}

std::uint16_t SipService::pool_for(const PartyConfig& party, bool v6) const {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const std::string& port = party.port.empty() ? pools_.front().port : party.port;
    if (pools_[i].port == port && pools_[i].v6 == v6) return static_cast<std::uint16_t>(i);
  }
  throw SetupError("port " + (party.port.empty() ? pools_.front().port : party.port) + " has no " +
                   (v6 ? "IPv6" : "IPv4") + " address for the media of " + party.name);
}

void SipService::reload(const SipConfig& config) {
  if (tls_) tls_->reload(settings_of(config));
  agent_.set_session_times(config.session_times);
  profiles_changed(config);
  agent_.set_limits(limits_of(config, open_files_, &names_));
}

void SipService::profiles_changed(const SipConfig& config) {
  directory_.set_config(std::make_shared<SipConfig>(config));
  trunks_.set_config(directory_.config());
}

json SipService::status() const {
  const sip::TransportCounters& transport = agent_.transport().counters();
  json listeners = json::array();
  for (const SipListenConfig& listen : listening_) {
    std::string text(sip::name_of(listen.kind));
    listeners.push_back(text.append(" ").append(listen.local.to_string()));
  }
  json certificates = json::array();
  if (tls_) {
    for (const CertificateFacts& facts : tls_->shown()) {
      certificates.push_back({{"subject", facts.subject}, {"sha256", facts.fingerprint}});
    }
  }
  return {{"listen", std::move(listeners)},
          {"certificates", std::move(certificates)},
          {"calls", calls_.count()},
          {"registrations", calls_.registrations()},
          {"trunks", trunks_.summary()},
          {"connections", agent_.transport().connections()},
          {"received", transport.received},
          {"malformed", transport.malformed_answered + transport.malformed_dropped},
          {"timeouts", agent_.transactions().counters().timeouts},
          {"limits", limits_biting(agent_.limit_log())}};
}

json SipService::stats() const { return counters_json(agent_); }

}  // namespace sallyport::controlplane
