#include "controlplane/signalling/sip/user_agent.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// The granularity of SIP's timers, of which the shortest is 200 ms.
constexpr std::chrono::milliseconds kTick{10};

constexpr std::array kMethods{"INVITE", "ACK",  "CANCEL", "BYE",   "OPTIONS", "REGISTER",
                              "UPDATE", "INFO", "PRACK",  "REFER", "NOTIFY"};
constexpr std::array kExtensions{"100rel", "replaces", "timer"};

template <std::size_t N>
std::string listed(const std::array<const char*, N>& words) {
  std::string text;
  for (const char* word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

bool knows_extension(std::string_view name) {
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&](const char* known) { return same_name(name, known); });
}

/// SUBSCRIBE is answered, but not listed: there is no package to subscribe to.
bool knows_method(std::string_view method) {
  return method == "SUBSCRIBE" ||
         std::any_of(kMethods.begin(), kMethods.end(), [&](const char* known) { return method == known; });
}

std::string destination_key(const Destination& destination) {
  std::string key(name_of(destination.kind));
  return key.append(" ").append(destination.remote.to_string()).append(" ").append(destination.server_name);
}

/// The media type of a Content-Type without its parameters, in lower case.
std::string media_type(std::string_view value) {
  std::string type(trim(value.substr(0, value.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return type;
}

bool accepts_sdp(const Message& message) {
  if (message.first("Accept") == nullptr) return true;
  const auto accepted = message.all("Accept");
  return std::any_of(accepted.begin(), accepted.end(), [](std::string_view value) {
    const std::string type = media_type(value);
    return type == "application/sdp" || type == "application/*" || type == "*/*";
  });
}

}  // namespace

std::string allowed_methods() { return listed(kMethods); }

std::string supported_extensions(bool reliable) { return reliable ? listed(kExtensions) : "replaces, timer"; }

void answer_options(ServerTransaction& transaction) {
  Message answer = transaction.reply(200);
  answer.add("Allow", allowed_methods());
  answer.add("Accept", "application/sdp");
  answer.add("Supported", supported_extensions());
  transaction.respond(std::move(answer));
}

UserAgent::UserAgent(boost::asio::io_context& io, PeerLimits limits, TransactionTimes times, std::string name,
                     Handlers handlers)
    : name_(std::move(name)),
      times_(times),
      handlers_(std::move(handlers)),
      timers_(std::chrono::steady_clock::now()),
      tick_(io),
      gate_(limit_log_),
      transport_(io, gate_, limit_log_,
                 {.received =
                      [this](const Flow& flow, Message message) {
                        timers_.run(std::chrono::steady_clock::now());  // so that delays count from now
                        transactions_.received(flow, std::move(message));
                      },
                  .closed =
                      [this](const Flow& flow, const std::string& why) {
                        std::erase_if(connected_, [&](const auto& entry) { return entry.second.id == flow.id; });
                        transactions_.closed(flow.id);
                        handlers_.closed(flow, why);
                      }}),
      transactions_(timers_, times,
                    [this](const Flow& flow, const Endpoint& to, SecretString text) {
                      return transport_.send(flow, to, std::move(text));
                    },
                    {.request = [this](const std::shared_ptr<ServerTransaction>& made) { take(made); },
                     .ack = [this](const Flow& flow, const Message& ack) { take_ack(flow, ack); },
                     .admit = [this](const Flow& flow, const Message& request) { return admit(flow, request); },
                     .full =
                         [this](const Flow& flow) {
                           limit_log_.bites(Limit::kTransactions, flow.remote.address, timers_.now());
                         }}) {
  set_limits(limits);
}

void UserAgent::set_limits(const PeerLimits& limits) {
  transport_.set_limits(limits.transport, limits.configured);
  gate_.set_limits(limits.requests, limits.configured);
}

void UserAgent::listen(Listener listener) {
  listener.local = transport_.listen(listener.kind, listener.local, listener.tls);
  listeners_.push_back(std::move(listener));
}

void UserAgent::run() { tick(); }

void UserAgent::tick() {
  timers_.run(std::chrono::steady_clock::now());
  limit_log_.settle(timers_.now());
  tick_.expires_after(kTick);
  tick_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

/// The one that requests come from: where there are several of the kind, the one on the way there.
const Listener* UserAgent::listener_towards(const Destination& destination) const {
  std::vector<const Listener*> fit;
  for (const Listener& listener : listeners_) {
    const bool same_family = listener.local.address.v6 == destination.remote.address.v6;
    if (listener.kind == destination.kind && same_family) fit.push_back(&listener);
  }
  if (fit.empty()) return nullptr;
  const auto source = fit.size() == 1 ? std::nullopt : transport_.source_towards(destination.remote);
  const auto found = std::find_if(fit.begin(), fit.end(),
                                  [&](const Listener* each) { return source && each->local.address == *source; });
  return found == fit.end() ? fit.front() : *found;
}

void UserAgent::reach(const Destination& destination, Reached reached) {
  const Listener* const listener = listener_towards(destination);
  if (destination.kind == TransportKind::kUdp) {
    const auto flow =
        listener == nullptr ? std::nullopt : transport_.datagram_flow(listener->local, destination.remote);
    if (flow) return reached(&*flow, {});
    return reached(nullptr, "no UDP listener of that address family");
  }
  const std::string key = destination_key(destination);
  if (const auto found = connected_.find(key); found != connected_.end()) {
    const Flow flow = found->second;
    return reached(&flow, {});
  }
  std::vector<Reached>& waiting = connecting_[key];
  waiting.push_back(std::move(reached));
  if (waiting.size() > 1) return;
  const auto local = listener == nullptr ? drivers::IpAddress{} : listener->local.address;
  transport_.connect(destination.kind, local, destination.remote, destination.tls, destination.server_name,
                     [this, key](const Flow* flow, const std::string& why) {
                       if (flow != nullptr) connected_.insert_or_assign(key, *flow);
                       const std::vector<Reached> told = std::move(connecting_.extract(key).mapped());
                       for (const Reached& each : told) each(flow, why);
                     });
}

const Listener* UserAgent::listener_of(const Flow& flow) const {
  const Listener* best = nullptr;
  for (const Listener& listener : listeners_) {
    if (listener.kind != flow.kind || listener.local.address.v6 != flow.local.address.v6) continue;
    if (listener.local.port == flow.local.port) return &listener;
    if (best == nullptr || listener.local.address == flow.local.address) best = &listener;
  }
  return best;
}

std::string UserAgent::sent_by(const Flow& flow) const {
  const Listener* listener = listener_of(flow);
  const std::uint16_t port = listener == nullptr ? flow.local.port : listener->local.port;
  const bool advertised = listener != nullptr && !listener->advertised.empty();
  return advertised ? listener->advertised + ":" + std::to_string(port)
                    : Endpoint{flow.local.address, port}.to_string();
}

std::string UserAgent::contact(const Flow& flow, std::string_view user) const {
  std::string text = "<sip:";
  if (!user.empty()) text.append(user).append("@");
  text += sent_by(flow);
  if (flow.kind != TransportKind::kUdp) text += flow.kind == TransportKind::kTls ? ";transport=tls" : ";transport=tcp";
  return text + ">";
}

std::shared_ptr<ClientTransaction> UserAgent::send(const Flow& flow, const Endpoint& to, Message request,
                                                   ClientTransaction::Events events) {
  if (request.first("User-Agent") == nullptr) request.add("User-Agent", name_);
  return transactions_.request(flow, to, sent_by(flow), std::move(request), std::move(events));
}

void UserAgent::send_ack(const Flow& flow, const Endpoint& to, Message ack) {
  transactions_.send_alone(flow, to, sent_by(flow), std::move(ack));
}

/// RFC 3261 8.2.1 to 8.2.3: what a user agent server has to look at before anything else.
bool UserAgent::refused(ServerTransaction& transaction) const {
  const Message& request = transaction.request();
  const auto refuse = [&](int status, std::string_view header = {}, std::string value = {}) {
    Message answer = transaction.reply(status);
    if (!header.empty()) answer.add(header, std::move(value));
    transaction.respond(std::move(answer));
    return true;
  };
  if (!knows_method(request.method())) return refuse(405, "Allow", allowed_methods());
  const auto uri = Uri::parse(request.uri());
  if (uri && uri->scheme != "sip" && uri->scheme != "sips" && uri->scheme != "tel") return refuse(416);
  std::string unsupported;
  for (const std::string_view extension : request.all("Require")) {
    if (!knows_extension(extension)) unsupported.append(unsupported.empty() ? "" : ", ").append(extension);
  }
  if (!unsupported.empty()) return refuse(420, "Unsupported", std::move(unsupported));
  const bool describes = request.method() == "INVITE" || request.method() == "UPDATE" || request.method() == "PRACK";
  if (!request.body().empty() && describes && media_type(request.value("Content-Type")) != "application/sdp") {
    return refuse(415, "Accept", "application/sdp");
  }
  if (!request.value("Content-Encoding").empty() && request.value("Content-Encoding") != "identity") {
    return refuse(415, "Accept-Encoding", "identity");
  }
  return describes && !accepts_sdp(request) && refuse(406);
}

/// Calls that are there go on and end whatever else comes in. A tag alone makes no call: the dialog has to be known.
Admission UserAgent::admit(const Flow& flow, const Message& request) {
  return dialogs_.contains(dialog_id(request)) ? Admission::kServed : gate_.admit(flow, timers_.now());
}

/// What goes wrong with one request is that request's end, and nobody else's.
void UserAgent::take(const std::shared_ptr<ServerTransaction>& transaction) try {
  if (refused(*transaction)) return;
  const std::string id = dialog_id(transaction->request());
  if (id.empty()) return handlers_.request(transaction);
  const auto found = dialogs_.find(id);
  if (found != dialogs_.end()) return found->second->request(transaction);
  // Keep-alives and registrations may carry a tag of some time ago.
  const std::string_view method = transaction->request().method();
  if (method == "OPTIONS" || method == "REGISTER") return handlers_.request(transaction);
  transaction->respond(481);
} catch (const std::exception& error) {
  spdlog::error("SIP: {} from {}: {}", transaction->request().method(), transaction->flow().remote.to_string(),
                error.what());
  transaction->respond(500);
}

void UserAgent::take_ack(const Flow& flow, const Message& ack) {
  const auto found = dialogs_.find(dialog_id(ack));
  if (found != dialogs_.end()) found->second->ack(flow, ack);
}

}  // namespace sallyport::controlplane::sip
