#include "controlplane/signalling/sip/call_leg.hpp"

#include <algorithm>

#include "controlplane/signalling/sip/dialog_errand.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Parties that ring at once for one INVITE; more are somebody's mistake or attack.
constexpr std::size_t kMaxForks = 16;
constexpr const char* kSdp = "application/sdp";

/// How long a party may think about a further INVITE: nobody has to be asked for it.
constexpr std::chrono::seconds kReinvitePatience{60};
/// How often a party may find a session too brief.
constexpr unsigned kMaxTooBrief = 3;

}  // namespace

/// Acknowledges a 2xx that nobody wants, and ends the dialog that it made.
void CallLeg::let_go(UserAgent& agent, const Flow& flow, const Endpoint& to, const Message& invite,
                     const Message& answer, const Forks& forks) {
  auto dialog = Dialog::of_client(invite, answer);
  if (!dialog) return;
  agent.send_ack(flow, to, dialog->ack(dialog->local_cseq()));
  if (const auto same = forks.find(dialog->id()); same != forks.end()) dialog->go_on_from(*same->second);
  agent.send(flow, to, dialog->request("BYE"), {});
}

CallLeg::Forks CallLeg::forks() const {
  Forks forks;
  for (const auto& [id, early] : early_) forks.emplace(id, early.dialog);
  return forks;
}

CallLeg::~CallLeg() {
  agent_.timers().cancel(session_timer_);
  agent_.timers().cancel(patience_);
  leave_client({});
  leave_answered();
  // One that nobody answers would be kept for ever.
  if (server_) refuse_server(487);
  if (unacknowledged_) unacknowledged_->set_events({});
  if (dialog_) agent_.remove(dialog_->id());
  for (const auto& [id, early] : early_) agent_.remove(id);
}

std::string CallLeg::take(const std::shared_ptr<ServerTransaction>& invite, std::string contact_user, Events events) {
  auto dialog = Dialog::of_server(invite->request(), invite->to_tag());
  if (!dialog) {
    invite->respond(400, "No From Tag Or Contact");
    return "an INVITE without From tag or Contact";
  }
  if (is_too_brief(invite->request(), agent_.session_times())) {
    refuse_as_too_brief(*invite, agent_.session_times());
    return "it asks for a session interval below ours";
  }
  set_events(std::move(events));
  flow_ = invite->flow();
  to_ = reply_endpoint(flow_, invite->request()).value_or(flow_.remote);
  call_id_ = dialog->call_id();
  contact_ = agent_.contact(flow_, contact_user);
  server_ = invite;
  confirm(std::move(*dialog));
  watch_server();
  if (lists(server_->request(), "Require", "100rel")) {
    reliable_ = std::make_unique<ReliableAnswers>(agent_.timers(), agent_.times(), server_, [this] {
      refuse_server(504);
      end("no PRACK came");
    });
  }
  return {};
}

void CallLeg::watch_server() {
  server_->set_events({.cancelled =
                           [this] {
                             // One within the call is answered by what it set in motion: the 200 may cross a CANCEL
                             // (RFC 3261 9.2).
                             if (server_ == nullptr || up_) return;
                             refuse_server(487);
                             end("cancelled");
                           },
                       .unacknowledged =
                           [this] {
                             unacknowledged_.reset();
                             if (over_) return;
                             send_bye("no ACK");
                             end("no ACK came");
                           },
                       .gone =
                           [this] {
                             // Before there is a call nobody can find us again.
                             if (server_ != nullptr && !up_) end("its connection is gone");
                           }});
}

void CallLeg::confirm(Dialog dialog) {
  if (dialog_) agent_.remove(dialog_->id());
  dialog_ = std::make_shared<Dialog>(std::move(dialog));
  agent_.add(dialog_->id(), *this);
}

void CallLeg::invite(const Flow& flow, const Endpoint& to, const Invitation& invitation, SecretString description,
                     Events events) {
  set_events(std::move(events));
  flow_ = flow;
  to_ = to;
  call_id_ = random_token(16);
  contact_ = agent_.contact(flow_, invitation.contact);
  uri_ = invitation.uri;
  Message invite = Message::request("INVITE", invitation.uri);
  invite.add("Max-Forwards", std::to_string(invitation.max_forwards));
  invite.add("From", invitation.from + ";tag=" + random_token(8));
  invite.add("To", invitation.to);
  invite.add("Call-ID", call_id_);
  invite.add("CSeq", "1 INVITE");
  if (!invitation.referred_by.empty()) invite.add("Referred-By", invitation.referred_by);
  invite.set_body(kSdp, std::move(description));
  send_invite(std::move(invite));
}

void CallLeg::send_invite(Message invite) {
  invite.set("Contact", contact_);
  invite.set("Allow", allowed_methods());
  // An offer in a provisional answer would want its answer in the PRACK, before anybody has made one.
  invite.set("Supported", supported_extensions(!invite.body().empty()));
  ask_for_timer(invite, agent_.session_times(), longer_, false);
  say_status(invite);
  const auto cseq = CSeq::parse(invite.value("CSeq"));
  invite_cseq_ = cseq ? cseq->number : 0;
  leave_answered();
  last_ack_.reset();
  agent_.timers().cancel(patience_);
  if (up_) {
    patience_ = agent_.timers().schedule(kReinvitePatience, [this] {
      if (client_) client_->cancel();
    });
  }
  client_ = agent_.send(flow_, to_, std::move(invite), client_events());
}

ClientTransaction::Events CallLeg::client_events() {
  return {.response = [this](const Message& answer) { response(answer); },
          .failed =
              [this](ClientTransaction::Failure failure) {
                const bool timeout = failure == ClientTransaction::Failure::kTimeout;
                final_failure(timeout ? 408 : 503, timeout ? "no answer" : "the connection is gone");
              }};
}

void CallLeg::response(const Message& answer) {
  if (answer.status() < 200) {
    if (answer.status() > 100) provisional(answer);
  } else if (answer.status() < 300) {
    success(answer);
  } else if (answer_too_brief(answer)) {
    return;
  } else if ((answer.status() != 401 && answer.status() != 407) || !answer_challenge(answer)) {
    final_failure(answer.status(), answer.reason());
  }
}

/// The same INVITE with credentials: a new transaction with the next CSeq (RFC 3261 22.2).
bool CallLeg::answer_challenge(const Message& challenge) {
  if (!events_ || !events_->challenged) return false;
  Message again = sent_again(client_->request(), dialog_ ? dialog_->next_cseq() : invite_cseq_ + 1);
  if (!events()->challenged(challenge, again, challenges_)) return false;
  ++challenges_;
  send_invite(std::move(again));
  return true;
}

/// RFC 4028 7.4: once more, with the interval that it insists on.
bool CallLeg::answer_too_brief(const Message& answer) {
  if (answer.status() != 422) return false;
  const auto shortest = parse_count(trim(answer.value("Min-SE")), 0x7fffffff);
  if (!shortest || std::chrono::seconds(*shortest) <= longer_ || ++too_brief_ > kMaxTooBrief) return false;
  longer_ = std::chrono::seconds(*shortest);
  send_invite(sent_again(client_->request(), dialog_ ? dialog_->next_cseq() : invite_cseq_ + 1));
  return true;
}

void CallLeg::provisional(const Message& answer) {
  if (auto dialog = up_ ? std::nullopt : Dialog::of_client(client_->request(), answer)) {
    // Each fork makes an early dialog of its own; the latest one is where its party is heard (field case 10).
    auto known = early_.find(dialog->id());
    if (known == early_.end() && early_.size() < kMaxForks) {
      agent_.add(dialog->id(), *this);
      const std::string id = dialog->id();
      known = early_.emplace(id, Early{std::make_shared<Dialog>(std::move(*dialog))}).first;
    }
    if (known != early_.end() && !acknowledge_reliable(known->second, answer)) return;
  }
  events()->progress(answer.status(), answer.body());
}

/// RFC 3262 4. False: a copy, or one that came before its turn, which counts when it comes again.
bool CallLeg::acknowledge_reliable(Early& early, const Message& answer) {
  const auto number = reliable_number(answer);
  if (!number) return true;
  if (early.reliable != 0 && *number != early.reliable + 1) return false;
  early.reliable = *number;
  Message prack = early.dialog->request("PRACK");
  prack.add("RAck", std::to_string(*number).append(" ").append(answer.value("CSeq")));
  DialogErrand::send(agent_, early.dialog, {flow_, to_, events_->reach, events_->challenged}, std::move(prack), {});
  return true;
}

void CallLeg::success(const Message& answer) {
  const auto to = NameAddress::parse(answer.value("To"));
  const std::string tag(to ? to->tag() : std::string_view{});
  if (answered_) {
    if (tag != answered_tag_) return let_go(agent_, flow_, to_, answered_->request(), answer, forks_);
    // The same 2xx again: its ACK was lost, or is still to come.
    if (last_ack_) agent_.send_ack(flow_, to_, *last_ack_);
    return;
  }
  answered_tag_ = tag;
  answered_ = std::exchange(client_, nullptr);
  agent_.timers().cancel(patience_);
  if (up_) {
    dialog_->refresh_target(answer);
    keep_time(timer_of_answer(answer));
    return events()->answered(answer.body());
  }
  auto dialog = Dialog::of_client(answered_->request(), answer);
  forks_ = forks();
  for (const auto& [id, each] : std::exchange(early_, {})) agent_.remove(id);
  if (!dialog) return final_failure(502, "an answer without a tag");
  if (const auto same = forks_.find(dialog->id()); same != forks_.end()) dialog->go_on_from(*same->second);
  confirm(std::move(*dialog));
  up_ = true;
  keep_time(timer_of_answer(answer));
  events()->answered(answer.body());
}

/// From here on the INVITE that was answered speaks for itself, also when this is gone: the same 2xx gets its ACK
/// again, that of a second party is let go at once (RFC 3261 13.2.2.4).
void CallLeg::leave_answered() {
  if (!answered_) return;
  answered_->set_events({.response =
                             [&agent = agent_, flow = flow_, to = to_, invite = answered_->request(), ack = last_ack_,
                              tag = answered_tag_, forks = forks_](const Message& answer) {
                               if (answer.status() < 200 || answer.status() >= 300) return;
                               const auto address = NameAddress::parse(answer.value("To"));
                               if ((address ? address->tag() : std::string_view{}) != tag) {
                                 let_go(agent, flow, to, invite, answer, forks);
                               } else if (ack) {
                                 agent.send_ack(flow, to, *ack);
                               }
                             },
                         .failed = {}});
  answered_.reset();
}

void CallLeg::final_failure(int status, const std::string& reason) {
  client_.reset();
  agent_.timers().cancel(patience_);
  if (!up_) {
    over_ = true;
  } else if (status == 481 || status == 408) {
    // RFC 3261 12.2.1.2: the other side knows nothing of the dialog any more.
    return end("its dialog is gone");
  }
  events()->failed(status, reason);
}

void CallLeg::acknowledge(SecretString description) {
  Message ack = dialog_->ack(invite_cseq_);
  say_status(ack);
  ack.set_body(kSdp, std::move(description));
  last_ack_ = ack;
  agent_.send_ack(flow_, to_, std::move(ack));
}

void CallLeg::progress(int status, SecretString description) {
  if (server_ == nullptr || !server_->is_invite()) return;
  Message answer = server_->reply(status);
  answer.add("Contact", contact_);
  say_status(answer);
  answer.set_body(kSdp, std::move(description));
  if (reliable_) return reliable_->send(std::move(answer));
  server_->respond(std::move(answer));
}

void CallLeg::accept(SecretString description) {
  if (server_ == nullptr) return;
  if (!reliable_) return finish_accept(std::move(description));
  reliable_->finish([this, description] { finish_accept(description); });
}

void CallLeg::finish_accept(SecretString description) {
  reliable_.reset();
  const auto transaction = std::move(server_);
  Message answer = transaction->reply(200);
  answer.add("Contact", contact_);
  answer.add("Allow", allowed_methods());
  answer.add("Supported", supported_extensions());
  keep_time(answer_timer(transaction->request(), answer, agent_.session_times()));
  say_status(answer);
  answer.set_body(kSdp, std::move(description));
  if (transaction->is_invite()) unacknowledged_ = transaction;
  up_ = true;
  transaction->respond(std::move(answer));
}

void CallLeg::refuse(int status, const std::string& why) {
  if (server_ == nullptr) return;
  Message answer = server_->reply(status);
  if (!why.empty()) answer.add("Warning", warning(why));
  if (!up_) over_ = true;
  refuse_server(std::move(answer));
}

/// A final answer that is no 2xx: whether its ACK comes is the transaction's affair, which outlives this.
void CallLeg::refuse_server(Message answer) {
  reliable_.reset();
  const auto transaction = std::exchange(server_, nullptr);
  transaction->set_events({});
  transaction->respond(std::move(answer));
}

void CallLeg::refuse_server(int status) { refuse_server(server_->reply(status)); }

/// An INVITE of ours without a final answer is on its own from here on: it is cancelled, and a 2xx that comes all the
/// same is acknowledged.
void CallLeg::leave_client(const std::string& reason) {
  if (!client_) return;
  if (!up_) return abandon(reason);
  const auto client = std::exchange(client_, nullptr);
  client->set_events(
      {.response =
           [&agent = agent_, flow = flow_, to = to_, dialog = dialog_, cseq = invite_cseq_](const Message& answer) {
             const bool success = answer.status() >= 200 && answer.status() < 300;
             if (success && dialog) agent.send_ack(flow, to, dialog->ack(cseq));
           },
       .failed = {}});
  client->cancel(reason);
}

/// CANCELs our INVITE. An answer that crosses it still makes a dialog, which is ended when we are long gone.
void CallLeg::abandon(const std::string& reason) {
  const auto client = std::exchange(client_, nullptr);
  client->set_events({.response =
                          [&agent = agent_, flow = flow_, to = to_, invite = client->request(),
                           forks = forks()](const Message& answer) {
                            if (answer.status() >= 200 && answer.status() < 300)
                              let_go(agent, flow, to, invite, answer, forks);
                          },
                      .failed = {}});
  client->cancel(reason);
}

}  // namespace sallyport::controlplane::sip
