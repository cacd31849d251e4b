#include "controlplane/session/device_notice.hpp"

#include <spdlog/spdlog.h>

#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using sip::ClientTransaction;
using sip::Message;

/// What phones take without a subscription. Those that know no "reboot" load their configuration all the same.
Message check_sync(const Binding& binding, const std::string& line, const std::string& realm) {
  Message notify = Message::request("NOTIFY", binding.contact);
  notify.add("Max-Forwards", "70");
  notify.add("From", "<sip:" + realm + ">;tag=" + sip::random_token(8));
  notify.add("To", "<sip:" + line + "@" + realm + ">");
  notify.add("Call-ID", sip::random_token(16));
  notify.add("CSeq", "1 NOTIFY");
  notify.add("Event", "check-sync;reboot=false");
  notify.add("Subscription-State", "terminated");  // RFC 6665 8.2.1: there has to be one
  return notify;
}

}  // namespace

void DeviceNotice::tell(const std::vector<std::string>& lines) {
  round_ = std::make_shared<Round>();
  for (const std::string& line : lines) {
    for (Binding& binding : directory_.reachable(line)) round_->push_back({line, std::move(binding), "asked", {}});
  }
  // An answer may come before the last one is asked: the round does not grow any more.
  const auto round = round_;
  for (std::size_t number = 0; number < round->size(); ++number) tell((*round)[number], round, number);
}

void DeviceNotice::tell(Told& told, const std::shared_ptr<Round>& round, std::size_t number) {
  Message notify = check_sync(told.binding, told.line, directory_.config()->realm);
  notify.add("Contact", agent_.contact(told.binding.flow));
  const auto if_alive = [round, number, alive = std::weak_ptr(alive_)](auto&& then) {
    if (!alive.expired()) then((*round)[number]);
  };
  agent_.send(told.binding.flow, told.binding.to, std::move(notify),
              {.response =
                   [this, if_alive](const Message& answer) {
                     if_alive([&](Told& one) { answered(one, answer.status(), answer.reason()); });
                   },
               .failed =
                   [this, if_alive](ClientTransaction::Failure failure) {
                     const bool silent = failure == ClientTransaction::Failure::kTimeout;
                     if_alive([&](Told& one) { refused(one, silent ? "it does not answer" : "it cannot be reached"); });
                   }});
}

void DeviceNotice::answered(Told& told, int status, const std::string& reason) {
  if (status < 200) return;
  const std::string answer = std::to_string(status) + " " + reason;
  if (status >= 300) return refused(told, answer);
  told.state = "told";
  told.why = answer;
  spdlog::info("line {}: {} was told to load its configuration", told.line, told.binding.contact);
}

void DeviceNotice::refused(Told& told, std::string why) {
  told.state = "has to register again";
  told.why = std::move(why);
  directory_.forget(told.line, told.binding);
  spdlog::info("line {}: {} was not told to load its configuration ({}) and has to register again", told.line,
               told.binding.contact, told.why);
}

json DeviceNotice::outcome() const {
  json shown = json::array();
  for (const Told& told : *round_) {
    shown.push_back({{"line", told.line}, {"contact", told.binding.contact}, {"state", told.state}, {"why", told.why}});
  }
  return shown;
}

}  // namespace sallyport::controlplane
