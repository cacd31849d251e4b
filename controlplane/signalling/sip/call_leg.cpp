#include "controlplane/signalling/sip/call_leg.hpp"

#include <algorithm>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Parties that ring at once for one INVITE; more are somebody's mistake or attack.
constexpr std::size_t kMaxForks = 16;
constexpr const char* kSdp = "application/sdp";

/// How well what is said on a flow is protected.
int protection(const Flow& flow) { return flow.tls == nullptr ? 0 : flow.tls->encrypted ? 2 : 1; }

/// Acknowledges a 2xx that nobody wants, and ends the dialog that it made.
void let_go(UserAgent& agent, const Flow& flow, const Endpoint& to, const Message& invite, const Message& answer) {
  auto dialog = Dialog::of_client(invite, answer);
  if (!dialog) return;
  agent.send_ack(flow, to, dialog->ack(dialog->local_cseq()));
  agent.send(flow, to, dialog->request("BYE"), {});
}

}  // namespace

CallLeg::~CallLeg() {
  if (client_) client_->set_events({});
  leave_answered();
  // One that nobody answers would be kept for ever.
  if (server_) refuse_server(487);
  if (unacknowledged_) unacknowledged_->set_events({});
  if (dialog_) agent_.remove(dialog_->id());
  for (const std::string& id : early_) agent_.remove(id);
}

bool CallLeg::take(const std::shared_ptr<ServerTransaction>& invite, std::string contact_user, Events events) {
  auto dialog = Dialog::of_server(invite->request(), invite->to_tag());
  if (!dialog) {
    invite->respond(400, "No From Tag Or Contact");
    return false;
  }
  events_ = std::move(events);
  flow_ = invite->flow();
  to_ = reply_endpoint(flow_, invite->request()).value_or(flow_.remote);
  call_id_ = dialog->call_id();
  contact_ = agent_.contact(flow_, contact_user);
  server_ = invite;
  confirm(std::move(*dialog));
  watch_server();
  return true;
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
                           }});
}

void CallLeg::confirm(Dialog dialog) {
  if (dialog_) agent_.remove(dialog_->id());
  dialog_ = std::move(dialog);
  agent_.add(dialog_->id(), *this);
}

void CallLeg::invite(const Flow& flow, const Endpoint& to, const Invitation& invitation, SecretString description,
                     Events events) {
  events_ = std::move(events);
  flow_ = flow;
  to_ = to;
  call_id_ = random_token(16);
  contact_ = agent_.contact(flow_, invitation.contact);
  Message invite = Message::request("INVITE", invitation.uri);
  invite.add("Max-Forwards", std::to_string(invitation.max_forwards));
  invite.add("From", invitation.from + ";tag=" + random_token(8));
  invite.add("To", invitation.to);
  invite.add("Call-ID", call_id_);
  invite.add("CSeq", "1 INVITE");
  invite.set_body(kSdp, std::move(description));
  send_invite(std::move(invite));
}

void CallLeg::send_invite(Message invite) {
  invite.set("Contact", contact_);
  invite.set("Allow", allowed_methods());
  const auto cseq = CSeq::parse(invite.value("CSeq"));
  invite_cseq_ = cseq ? cseq->number : 0;
  leave_answered();
  last_ack_.reset();
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
  } else if ((answer.status() != 401 && answer.status() != 407) || !answer_challenge(answer)) {
    final_failure(answer.status(), answer.reason());
  }
}

/// The same INVITE with credentials: a new transaction with the next CSeq (RFC 3261 22.2).
bool CallLeg::answer_challenge(const Message& challenge) {
  if (!events_.challenged) return false;
  Message again = client_->request();
  for (const char* name : {"Via", "Authorization", "Proxy-Authorization"}) again.remove(name);
  again.set("CSeq", std::to_string(invite_cseq_ + 1) + " INVITE");
  if (!events_.challenged(challenge, again)) return false;
  if (dialog_) dialog_->skip_cseq();
  send_invite(std::move(again));
  return true;
}

void CallLeg::provisional(const Message& answer) {
  if (!up_) {
    // Each fork makes an early dialog of its own; the latest one is where its party is heard (field case 10).
    if (auto dialog = Dialog::of_client(client_->request(), answer)) {
      const bool known = std::find(early_.begin(), early_.end(), dialog->id()) != early_.end();
      if (!known && early_.size() < kMaxForks) {
        early_.push_back(dialog->id());
        agent_.add(dialog->id(), *this);
      }
    }
  }
  events_.progress(answer.status(), answer.body());
}

void CallLeg::success(const Message& answer) {
  const auto to = NameAddress::parse(answer.value("To"));
  const std::string tag(to ? to->tag() : std::string_view{});
  if (answered_) {
    if (tag != answered_tag_) return let_go(agent_, flow_, to_, answered_->request(), answer);
    // The same 2xx again: its ACK was lost, or is still to come.
    if (last_ack_) agent_.send_ack(flow_, to_, *last_ack_);
    return;
  }
  answered_tag_ = tag;
  answered_ = std::exchange(client_, nullptr);
  if (up_) {
    dialog_->refresh_target(answer);
    return events_.answered(answer.body());
  }
  auto dialog = Dialog::of_client(answered_->request(), answer);
  for (const std::string& id : std::exchange(early_, {})) agent_.remove(id);
  if (!dialog) return final_failure(502, "an answer without a tag");
  confirm(std::move(*dialog));
  up_ = true;
  events_.answered(answer.body());
}

/// From here on the INVITE that was answered speaks for itself, also when this is gone: the same 2xx gets its ACK
/// again, that of a second party is let go at once (RFC 3261 13.2.2.4).
void CallLeg::leave_answered() {
  if (!answered_) return;
  answered_->set_events({.response =
                             [&agent = agent_, flow = flow_, to = to_, invite = answered_->request(), ack = last_ack_,
                              tag = answered_tag_](const Message& answer) {
                               if (answer.status() < 200 || answer.status() >= 300) return;
                               const auto address = NameAddress::parse(answer.value("To"));
                               if ((address ? address->tag() : std::string_view{}) != tag) {
                                 let_go(agent, flow, to, invite, answer);
                               } else if (ack) {
                                 agent.send_ack(flow, to, *ack);
                               }
                             },
                         .failed = {}});
  answered_.reset();
}

void CallLeg::final_failure(int status, const std::string& reason) {
  client_.reset();
  if (!up_) {
    over_ = true;
  } else if (status == 481 || status == 408) {
    // RFC 3261 12.2.1.2: the other side knows nothing of the dialog any more.
    return end("its dialog is gone");
  }
  events_.failed(status, reason);
}

void CallLeg::acknowledge(SecretString description) {
  Message ack = dialog_->ack(invite_cseq_);
  ack.set_body(kSdp, std::move(description));
  last_ack_ = ack;
  agent_.send_ack(flow_, to_, std::move(ack));
}

void CallLeg::progress(int status, SecretString description) {
  if (server_ == nullptr || !server_->is_invite()) return;
  Message answer = server_->reply(status);
  answer.add("Contact", contact_);
  answer.set_body(kSdp, std::move(description));
  server_->respond(std::move(answer));
}

void CallLeg::accept(SecretString description) {
  if (server_ == nullptr) return;
  const auto transaction = std::move(server_);
  Message answer = transaction->reply(200);
  answer.add("Contact", contact_);
  answer.add("Allow", allowed_methods());
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
  const auto transaction = std::exchange(server_, nullptr);
  transaction->set_events({});
  transaction->respond(std::move(answer));
}

void CallLeg::refuse_server(int status) { refuse_server(server_->reply(status)); }

bool CallLeg::reinvite(SecretString description) {
  if (!up_ || busy() || unacknowledged_) return false;
  Message invite = dialog_->request("INVITE");
  invite.set_body(kSdp, std::move(description));
  send_invite(std::move(invite));
  return true;
}

void CallLeg::relay(const Message& request, std::function<void(int status)> done) {
  if (!dialog_ || !up_) return done(481);
  Message onward = dialog_->request(std::string(request.method()));
  onward.add("Contact", contact_);
  onward.set_body(request.value("Content-Type"), request.body());
  agent_.send(flow_, to_, std::move(onward),
              {.response =
                   [done](const Message& answer) {
                     if (answer.status() >= 200) done(answer.status());
                   },
               .failed = [done](ClientTransaction::Failure) { done(408); }});
}

void CallLeg::hang_up(int status, const std::string& why) {
  if (over_) return;
  over_ = true;
  if (up_) {
    if (server_) refuse_server(487);
    return send_bye(why);
  }
  if (server_) {
    over_ = false;  // refuse() says so itself
    return refuse(status, why);
  }
  if (client_) abandon();
}

/// CANCELs our INVITE. An answer that crosses it still makes a dialog, which is ended when we are long gone.
void CallLeg::abandon() {
  const auto client = std::exchange(client_, nullptr);
  client->set_events({.response =
                          [&agent = agent_, flow = flow_, to = to_, invite = client->request()](const Message& answer) {
                            if (answer.status() >= 200 && answer.status() < 300)
                              let_go(agent, flow, to, invite, answer);
                          },
                      .failed = {}});
  client->cancel();
}

void CallLeg::send_bye(const std::string& why) {
  if (!dialog_) return;
  Message bye = dialog_->request("BYE");
  bye.add("Reason", "SIP;cause=200;text=" + quoted(why));
  agent_.send(flow_, to_, std::move(bye), {});
}

void CallLeg::end(const std::string& why) {
  if (over_) return;
  over_ = true;
  if (client_) std::exchange(client_, nullptr)->set_events({});
  if (server_) refuse_server(487);
  // Whoever ended it has had our 2xx.
  if (unacknowledged_) std::exchange(unacknowledged_, nullptr)->acknowledged();
  if (dialog_) agent_.remove(dialog_->id());
  events_.ended(why);
}

void CallLeg::flow_closed() {
  // Before there is a dialog nobody can find us again.
  if (!up_) end("its connection is gone");
}

void CallLeg::request(const std::shared_ptr<ServerTransaction>& transaction) {
  const Message& request = transaction->request();
  if (over_) return transaction->respond(481);
  if (!dialog_) {
    // An early dialog of ours: a 481 would end it, and there is nothing to change yet.
    Message later = transaction->reply(request.method() == "BYE" ? 481 : 500);
    later.add("Retry-After", "2");
    return transaction->respond(std::move(later));
  }
  // A leg never moves to a path that is less well protected: its keys are in what we send there.
  if (protection(transaction->flow()) < protection(flow_)) return transaction->respond(403);
  // 12.2.2; an out-of-order request is 500 there.
  if (!dialog_->in_order(request)) return transaction->respond(500, "CSeq Out Of Order");
  // The party may have come back by another connection; what is still to be answered keeps its path.
  if (server_ == nullptr) {
    flow_ = transaction->flow();
    to_ = reply_endpoint(flow_, request).value_or(flow_.remote);
  }
  if (request.method() == "BYE") {
    transaction->respond(200);
    if (server_) refuse_server(487);
    return end("hung up");
  }
  if (request.method() == "INVITE" || request.method() == "UPDATE") return offered(transaction);
  if (request.method() == "INFO") return events_.info(transaction);
  if (request.method() == "OPTIONS") return answer_options(*transaction);
  transaction->respond(405);
}

void CallLeg::offered(const std::shared_ptr<ServerTransaction>& transaction) {
  const Message& request = transaction->request();
  if (server_ || unacknowledged_) {
    Message busy = transaction->reply(500);
    busy.add("Retry-After", "2");
    return transaction->respond(std::move(busy));
  }
  if (client_) return transaction->respond(491);  // RFC 3261 14.2
  dialog_->refresh_target(request);
  const bool update = request.method() == "UPDATE";
  if (update && request.body().empty()) {
    Message answer = transaction->reply(200);
    answer.add("Contact", contact_);
    return transaction->respond(std::move(answer));
  }
  if (!up_) return transaction->respond(491);  // early sessions are not changed
  server_ = transaction;
  if (!update) watch_server();
  events_.offered(request.body());
}

void CallLeg::ack(const Message& ack) {
  if (!unacknowledged_) return;
  const auto cseq = CSeq::parse(ack.value("CSeq"));
  const auto expected = CSeq::parse(unacknowledged_->request().value("CSeq"));
  if (!cseq || !expected || cseq->number != expected->number) return;
  std::exchange(unacknowledged_, nullptr)->acknowledged();
  if (!over_) events_.acknowledged(ack.body());
}

}  // namespace sallyport::controlplane::sip
