#include "controlplane/signalling/sip/dialog.hpp"

#include <algorithm>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr std::string_view kMaxForwards = "70";
/// A first CSeq that leaves room for counting up (RFC 3261 12.2.1.1) is chosen by whoever makes the INVITE; a party
/// that sends first within a dialog of ours begins here.
constexpr std::uint32_t kFirstCseq = 1;

std::string tag_of(std::string_view value) {
  const auto address = NameAddress::parse(value);
  return address ? std::string(address->tag()) : std::string();
}

std::string make_id(std::string_view call_id, std::string_view local_tag, std::string_view remote_tag) {
  std::string id(call_id);
  return id.append(" ").append(local_tag).append(" ").append(remote_tag);
}

std::string with_tag(std::string_view value, std::string_view tag) {
  std::string text(value);
  if (tag_of(value).empty()) text.append(";tag=").append(tag);
  return text;
}

}  // namespace

std::string contact_uri(const Message& message) {
  const std::string_view contact = message.value("Contact");
  if (contact.empty() || contact == "*") return {};
  const auto address = NameAddress::parse(contact);
  return address ? address->uri.text : std::string();
}

std::string dialog_id(const Message& request) {
  const std::string local = tag_of(request.value("To"));
  if (local.empty()) return {};
  return make_id(request.value("Call-ID"), local, tag_of(request.value("From")));
}

std::optional<Dialog> Dialog::of_server(const Message& invite, std::string_view local_tag) {
  Dialog dialog;
  dialog.call_id_ = invite.value("Call-ID");
  dialog.local_tag_ = local_tag;
  dialog.remote_tag_ = tag_of(invite.value("From"));
  dialog.remote_target_ = contact_uri(invite);
  if (dialog.remote_tag_.empty() || dialog.remote_target_.empty()) return std::nullopt;
  dialog.local_ = with_tag(invite.value("To"), local_tag);
  dialog.remote_ = invite.value("From");
  for (const std::string_view route : invite.all("Record-Route")) dialog.routes_.emplace_back(route);
  const auto cseq = CSeq::parse(invite.value("CSeq"));
  if (cseq) dialog.remote_cseq_ = cseq->number;
  dialog.local_cseq_ = kFirstCseq;
  dialog.id_ = make_id(dialog.call_id_, dialog.local_tag_, dialog.remote_tag_);
  return dialog;
}

std::optional<Dialog> Dialog::of_client(const Message& invite, const Message& answer) {
  Dialog dialog;
  dialog.call_id_ = invite.value("Call-ID");
  dialog.local_tag_ = tag_of(invite.value("From"));
  dialog.remote_tag_ = tag_of(answer.value("To"));
  if (dialog.remote_tag_.empty()) return std::nullopt;
  dialog.local_ = invite.value("From");
  dialog.remote_ = answer.value("To");
  dialog.remote_target_ = contact_uri(answer);
  if (dialog.remote_target_.empty()) dialog.remote_target_ = invite.uri();
  for (const std::string_view route : answer.all("Record-Route")) dialog.routes_.emplace_back(route);
  std::reverse(dialog.routes_.begin(), dialog.routes_.end());
  const auto cseq = CSeq::parse(invite.value("CSeq"));
  dialog.local_cseq_ = cseq ? cseq->number : kFirstCseq;
  dialog.id_ = make_id(dialog.call_id_, dialog.local_tag_, dialog.remote_tag_);
  return dialog;
}

Message Dialog::bare(const std::string& method, std::uint32_t cseq) const {
  // A first route without "lr" is of RFC 2543 and unknown in the field: its URI would be the request's (12.2.1.1).
  Message message = Message::request(method, remote_target_);
  for (const std::string& route : routes_) message.add("Route", route);
  message.add("Max-Forwards", std::string(kMaxForwards));
  message.add("From", local_);
  message.add("To", remote_);
  message.add("Call-ID", call_id_);
  message.add("CSeq", std::to_string(cseq) + " " + method);
  return message;
}

Message Dialog::request(const std::string& method) { return bare(method, ++local_cseq_); }

Message Dialog::ack(std::uint32_t invite_cseq) const { return bare("ACK", invite_cseq); }

bool Dialog::in_order(const Message& request) {
  const auto cseq = CSeq::parse(request.value("CSeq"));
  if (!cseq || (remote_cseq_ && cseq->number <= *remote_cseq_)) return false;
  remote_cseq_ = cseq->number;
  return true;
}

void Dialog::refresh_target(const Message& message) {
  std::string target = contact_uri(message);
  if (!target.empty()) remote_target_ = std::move(target);
}

std::string replaced_dialog(std::string_view replaces) {
  const std::string_view call_id = trim(replaces.substr(0, replaces.find(';')));
  const auto tag = [&](std::string_view name) {
    const std::size_t at = replaces.find(name);
    if (at == std::string_view::npos) return std::string_view{};
    const std::string_view rest = replaces.substr(at + name.size());
    return trim(rest.substr(0, rest.find(';')));
  };
  const std::string_view ours = tag(";to-tag=");
  const std::string_view theirs = tag(";from-tag=");
  if (call_id.empty() || ours.empty() || theirs.empty()) return {};
  return make_id(call_id, ours, theirs);
}

}  // namespace sallyport::controlplane::sip
