// Matches messages with transactions and makes new ones. Keyed by flow as well as branch, so that no peer can touch
// another one's (RFC 3261 17.1.3, 17.2.3). Knows no sockets and no clock. Control thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "controlplane/signalling/sip/admission.hpp"
#include "controlplane/signalling/sip/transaction.hpp"

namespace sallyport::controlplane::sip {

struct TransactionCounters {
  std::uint64_t requests = 0;         ///< new ones
  std::uint64_t retransmissions = 0;  ///< absorbed, requests and answers
  std::uint64_t stray_responses = 0;  ///< of no request of ours
  std::uint64_t stray_cancels = 0;    ///< answered 481
  std::uint64_t timeouts = 0;         ///< requests of ours without a final answer
  std::uint64_t overload = 0;         ///< answered 503
};

class TransactionLayer {
 public:
  /// What handles requests. All on the control thread.
  struct User {
    /// A new request, but for ACK and CANCEL.
    std::function<void(const std::shared_ptr<ServerTransaction>&)> request;
    /// An ACK that belongs to no transaction: that of a 2xx, which has a branch of its own.
    std::function<void(const Flow&, const Message&)> ack;
    /// Whether a new request is served, before anything is made for it; not asked of ACK and of what belongs to a
    /// transaction. None: all are.
    std::function<Admission(const Flow&, const Message&)> admit = {};
    /// A request was answered 503 because there are too many transactions.
    std::function<void(const Flow&)> full = {};
  };
  /// False: the flow is gone.
  using Send = std::function<bool(const Flow&, const Endpoint& to, SecretString)>;
  /// So many server transactions at most, and a quarter more for CANCEL and requests within dialogs; what comes beyond
  /// is answered 503 with Retry-After, without state.
  static constexpr std::size_t kMaxServerTransactions = 400'000;

  TransactionLayer(TimerQueue& timers, TransactionTimes times, Send send, User user,
                   std::size_t max_server = kMaxServerTransactions);
  ~TransactionLayer();
  TransactionLayer(const TransactionLayer&) = delete;
  TransactionLayer& operator=(const TransactionLayer&) = delete;

  /// A well-formed message as Transport gives it.
  void received(const Flow& flow, Message message);
  /// A connection is gone: requests of ours on it fail, what came by it can be answered no more.
  void closed(FlowId id);

  /// Sends a request; `request` has everything but a Via, which is added (`sent_by`: "HOST:PORT" that answers would
  /// come to). `to`: where a datagram goes.
  std::shared_ptr<ClientTransaction> request(const Flow& flow, const Endpoint& to, const std::string& sent_by,
                                             Message request, ClientTransaction::Events events);
  /// Sends an ACK of a 2xx (RFC 3261 13.2.2.4), or anything else that is a transaction of nobody.
  bool send_alone(const Flow& flow, const Endpoint& to, const std::string& sent_by, Message request);

  const TransactionCounters& counters() const noexcept { return counters_; }
  std::size_t servers() const noexcept { return servers_.size(); }
  std::size_t clients() const noexcept { return clients_.size(); }

 private:
  friend class ServerTransaction;
  friend class ClientTransaction;

  void request_received(const Flow& flow, Message message);
  void response_received(const Flow& flow, const Message& message);
  void cancel_received(const Flow& flow, std::string key, Message message);
  void refuse(const Flow& flow, const Message& request);
  bool cancels(const Flow& flow, const Message& request) const;
  std::size_t room_for(const Message& request) const;
  std::shared_ptr<ServerTransaction> make_server(const Flow& flow, std::string key, Message message);
  void add(const std::shared_ptr<ServerTransaction>& transaction);
  void add(const std::shared_ptr<ClientTransaction>& transaction);
  void remove(ServerTransaction& transaction);
  void remove(ClientTransaction& transaction);

  TimerQueue& timers_;
  TransactionTimes times_;
  Send send_;
  User user_;
  std::size_t max_server_;
  TransactionCounters counters_;
  std::unordered_map<std::string, std::shared_ptr<ServerTransaction>> servers_;
  std::unordered_map<std::string, std::shared_ptr<ClientTransaction>> clients_;
  /// What a connection carries, so that its end costs no search.
  struct Carried {
    std::unordered_set<ServerTransaction*> servers;
    std::unordered_set<ClientTransaction*> clients;
  };
  std::unordered_map<FlowId, Carried> carried_;
};

}  // namespace sallyport::controlplane::sip
