#include "controlplane/session/directory.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/session/digest_reply.hpp"
#include "controlplane/session/trunk_target.hpp"
#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane {
namespace {

using sip::Message;
using sip::NameAddress;

/// A line's registrations at once; more are most likely the same phone that has moved.
constexpr std::size_t kMaxBindings = 8;

bool matches(const RouteConfig& route, std::string_view number) {
  if (!route.number.ends_with('*')) return route.number == number;
  return number.starts_with(std::string_view(route.number).substr(0, route.number.size() - 1));
}

/// The seconds that a contact asks for: its own parameter, else the request's Expires (RFC 3261 10.3).
std::uint32_t wanted_expires(const Message& request, const NameAddress& contact, std::chrono::seconds usual) {
  const std::string* own = sip::find_parameter(contact.parameters, "expires");
  const std::string_view header = request.value("Expires");
  const std::string_view text = own != nullptr ? std::string_view(*own) : header;
  return sip::parse_count(text, 0xffffffff).value_or(static_cast<std::uint32_t>(usual.count()));
}

/// Why that flow cannot be the party's, whose certificate has to be for `device`.
std::optional<Refused> unfit_as(const PartyConfig& party, const std::string& device, const sip::Flow& flow) {
  // Where all are nonsecure, a device of a secure profile comes by what it can.
  const bool lifted = party.applied && party.applied->security != party.security;
  if (party.applied && !lifted && !allows(party.applied->transport, flow.kind)) {
    return Refused{403, "the profile '" + party.applied->name + "' of " + party.name + " says transport = " +
                            std::string(sallyport::controlplane::to_string(party.applied->transport)) +
                            ", and it came by " + std::string(sip::name_of(flow.kind))};
  }
  // Where nobody asks for a password it is the certificate that says who it is.
  std::string problem = path_problem(device, party.security, flow.tls.get(), !party.challenged());
  return problem.empty() ? std::nullopt : std::optional(Refused{403, std::move(problem)});
}

}  // namespace

std::string Party::to_string() const {
  return line != nullptr ? "line " + line->name : trunk != nullptr ? "trunk " + trunk->name : "nobody";
}

MediaPolicy media_policy(const SipConfig& config, const PartyConfig& party) {
  MediaPolicy policy;
  policy.srtp = config.cluster_security == ClusterSecurity::kNonsecure                               ? SrtpUse::kNever
                : party.security == DeviceSecurity::kEncrypted && party.srtp == SrtpUse::kBestEffort ? SrtpUse::kSavp
                                                                                                     : party.srtp;
  policy.srtp_ciphers = config.srtp_ciphers;
  policy.suites = party.suites;
  policy.media_service_suites = config.media_service_suites;
  policy.block_unencrypted = config.block_unencrypted || party.block_unencrypted;
  policy.sdes_insecure_ok = party.sdes_insecure_ok;
  policy.accept_unencrypted_srtcp = party.accept_unencrypted_srtcp;
  return policy;
}

SignallingPath signalling_path(const sip::Flow& flow) {
  if (flow.tls == nullptr) return SignallingPath::kUnprotected;
  return flow.tls->encrypted ? SignallingPath::kProtectedWithEncryption : SignallingPath::kIntegrityOnly;
}

Directory::Directory(sip::UserAgent& agent, const TargetNames& names, std::shared_ptr<const SipConfig> config)
    : agent_(agent),
      names_(names),
      config_(std::move(config)),
      challenger_({.realm = config_->realm}, agent.timers().now()) {}

void Directory::set_config(std::shared_ptr<const SipConfig> config) {
  if (config->realm != config_->realm) {
    challenger_ = DigestChallenger({.realm = config->realm}, agent_.timers().now());
  }
  config_ = std::move(config);
  clients_.clear();  // their passwords may be others now
  // Who is no line any more, or came by a path that its line may not use now, has to register again; the latter can
  // still be told so.
  for (auto at = bindings_.begin(); at != bindings_.end();) {
    const auto line = std::find_if(config_->lines.begin(), config_->lines.end(),
                                   [&](const LineConfig& each) { return each.name == at->first; });
    if (line == config_->lines.end()) {
      at = bindings_.erase(at);
      continue;
    }
    for (Binding& binding : at->second) binding.unfit = unfit(*line, binding.flow).has_value();
    ++at;
  }
}

const LineConfig* Directory::line_of(std::string_view user) const {
  for (const LineConfig& line : config_->lines) {
    if (line.name == user || std::find(line.numbers.begin(), line.numbers.end(), user) != line.numbers.end()) {
      return &line;
    }
  }
  return nullptr;
}

std::optional<Refused> Directory::unfit(const LineConfig& line, const sip::Flow& flow) const {
  return unfit_as(line, line.device(), flow);
}

/// Over TLS it takes more than DNS to be a trunk (S8): whom its name alone leads to shows a certificate for that name,
/// or proves its password.
std::optional<Refused> Directory::unnamed(const TrunkConfig& trunk, const sip::Flow& flow) const {
  if (flow.kind != sip::TransportKind::kTls || trunk.challenges) return std::nullopt;
  for (const TrunkTarget& target : trunk.targets) {
    if (target.kind != sip::TransportKind::kTls) continue;
    if (target.host.empty() && target.remote.address == flow.remote.address) return std::nullopt;
    if (!target.host.empty() && flow.tls != nullptr && flow.tls->is(server_name(trunk, target))) return std::nullopt;
  }
  return Refused{403, "trunk " + trunk.name + ": a name led to its address, and its certificate is not for that name"};
}

std::optional<Refused> Directory::unfit(const TrunkConfig& trunk, const sip::Flow& flow) const {
  if (auto refused = unnamed(trunk, flow)) return refused;
  std::optional<Refused> first;
  for (const std::string& name : server_names(trunk)) {
    auto refused = unfit_as(trunk, name, flow);
    if (!refused) return std::nullopt;
    if (!first) first = std::move(refused);
  }
  return first;
}

/// Whether one of the addresses that its targets are, or lead to now, is the flow's.
bool Directory::comes_from(const TrunkConfig& trunk, const sip::Flow& flow) const {
  const auto is_its = [&](const TrunkTarget& target) {
    return target.remote.address == flow.remote.address && (flow.reliable() || target.remote.port == flow.remote.port);
  };
  return std::any_of(trunk.targets.begin(), trunk.targets.end(), [&](const TrunkTarget& target) {
    if (target.kind != flow.kind) return false;
    if (target.host.empty()) return is_its(target);
    const std::vector<TrunkTarget> resolved = names_.all(target);
    return std::any_of(resolved.begin(), resolved.end(), is_its);
  });
}

/// Whether its requests have to prove who they are from. A trunk is known by its address and certificate; its password
/// is what we answer its challenges with, and what it has to prove only where the configuration says so.
bool Directory::challenged(const Party& party) const {
  if (party.line != nullptr) return party.line->challenged();
  return party.trunk->challenges && (!party.trunk->applied || party.trunk->applied->digest);
}

/// The application of that name on a trunk; the trunk's own user is none.
const UserConfig* Directory::user_of(const Party& party, std::string_view name) const {
  if (party.trunk == nullptr || name == party.trunk->user()) return nullptr;
  const auto found = std::find_if(party.config->users.begin(), party.config->users.end(),
                                  [&](const UserConfig& user) { return user.name == name; });
  return found == party.config->users.end() ? nullptr : &*found;
}

bool Directory::authenticated(const std::shared_ptr<sip::ServerTransaction>& transaction, Party& party) {
  if (!challenged(party)) return true;
  const PartyConfig& settings = party.settings();
  const Message& request = transaction->request();
  std::vector<std::string> values;
  for (const std::string_view value : request.all("Authorization")) values.emplace_back(value);
  const auto lookup = [&](std::string_view user, DigestAlgorithm algorithm) -> std::optional<Ha1> {
    const UserConfig* application = user_of(party, user);
    if (application != nullptr) return make_ha1(algorithm, user, config_->realm, application->password);
    if (user != settings.user() || settings.password.empty()) return std::nullopt;
    return make_ha1(algorithm, user, config_->realm, settings.password);
  };
  const auto now = agent_.timers().now();
  const auto validity = settings.applied ? settings.applied->nonce_validity : config_->nonce_validity;
  const DigestResult result = challenger_.check(values, request.method(), validity, lookup, now);
  if (result.verdict == DigestVerdict::kAccepted) {
    party.user = user_of(party, result.user);
    return true;
  }
  if (result.verdict == DigestVerdict::kMalformed) {
    transaction->respond(400, "Malformed Credentials");
    return false;
  }
  if (result.verdict != DigestVerdict::kAbsent && !is_stale(result.verdict)) {
    spdlog::warn("SIP: {} of {} from {}: {}", request.method(), party.to_string(),
                 transaction->flow().remote.to_string(), sallyport::controlplane::to_string(result.verdict));
  }
  Message challenge = transaction->reply(401);
  for (std::string& value : challenger_.challenges(now, is_stale(result.verdict), settings.digest)) {
    challenge.add("WWW-Authenticate", std::move(value));
  }
  transaction->respond(std::move(challenge));
  return false;
}

bool Directory::authorised(sip::ServerTransaction& transaction, const Party& party, Privilege privilege) const {
  const Grantee peer{party.to_string(), party.settings().accept};
  std::optional<Grantee> user;
  if (party.user != nullptr) user = Grantee{"user " + party.user->name, party.user->accept};
  const std::string problem = authorisation_problem(privilege, peer, user ? &*user : nullptr);
  if (problem.empty()) return true;
  spdlog::info("SIP: {} of {} from {} refused: {}", transaction.request().method(), peer.name,
               transaction.flow().remote.to_string(), problem);
  transaction.respond(403);
  return false;
}

DigestClient* Directory::credentials_for(const Party& party) {
  if (party.trunk == nullptr || party.trunk->password.empty()) return nullptr;
  const auto found = clients_.find(party.trunk->name);
  if (found != clients_.end()) return &found->second;
  return &clients_.emplace(party.trunk->name, digest_client_of(*party.trunk)).first->second;
}

std::function<bool(const Message& challenge, Message& request, unsigned earlier)> Directory::answers_challenges(
    const Party& party) {
  return [this, party, attempts = std::make_shared<DigestAttempts>()](const Message& challenge, Message& request,
                                                                      unsigned earlier) {
    if (earlier == 0) *attempts = {};
    return answer_challenge(party, challenge, request, *attempts);
  };
}

bool Directory::answer_challenge(const Party& party, const Message& challenge, Message& request,
                                 DigestAttempts& attempts) {
  DigestClient* client = credentials_for(party);
  if (client == nullptr) return false;
  const DigestOutcome outcome = sallyport::controlplane::answer_challenge(*client, attempts, challenge, request);
  if (outcome == DigestOutcome::kAnswerable) return true;
  spdlog::warn("SIP: {} asks for credentials: {}", party.to_string(), sallyport::controlplane::to_string(outcome));
  return false;
}

Sender Directory::sender(const Message& request, const sip::Flow& flow) const {
  // Several trunks may lead to one address: it is the first that the flow is fit for.
  std::optional<Refused> unfit_trunk;
  for (const TrunkConfig& trunk : config_->trunks) {
    if (!comes_from(trunk, flow)) continue;
    auto refused = unfit(trunk, flow);
    if (!refused) return {{config_, nullptr, &trunk}, {}};
    if (!unfit_trunk) unfit_trunk = std::move(refused);
  }
  if (unfit_trunk) return {{}, std::move(unfit_trunk)};
  const auto from = NameAddress::parse(request.value(request.method() == "REGISTER" ? "To" : "From"));
  const LineConfig* line = from ? line_of(from->uri.user) : nullptr;
  if (line == nullptr) return {{}, Refused{403, "neither a line nor a trunk"}};
  if (auto refused = unfit(*line, flow)) return {{}, std::move(refused)};
  return {{config_, line, nullptr}, {}};
}

Target Directory::route(std::string_view number) const {
  Target target;
  target.number = number;
  const RouteConfig* best = nullptr;
  for (const RouteConfig& route : config_->routes) {
    // The longest match wins.
    if (matches(route, number) && (best == nullptr || route.number.size() > best->number.size())) best = &route;
  }
  if (best == nullptr) {
    target.party.line = line_of(number);
    if (target.party.line == nullptr) target.refused = {404, "no route for that number"};
  } else if (best->kind == RouteConfig::Kind::kService) {
    target.refused = {480, "the service " + best->to + " is not there yet"};
  } else {
    target.number = best->prepend + std::string(number.substr(std::min<std::size_t>(best->strip, number.size())));
    find(*best, target.party);
  }
  target.party.config = config_;
  return target;
}

void Directory::find(const RouteConfig& route, Party& party) const {
  for (const LineConfig& line : config_->lines) {
    if (route.kind == RouteConfig::Kind::kLine && line.name == route.to) party.line = &line;
  }
  for (const TrunkConfig& trunk : config_->trunks) {
    if (route.kind == RouteConfig::Kind::kTrunk && trunk.name == route.to) party.trunk = &trunk;
  }
}

void Directory::clean(std::vector<Binding>& bindings) const {
  std::erase_if(bindings, [&](const Binding& binding) {
    return binding.expires <= agent_.timers().now() || !agent_.alive(binding.flow);
  });
}

std::vector<Binding> Directory::bindings(const std::string& line) {
  const auto found = bindings_.find(line);
  if (found == bindings_.end()) return {};
  clean(found->second);
  std::vector<Binding> fit(found->second.rbegin(), found->second.rend());
  std::erase_if(fit, [](const Binding& binding) { return binding.unfit; });
  return fit;
}

std::vector<Binding> Directory::reachable(const std::string& line) {
  const auto found = bindings_.find(line);
  if (found == bindings_.end()) return {};
  clean(found->second);
  return found->second;
}

void Directory::forget(const std::string& line, const Binding& binding) {
  const auto found = bindings_.find(line);
  if (found == bindings_.end()) return;
  // One that has registered again meanwhile is another one.
  std::erase_if(found->second, [&](const Binding& each) {
    return each.contact == binding.contact && each.call_id == binding.call_id && each.cseq == binding.cseq;
  });
}

void Directory::closed(const sip::Flow& flow) {
  for (auto& [line, bindings] : bindings_) {
    std::erase_if(bindings, [&](const Binding& binding) { return binding.flow.id == flow.id; });
  }
}

void Directory::registered(const std::shared_ptr<sip::ServerTransaction>& transaction, const Party& party) {
  const Message& request = transaction->request();
  std::vector<Binding>& bindings = bindings_[party.line->name];
  clean(bindings);
  const std::string call_id(request.value("Call-ID"));
  const std::uint32_t cseq = sip::CSeq::parse(request.value("CSeq"))->number;
  // Nothing changes until all of it is sound (10.3, steps 6 to 8).
  std::vector<Binding> wanted = bindings;
  std::erase_if(wanted, [](const Binding& binding) { return binding.unfit; });
  for (const std::string_view value : request.all("Contact")) {
    if (value == "*") {
      if (request.value("Expires") != "0" || request.all("Contact").size() > 1) {
        return transaction->respond(400, "Contact * Needs Expires 0");
      }
      wanted.clear();
      continue;
    }
    const auto contact = NameAddress::parse(value);
    if (!contact || (contact->uri.scheme != "sip" && contact->uri.scheme != "sips"))
      return transaction->respond(400, "Bad Contact");
    const std::uint32_t seconds = wanted_expires(request, *contact, config_->max_expires);
    if (seconds > 0 && seconds < config_->min_expires.count()) {
      Message brief = transaction->reply(423);
      brief.add("Min-Expires", std::to_string(config_->min_expires.count()));
      return transaction->respond(std::move(brief));
    }
    const auto same = std::find_if(wanted.begin(), wanted.end(),
                                   [&](const Binding& each) { return each.contact == contact->uri.text; });
    if (same != wanted.end()) {
      if (same->call_id == call_id && cseq <= same->cseq) return transaction->respond(500, "CSeq Out Of Order");
      wanted.erase(same);
    }
    if (seconds == 0) continue;
    const auto granted = std::min<std::chrono::seconds>(std::chrono::seconds(seconds), config_->max_expires);
    const sip::Flow& flow = transaction->flow();
    wanted.push_back({contact->uri.text, flow, sip::reply_endpoint(flow, request).value_or(flow.remote), call_id, cseq,
                      agent_.timers().now() + granted, std::string(request.value("User-Agent"))});
    if (wanted.size() > kMaxBindings) wanted.erase(wanted.begin());
  }
  bindings = std::move(wanted);
  Message answer = transaction->reply(200);
  for (const Binding& binding : bindings) {
    const auto left = std::chrono::duration_cast<std::chrono::seconds>(binding.expires - agent_.timers().now());
    answer.add("Contact", "<" + binding.contact + ">;expires=" + std::to_string(left.count()));
  }
  transaction->respond(std::move(answer));
}

}  // namespace sallyport::controlplane
