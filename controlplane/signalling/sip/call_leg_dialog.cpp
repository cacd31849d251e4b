// What happens in a leg's dialog: further INVITEs, requests of either side, session timers, its end; see call_leg.hpp.
#include "controlplane/signalling/sip/call_leg.hpp"
#include "controlplane/signalling/sip/dialog_errand.hpp"
#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr const char* kSdp = "application/sdp";
/// A refresh that came to nothing is tried again after this.
constexpr std::chrono::seconds kRefreshAgain{10};

}  // namespace

bool CallLeg::reinvite(SecretString description) {
  if (!up_ || over_ || busy() || unacknowledged_) return false;
  Message invite = dialog_->request("INVITE");
  invite.set_body(kSdp, std::move(description));
  challenges_ = 0;
  reaching_ = true;
  reach_party(
      agent_, flow_, events_->reach,
      [this, invite = std::move(invite), weak = std::weak_ptr(alive_)](const Flow* flow, const std::string& why) {
        if (weak.expired() || over_) return;
        reaching_ = false;
        if (flow == nullptr) return events()->failed(503, why);
        use_flow(*flow);
        send_invite(invite);
      });
  return true;
}

void CallLeg::use_flow(const Flow& flow) {
  if (flow.id == flow_.id) return;
  flow_ = flow;
  to_ = flow.remote;
}

void CallLeg::send_within(Message request, ClientTransaction::Events events) {
  DialogErrand::send(agent_, dialog_, {flow_, to_, events_->reach, events_->challenged}, std::move(request),
                     std::move(events));
}

void CallLeg::relay(const Message& request, std::function<void(int status)> done) {
  if (!dialog_ || !up_ || over_) return done(481);
  Message onward = dialog_->request(std::string(request.method()));
  onward.add("Contact", contact_);
  for (const char* name : {"Info-Package", "Content-Disposition"}) {
    if (request.first(name) != nullptr) onward.add(name, std::string(request.value(name)));
  }
  onward.set_body(request.value("Content-Type"), request.body());
  send_within(std::move(onward), {.response =
                                      [done](const Message& answer) {
                                        if (answer.status() >= 200) done(answer.status());
                                      },
                                  .failed = [done](ClientTransaction::Failure) { done(408); }});
}

void CallLeg::notify_refer(std::string_view cseq, int status) {
  if (!dialog_ || over_) return;
  Message notify = dialog_->request("NOTIFY");
  notify.add("Contact", contact_);
  notify.add("Event", std::string("refer;id=").append(cseq));
  notify.add("Subscription-State", status < 200 ? "active;expires=180" : "terminated;reason=noresource");
  const std::string line = "SIP/2.0 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  notify.set_body("message/sipfrag;version=2.0", SecretString(line.data(), line.size()));
  send_within(std::move(notify), {});
}

void CallLeg::hang_up(int status, const std::string& why) {
  if (over_) return;
  over_ = true;
  agent_.timers().cancel(session_timer_);
  const std::string reason = "SIP;cause=" + std::to_string(status) + ";text=" + quoted(why);
  if (up_) {
    if (server_) refuse_server(487);
    leave_client(reason);
    return send_bye(why);
  }
  if (server_) {
    over_ = false;  // refuse() says so itself
    return refuse(status, why);
  }
  leave_client(reason);
}

void CallLeg::send_bye(const std::string& why) {
  if (!dialog_) return;
  if (answered_ && !last_ack_) acknowledge({});
  Message bye = dialog_->request("BYE");
  bye.add("Reason", "SIP;cause=200;text=" + quoted(why));
  if (!unacknowledged_) return send_within(std::move(bye), {});
  bye_after_ack(agent_, std::exchange(unacknowledged_, nullptr), std::exchange(dialog_, nullptr),
                {flow_, to_, events_->reach, events_->challenged}, std::move(bye));
}

void CallLeg::end(const std::string& why) {
  if (over_) return;
  over_ = true;
  agent_.timers().cancel(session_timer_);
  leave_client({});
  if (dialog_ && answered_ && !last_ack_) acknowledge({});
  if (server_) refuse_server(487);
  // Whoever ended it has had our 2xx.
  if (unacknowledged_) std::exchange(unacknowledged_, nullptr)->acknowledged();
  if (dialog_) agent_.remove(dialog_->id());
  events()->ended(why);
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
  if (!fits(transaction->flow())) return transaction->respond(403);
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
  if (request.method() == "INFO") return events()->info(transaction);
  if (request.method() == "OPTIONS") return answer_options(*transaction);
  if (request.method() == "PRACK") {
    return reliable_ ? reliable_->acknowledge(*transaction) : transaction->respond(481);
  }
  if (request.method() == "REFER") return events()->refer(transaction);
  // Of no subscription of ours (RFC 6665 4.1.3).
  if (request.method() == "NOTIFY") return transaction->respond(481);
  transaction->respond(405);
}

void CallLeg::offered(const std::shared_ptr<ServerTransaction>& transaction) {
  const Message& request = transaction->request();
  if (server_ || unacknowledged_) {
    Message busy = transaction->reply(500);
    busy.add("Retry-After", "2");
    return transaction->respond(std::move(busy));
  }
  if (client_ || reaching_) return transaction->respond(491);  // RFC 3261 14.2
  if (is_too_brief(request, agent_.session_times())) {
    return refuse_as_too_brief(*transaction, agent_.session_times());
  }
  dialog_->refresh_target(request);
  const bool update = request.method() == "UPDATE";
  if (update && request.body().empty()) {
    Message answer = transaction->reply(200);
    answer.add("Contact", contact_);
    keep_time(answer_timer(request, answer, agent_.session_times()));
    return transaction->respond(std::move(answer));
  }
  if (!up_) return transaction->respond(491);  // early sessions are not changed
  server_ = transaction;
  if (!update) watch_server();
  events()->offered(request.body());
}

/// A leg never moves to a path that is less well protected, or somebody else's: its keys are in what we send there.
bool CallLeg::fits(const Flow& flow) const {
  if (flow.id == flow_.id && flow.remote.address == flow_.remote.address) return true;
  return protection(flow) >= protection(flow_) && (!events_ || !events_->fits || events_->fits(flow));
}

void CallLeg::ack(const Flow& flow, const Message& ack) {
  if (!unacknowledged_ || !fits(flow)) return;
  const auto cseq = CSeq::parse(ack.value("CSeq"));
  const auto expected = CSeq::parse(unacknowledged_->request().value("CSeq"));
  if (!cseq || !expected || cseq->number != expected->number) return;
  std::exchange(unacknowledged_, nullptr)->acknowledged();
  if (!over_) events()->acknowledged(ack.body());
}

void CallLeg::say_status(Message& message) const {
  message.remove("Call-Info");
  if (!call_info_.empty()) message.add("Call-Info", call_info_);
}

void CallLeg::keep_time(std::optional<SessionTimer> timer) {
  agent_.timers().cancel(session_timer_);
  ++timer_serial_;
  session_ = timer;
  if (!session_) return;
  // Whatever the party asks for, we do not refresh without a pause.
  session_->interval = std::max(session_->interval, agent_.session_times().shortest);
  session_end_ = agent_.timers().now() + session_->interval;
  session_timer_ = agent_.timers().schedule(session_->patience(), [this] {
    if (session_->ours) return refresh_session();
    send_bye("the session was not refreshed");
    end("nobody refreshed the session");
  });
}

/// By an UPDATE without a description (RFC 4028 7.4). Where it comes to nothing it is tried until the session is over.
void CallLeg::refresh_session() {
  Message update = dialog_->request("UPDATE");
  update.add("Contact", contact_);
  update.add("Supported", supported_extensions());
  ask_for_timer(update, {session_->interval, agent_.session_times().shortest}, longer_, true);
  // Another exchange may have set the time anew meanwhile; then what comes of this one counts no more.
  const auto late = [this, serial = timer_serial_, weak = std::weak_ptr(alive_)] {
    return weak.expired() || over_ || serial != timer_serial_;
  };
  const auto failed = [this, late](int status) {
    if (late()) return;
    if (status == 481 || status == 408) return end("its dialog is gone");
    if (agent_.timers().now() >= session_end_) {
      send_bye("the session was not refreshed");
      return end("it would not refresh the session");
    }
    session_timer_ = agent_.timers().schedule(kRefreshAgain, [this] { refresh_session(); });
  };
  send_within(std::move(update), {.response =
                                      [this, failed, late](const Message& answer) {
                                        if (answer.status() < 200 || late()) return;
                                        if (answer.status() >= 300) return failed(answer.status());
                                        keep_time(timer_of_answer(answer));
                                      },
                                  .failed = [failed](ClientTransaction::Failure) { failed(503); }});
}

}  // namespace sallyport::controlplane::sip
