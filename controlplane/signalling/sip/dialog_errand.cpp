#include "controlplane/signalling/sip/dialog_errand.hpp"

#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Who handles a dialog that is only waiting for its ACK.
class Farewell : public DialogUser {
 public:
  Farewell(UserAgent& agent, std::weak_ptr<ServerTransaction> invite, std::shared_ptr<Dialog> dialog,
           DialogErrand::Party party, Message bye)
      : agent_(agent),
        invite_(std::move(invite)),
        dialog_(std::move(dialog)),
        party_(std::move(party)),
        bye_(std::move(bye)) {}

  void request(const std::shared_ptr<ServerTransaction>& transaction) override {
    const bool bye = transaction->request().method() == "BYE";
    transaction->respond(bye ? 200 : 481);
    if (bye) leave();
  }

  void ack(const Flow&, const Message&) override { say(); }

  void say() {
    if (!leave()) return;
    DialogErrand::send(agent_, dialog_, party_, std::move(bye_), {});
  }

 private:
  /// Once.
  bool leave() {
    if (std::exchange(left_, true)) return false;
    agent_.remove(dialog_->id());
    if (const auto invite = invite_.lock()) invite->acknowledged();
    return true;
  }

  UserAgent& agent_;
  std::weak_ptr<ServerTransaction> invite_;
  std::shared_ptr<Dialog> dialog_;
  DialogErrand::Party party_;
  Message bye_;
  bool left_ = false;
};

}  // namespace

int protection(const Flow& flow) noexcept { return flow.tls == nullptr ? 0 : flow.tls->encrypted ? 2 : 1; }

void reach_party(UserAgent& agent, const Flow& flow, const std::function<void(UserAgent::Reached)>& other,
                 const UserAgent::Reached& reached) {
  if (agent.alive(flow)) return reached(&flow, {});
  if (!other) return reached(nullptr, "its connection is gone");
  other([reached, before = protection(flow)](const Flow* found, const std::string& why) {
    const bool fit = found != nullptr && protection(*found) >= before;
    reached(fit ? found : nullptr, found == nullptr || fit ? why : "it is only reached by a path less well protected");
  });
}

Message sent_again(const Message& request, std::uint32_t cseq) {
  Message again = request;
  for (const char* name : {"Via", "Authorization", "Proxy-Authorization"}) again.remove(name);
  again.set("CSeq", std::to_string(cseq).append(" ").append(request.method()));
  return again;
}

void DialogErrand::send(UserAgent& agent, std::shared_ptr<Dialog> dialog, Party party, Message request,
                        ClientTransaction::Events events) {
  const Flow flow = party.flow;
  const auto reach = party.reach;
  const std::shared_ptr<DialogErrand> errand(
      new DialogErrand(agent, std::move(dialog), std::move(party), std::move(events)));
  errand->request_ = std::move(request);
  reach_party(agent, flow, reach, [errand](const Flow* found, const std::string&) {
    if (found == nullptr) {
      if (errand->events_.failed) errand->events_.failed(ClientTransaction::Failure::kTransport);
      return;
    }
    if (found->id != errand->party_.flow.id) errand->party_.to = found->remote;
    errand->party_.flow = *found;
    errand->go(std::move(errand->request_));
  });
}

void DialogErrand::go(Message request) {
  request_ = request;
  agent_.send(party_.flow, party_.to, std::move(request),
              {.response = [self = shared_from_this()](const Message& answer) { self->response(answer); },
               .failed =
                   [self = shared_from_this()](ClientTransaction::Failure failure) {
                     if (self->events_.failed) self->events_.failed(failure);
                   }});
}

void DialogErrand::response(const Message& answer) {
  const bool challenge = answer.status() == 401 || answer.status() == 407;
  if (challenge && party_.challenged) {
    Message again = sent_again(request_, dialog_->next_cseq());
    if (party_.challenged(answer, again, challenges_++)) return go(std::move(again));
  }
  if (events_.response) events_.response(answer);
}

void bye_after_ack(UserAgent& agent, const std::shared_ptr<ServerTransaction>& invite, std::shared_ptr<Dialog> dialog,
                   DialogErrand::Party party, Message bye) {
  const std::string id = dialog->id();
  const auto farewell = std::make_shared<Farewell>(agent, invite, std::move(dialog), std::move(party), std::move(bye));
  agent.add(id, *farewell);
  invite->set_events({.cancelled = {}, .unacknowledged = [farewell] { farewell->say(); }, .gone = {}});
}

}  // namespace sallyport::controlplane::sip
