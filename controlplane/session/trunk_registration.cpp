#include "controlplane/session/trunk_registration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "controlplane/random_bytes.hpp"
#include "controlplane/session/digest_reply.hpp"
#include "controlplane/session/trunk_target.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane {
namespace {

using sip::Message;
using Duration = sip::TimerQueue::Duration;

/// A provider may ask us to wait for no longer than this, and to be registered for no longer either.
constexpr std::chrono::hours kLongest{24};
constexpr unsigned kMostDoublings = 16;

/// Between `low` and all of it, so that many gateways that lost one provider do not come back as one.
Duration jittered(Duration delay, double low) {
  std::array<std::uint8_t, 2> random{};
  fill_random(random);
  const double part = (random[0] * 256 + random[1]) / 65'535.0;
  return std::chrono::duration_cast<Duration>(delay * (low + (1 - low) * part));
}

std::optional<std::chrono::seconds> seconds_of(std::string_view text) {
  const auto count = sip::parse_count(text, 0xffffffff);
  return count ? std::optional(std::min<std::chrono::seconds>(std::chrono::seconds(*count), kLongest)) : std::nullopt;
}

/// How long our contact is registered: its own parameter, else Expires, else what was asked for (RFC 3261 10.2.4). A
/// registrar that sees us behind a NAT may have written another contact: the shortest one, then.
std::chrono::seconds granted(const Message& answer, const std::string& ours, std::chrono::seconds wanted) {
  auto shortest = seconds_of(answer.value("Expires")).value_or(wanted);
  for (const std::string_view value : answer.all("Contact")) {
    const auto contact = sip::NameAddress::parse(value);
    const std::string* own = contact ? sip::find_parameter(contact->parameters, "expires") : nullptr;
    const auto time = own != nullptr ? seconds_of(*own) : std::nullopt;
    if (!time) continue;
    if (contact->uri.text == ours) return *time;
    shortest = std::min(shortest, *time);
  }
  return shortest;
}

}  // namespace

std::string_view to_string(TrunkRegistration::State state) noexcept {
  using State = TrunkRegistration::State;
  return state == State::kRegistered ? "registered" : state == State::kFailed ? "failed" : "trying";
}

TrunkRegistration::TrunkRegistration(sip::UserAgent& agent, Settings settings, Ways ways, RegistrationTimes times)
    : agent_(agent),
      settings_(std::move(settings)),
      ways_(std::move(ways)),
      times_(times),
      client_([&] {
        PartyConfig party;
        party.username = settings_.user;
        party.password = settings_.password;
        return digest_client_of(party);
      }()),
      call_id_(sip::random_token(16)),
      tag_(sip::random_token(8)),
      expires_(settings_.expires) {}

TrunkRegistration::~TrunkRegistration() { forget_request(); }

void TrunkRegistration::start() { try_in(std::chrono::milliseconds(0)); }

void TrunkRegistration::leave(std::function<void()> done) {
  const bool there = seen_.until && *seen_.until > agent_.timers().now() && home_;
  forget_request();
  done_ = std::move(done);
  expires_ = std::chrono::seconds(0);
  attempts_ = {};
  // Whoever asks has to return first.
  next_ = agent_.timers().schedule(std::chrono::milliseconds(0), [this, there] {
    if (there) {
      reach(*home_);
    } else {
      left();
    }
  });
}

void TrunkRegistration::flow_closed(const sip::Flow& flow) {
  if (done_ || !flow_ || flow_->id != flow.id || !flow.reliable() || seen_.state != State::kRegistered) return;
  seen_.state = State::kTrying;
  try_in(jittered(times_.retry / 4, 0.5));
}

void TrunkRegistration::forget_request() {
  ++attempt_;
  agent_.timers().cancel(next_);
  agent_.timers().cancel(patience_);
  if (request_) std::exchange(request_, nullptr)->set_events({});
}

void TrunkRegistration::try_in(Duration delay) {
  forget_request();
  next_ = agent_.timers().schedule(delay, [this] { try_now(); });
}

void TrunkRegistration::try_now() {
  attempts_ = {};
  const std::vector<TrunkTarget> targets = ways_.targets();
  // Names may be being looked up still.
  if (targets.empty() && failures_ == 0) {
    ++failures_;
    return try_in(times_.retry / 4);
  }
  if (targets.empty()) return failed("the trunk has no target");
  reach(next_of(targets));
}

/// The first one, but behind a failure the one that follows where that was: what is first may have changed meanwhile.
const TrunkTarget& TrunkRegistration::next_of(const std::vector<TrunkTarget>& targets) const {
  if (failures_ == 0 || !seen_.target) return targets.front();
  auto at = std::find(targets.begin(), targets.end(), *seen_.target);
  return at == targets.end() || ++at == targets.end() ? targets.front() : *at;
}

void TrunkRegistration::reach(const TrunkTarget& target) {
  forget_request();
  seen_.target = target;
  patience_ = agent_.timers().schedule(times_.patience, [this] { failed("no answer"); });
  agent_.reach(ways_.destination(target), [this, target, number = attempt_, weak = std::weak_ptr(alive_)](
                                              const sip::Flow* flow, const std::string& why) {
    if (weak.expired() || number != attempt_) return;
    if (flow == nullptr) return failed(why);
    Message message = request(*flow, target);
    add_credentials(client_, message);
    send(*flow, target.remote, std::move(message));
  });
}

Message TrunkRegistration::request(const sip::Flow& flow, const TrunkTarget& target) const {
  const std::string address =
      target.remote.address.v6 ? "[" + target.remote.address.to_string() + "]" : target.remote.address.to_string();
  const std::string& host = target.host.empty() ? address : target.host;
  const std::string& domain = settings_.domain.empty() ? host : settings_.domain;
  const std::string aor = "<sip:" + settings_.user + "@" + domain + ">";
  Message message = Message::request("REGISTER", "sip:" + domain);
  message.add("Max-Forwards", "70");
  message.add("From", aor + ";tag=" + tag_);
  message.add("To", aor);
  message.add("Call-ID", call_id_);
  message.add("CSeq", "0 REGISTER");
  message.add("Contact", agent_.contact(flow, settings_.user));
  message.add("Expires", std::to_string(expires_.count()));
  return message;
}

void TrunkRegistration::send(const sip::Flow& flow, const Endpoint& to, Message message) {
  message.set("CSeq", std::to_string(++cseq_) + " REGISTER");
  flow_ = flow;
  to_ = to;
  request_ = agent_.send(flow, to, std::move(message),
                         {.response =
                              [this](const Message& answer) {
                                if (answer.status() >= 200) response(answer);
                              },
                          .failed =
                              [this](sip::ClientTransaction::Failure failure) {
                                const bool timeout = failure == sip::ClientTransaction::Failure::kTimeout;
                                failed(timeout ? "no answer" : "the connection is gone");
                              }});
}

void TrunkRegistration::response(const Message& answer) {
  const int status = answer.status();
  std::string text = std::to_string(status) + " " + answer.reason();
  if (status < 300) {
    seen_.answer = std::move(text);
    return registered(answer);
  }
  if ((status == 401 || status == 407) && prove(answer, text)) return;
  if (status == 423 && ask_for_longer(answer)) return;
  // "Retry-After: 18000 (in a meeting);duration=3600"
  const std::string_view wait = answer.value("Retry-After");
  failed(text, seconds_of(wait.substr(0, wait.find_first_of(" ;("))));
}

/// The same request with credentials: a new transaction with the next CSeq (RFC 3261 22.2). `why`: gets the reason
/// where there are none to send.
bool TrunkRegistration::prove(const Message& challenge, std::string& why) {
  if (settings_.password.empty()) return false;
  Message again = request_->request();
  for (const char* name : {"Via", "Authorization", "Proxy-Authorization"}) again.remove(name);
  const DigestOutcome outcome = answer_challenge(client_, attempts_, challenge, again);
  if (outcome != DigestOutcome::kAnswerable) {
    why.append(", ").append(sallyport::controlplane::to_string(outcome));
    return false;
  }
  send(*flow_, to_, std::move(again));
  return true;
}

/// RFC 3261 10.2.8.
bool TrunkRegistration::ask_for_longer(const Message& answer) {
  const auto least = seconds_of(answer.value("Min-Expires"));
  if (!least || *least <= expires_ || done_) return false;
  expires_ = *least;
  reach(*seen_.target);
  return true;
}

void TrunkRegistration::registered(const Message& answer) {
  if (done_) return left();
  const auto contact = sip::NameAddress::parse(request_->request().value("Contact"));
  const std::chrono::seconds time = granted(answer, contact->uri.text, expires_);
  // Nobody has to be asked more than once in a second.
  const Duration life = std::max(time, std::chrono::seconds(1));
  if (seen_.state != State::kRegistered) {
    spdlog::info("{}: registered at {} for {} s", settings_.name, to_string(*seen_.target), time.count());
  }
  failures_ = 0;
  home_ = seen_.target;
  seen_.state = State::kRegistered;
  seen_.until = agent_.timers().now() + life;
  try_in(jittered(life * 4 / 5, 0.8));
}

void TrunkRegistration::failed(const std::string& why, std::optional<std::chrono::seconds> wait) {
  if (done_) return left();
  seen_.answer = why;
  const bool ours = seen_.until && *seen_.until > agent_.timers().now();
  if (seen_.state != State::kFailed) {
    spdlog::warn("{}: cannot register{}: {}", settings_.name,
                 seen_.target ? " at " + to_string(*seen_.target) : std::string(), seen_.answer);
  }
  seen_.state = State::kFailed;
  if (!ours) seen_.until.reset();
  const auto delay = std::min(times_.retry * (1U << std::min(failures_++, kMostDoublings)), times_.most);
  const Duration retry = jittered(delay, 0.5);
  try_in(std::max<Duration>(retry, wait.value_or(std::chrono::seconds(0))));
}

void TrunkRegistration::left() {
  forget_request();
  seen_.until.reset();
  if (const auto done = std::exchange(done_, {})) done();
}

}  // namespace sallyport::controlplane
