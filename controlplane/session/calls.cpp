#include "controlplane/session/calls.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "controlplane/session/call_json.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "crypto/error.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// One write, so that lines of it stay whole whoever else writes there.
void append_line(const std::string& path, std::string line) {
  line += '\n';
  const drivers::FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    spdlog::error("call records: cannot write to {}", path);
  }
}

/// The number that a request is for: the user of its URI.
std::string dialled(const sip::Message& request) {
  const auto uri = sip::Uri::parse(request.uri());
  return uri ? uri->user : std::string();
}

/// What a request outside of dialogs asks for beyond calls; nothing where it does not.
std::optional<Privilege> privilege_for(std::string_view method) {
  if (method == "REFER") return Privilege::kRefer;
  if (method == "NOTIFY") return Privilege::kNotify;
  if (method == "SUBSCRIBE") return Privilege::kPresence;
  return std::nullopt;
}

/// Answers what its sender may ask for.
void serve_beyond_calls(sip::ServerTransaction& transaction, const Party& sender, Privilege privilege) {
  const sip::Message& request = transaction.request();
  if (privilege == Privilege::kRefer) return transaction.respond(501, "REFER Outside Of A Dialog");
  const std::string_view event = request.value("Event");
  if (privilege == Privilege::kNotify && !event.empty()) {
    spdlog::info("SIP: NOTIFY of {} taken: {}", sender.to_string(), event);
    return transaction.respond(200);
  }
  // RFC 6665 4.2.1.1 and 8.2.2. The only package is that of our own REFER subscriptions, which nobody subscribes to.
  sip::Message refused = transaction.reply(489);
  refused.add("Allow-Events", "refer");
  transaction.respond(std::move(refused));
}

}  // namespace

Calls::Calls(CallWorld world) : world_(std::move(world)) {
  world_.over = [this](Call& call) { over(call); };
  world_.find = [this](const std::string& dialog) { return find(dialog); };
}

Calls::~Calls() {
  alive_.reset();
  for (auto& [id, call] : calls_) {
    if (!call->over()) call->hang_up("the gateway ends");
  }
}

void Calls::request(const std::shared_ptr<sip::ServerTransaction>& transaction) {
  const sip::Message& request = transaction->request();
  if (request.method() == "OPTIONS") return sip::answer_options(*transaction);
  const auto privilege = privilege_for(request.method());
  if (!privilege && request.method() != "INVITE" && request.method() != "REGISTER") return transaction->respond(481);
  Sender sender = world_.directory.sender(request, transaction->flow());
  if (sender.refused) {
    spdlog::info("SIP: {} from {} refused: {}", request.method(), transaction->flow().remote.to_string(),
                 sender.refused->why);
    return transaction->respond(sender.refused->status);
  }
  // The trunk or line first, before anybody is asked for a password, then the user (S7).
  if (privilege && !world_.directory.authorised(*transaction, sender.party, *privilege)) return;
  if (!world_.directory.authenticated(transaction, sender.party)) return;
  if (privilege && !world_.directory.authorised(*transaction, sender.party, *privilege)) return;
  if (privilege) return serve_beyond_calls(*transaction, sender.party, *privilege);
  if (request.method() == "INVITE") return invite(transaction, std::move(sender.party));
  if (sender.party.line == nullptr) return transaction->respond(403);
  world_.directory.registered(transaction, sender.party);
}

void Calls::invite(const std::shared_ptr<sip::ServerTransaction>& transaction, Party caller) {
  // A B2BUA ends the hops of its caller's side (RFC 7332): none left means that this one is in a loop.
  if (transaction->request().value("Max-Forwards") == "0") return transaction->respond(483);
  if (const std::string* replaces = transaction->request().first("Replaces")) {
    return replace(transaction, sip::replaced_dialog(*replaces), std::move(caller));
  }
  if (calls_.size() >= world_.directory.config()->max_calls) {
    world_.agent.limit_log().bites(sip::Limit::kCalls, transaction->flow().remote.address, world_.agent.timers().now());
    sip::Message busy = transaction->reply(503);
    busy.add("Retry-After", sip::retry_after());
    return transaction->respond(std::move(busy));
  }
  Target target = world_.directory.route(dialled(transaction->request()));
  if (target.refused) {
    spdlog::info("SIP: INVITE of {} refused: {}", caller.to_string(), target.refused->why);
    return transaction->respond(target.refused->status);
  }
  const std::uint64_t id = ++last_id_;
  auto made = std::make_unique<Call>(world_, id, std::move(caller), std::move(target));
  Call& call = *made;
  calls_.emplace(id, std::move(made));
  call.start(transaction);
}

/// RFC 3891 3: whoever knows a dialog's name need not be let into it (S7). A line may always move a call of its own.
void Calls::replace(const std::shared_ptr<sip::ServerTransaction>& transaction, const std::string& dialog,
                    Party caller) {
  const auto [call, leg] = find(dialog);
  const bool own = call != nullptr && caller.line != nullptr && caller.same(call->party(leg));
  if (!own && !world_.directory.authorised(*transaction, caller, Privilege::kReplaces)) return;
  if (call == nullptr) return transaction->respond(481);
  call->replace_leg(leg, transaction, std::move(caller));
}

void Calls::over(Call& call) {
  record(call);
  past_.emplace_back(call.id(), call_details(call.view()));
  if (past_.size() > kRemembered) past_.pop_front();
  // Whoever told us that it is over is still at work in it.
  world_.agent.timers().schedule(std::chrono::milliseconds(0), [this, id = call.id(), alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) calls_.erase(id);
  });
}

void Calls::record(const Call& call) {
  const std::string& path = world_.directory.config()->cdr;
  if (path.empty()) return;
  append_line(path, call_record(call.view()).dump(-1, ' ', false, json::error_handler_t::replace));
}

Call* Calls::of(StreamHandle handle) const {
  const auto id = world_.gate.call_of(handle);
  const auto found = id ? calls_.find(*id) : calls_.end();
  return found == calls_.end() ? nullptr : found->second.get();
}

/// Few transfers have a dialog to be found; a walk is dear only where there is one.
std::pair<Call*, std::size_t> Calls::find(const std::string& dialog) const {
  if (dialog.empty() || !world_.agent.has(dialog)) return {nullptr, 0};
  for (const auto& [id, call] : calls_) {
    for (const std::size_t number : {Call::kCaller, Call::kCallee}) {
      if (!call->over() && call->dialog(number) == dialog) return {call.get(), number};
    }
  }
  return {nullptr, 0};
}

void Calls::media_lost(StreamHandle handle, bool lost) {
  if (Call* const call = of(handle)) call->media_lost(handle, lost);
}

void Calls::key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told) {
  if (Call* const call = of(handle)) call->key_lifetime(handle, told);
}

void Calls::refused(StreamHandle handle) {
  if (Call* call = of(handle)) call->refused(handle);
}

json Calls::list() const {
  json shown = json::array();
  for (const auto& [id, call] : calls_) {
    if (!call->over()) shown.push_back(call_line(call->view()));
  }
  for (const auto& [id, details] : past_) {
    json line = details;
    for (const char* key : {"legs", "history", "transfers", "security_reason", "answered", "ended"}) line.erase(key);
    shown.push_back(std::move(line));
  }
  return shown;
}

json Calls::show(std::uint64_t id) const {
  if (const auto found = calls_.find(id); found != calls_.end()) return call_details(found->second->view());
  for (const auto& [number, details] : past_) {
    if (number == id) return details;
  }
  throw SetupError("no call " + std::to_string(id) + ": expected one that `sallyport calls` shows");
}

json Calls::registrations() const {
  json shown = json::array();
  const auto now = world_.agent.timers().now();
  for (const auto& [line, bindings] : world_.directory.all_bindings()) {
    for (const Binding& binding : bindings) {
      if (binding.expires <= now) continue;
      shown.push_back({{"line", line},
                       {"contact", binding.contact},
                       {"transport", sip::name_of(binding.flow.kind)},
                       {"from", binding.flow.remote.to_string()},
                       {"expires", std::chrono::duration_cast<std::chrono::seconds>(binding.expires - now).count()},
                       {"user_agent", binding.user_agent},
                       {"unfit", binding.unfit}});
    }
  }
  return shown;
}

}  // namespace sallyport::controlplane
