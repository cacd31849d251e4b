// A request within a dialog on its way: over a connection that is there or is made for it, with credentials where it is
// challenged (RFC 3261 12.2.1, 22). Lives until it is answered, also when the leg that sent it is gone. Control thread
// only.
#pragma once

#include <functional>
#include <memory>

#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane::sip {

/// How well what is said on a flow is protected; more is better.
int protection(const Flow& flow) noexcept;

/// A flow to a party: `flow` where that is there, else what `other` finds, unless it is less well protected.
void reach_party(UserAgent& agent, const Flow& flow, const std::function<void(UserAgent::Reached)>& other,
                 const UserAgent::Reached& reached);

/// A request again with another CSeq: a transaction of its own (RFC 3261 22.2).
Message sent_again(const Message& request, std::uint32_t cseq);

class DialogErrand : public std::enable_shared_from_this<DialogErrand> {
 public:
  struct Party {
    Flow flow;
    Endpoint to;  ///< of datagrams
    std::function<void(UserAgent::Reached)> reach;
    std::function<bool(const Message& challenge, Message& request, unsigned earlier)> challenged;
  };

  /// `events`: as of a transaction, without challenges that were answered.
  static void send(UserAgent& agent, std::shared_ptr<Dialog> dialog, Party party, Message request,
                   ClientTransaction::Events events);

 private:
  DialogErrand(UserAgent& agent, std::shared_ptr<Dialog> dialog, Party party, ClientTransaction::Events events)
      : agent_(agent), dialog_(std::move(dialog)), party_(std::move(party)), events_(std::move(events)) {}
  void go(Message request);
  void response(const Message& answer);

  UserAgent& agent_;
  std::shared_ptr<Dialog> dialog_;
  Party party_;
  ClientTransaction::Events events_;
  Message request_;
  unsigned challenges_ = 0;
};

/// Ends a dialog whose 2xx has not been acknowledged: the BYE waits for the ACK, or for the end of waiting for it
/// (RFC 3261 15). `invite`: the INVITE that the 2xx was for; whoever handled the dialog until now is replaced.
void bye_after_ack(UserAgent& agent, const std::shared_ptr<ServerTransaction>& invite, std::shared_ptr<Dialog> dialog,
                   DialogErrand::Party party, Message bye);

}  // namespace sallyport::controlplane::sip
