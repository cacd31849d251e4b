// SIP's endpoint: sockets, transactions and timers in one, requests handed to who they are for. Answers by itself what
// no one else needs to see (unknown methods, schemes and extensions, requests of no dialog). Knows no calls and no
// devices. Control thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "controlplane/signalling/sip/dialog.hpp"
#include "controlplane/signalling/sip/session_timer.hpp"
#include "controlplane/signalling/sip/transaction_layer.hpp"
#include "controlplane/signalling/sip/transport.hpp"

namespace sallyport::controlplane::sip {

/// One address that SIP is served at.
struct Listener {
  TransportKind kind = TransportKind::kUdp;
  Endpoint local;
  /// What Contact and Via say instead of `local`, for a gateway behind a NAT.
  std::string advertised;
  Transport::TlsSource tls;  ///< of kTls
};

/// Where a request of ours goes.
struct Destination {
  TransportKind kind = TransportKind::kUdp;
  Endpoint remote;
  std::string server_name;     ///< that the peer's certificate has to be for; TLS only
  Connection::TlsContext tls;  ///< to connect with; TLS only
};

/// Handles what belongs to one dialog.
class DialogUser {
 public:
  virtual ~DialogUser() = default;
  /// Any request but ACK, in order.
  virtual void request(const std::shared_ptr<ServerTransaction>& transaction) = 0;
  /// Of a 2xx.
  virtual void ack(const Flow& flow, const Message& ack) = 0;
};

class UserAgent {
 public:
  struct Handlers {
    /// A request outside of dialogs whose method is one of allowed_methods(), or SUBSCRIBE: to be answered.
    std::function<void(const std::shared_ptr<ServerTransaction>&)> request;
    /// A connection is gone.
    std::function<void(const Flow&, const std::string& why)> closed;
  };
  /// `flow` null: it cannot be reached, `why` says how.
  using Reached = std::function<void(const Flow* flow, const std::string& why)>;

  UserAgent(boost::asio::io_context& io, PeerLimits limits, TransactionTimes times, std::string name,
            Handlers handlers);
  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;

  /// Throws SetupError.
  void listen(Listener listener);
  void run();

  /// A flow there: an existing connection, or a new one. Told at once where nothing has to be waited for.
  void reach(const Destination& destination, Reached reached);
  bool alive(const Flow& flow) const { return !flow.reliable() || transport_.alive(flow.id); }

  /// Sends a request; Via, Contact and User-Agent are added.
  std::shared_ptr<ClientTransaction> send(const Flow& flow, const Endpoint& to, Message request,
                                          ClientTransaction::Events events);
  void send_ack(const Flow& flow, const Endpoint& to, Message ack);
  /// The Contact of ours on that flow: "<sip:ADDRESS:PORT;transport=tls>", with `user` before the address.
  std::string contact(const Flow& flow, std::string_view user = {}) const;

  /// Has requests within that dialog handled by `user` until removed.
  void add(const std::string& dialog_id, DialogUser& user) { dialogs_[dialog_id] = &user; }
  void remove(const std::string& dialog_id) { dialogs_.erase(dialog_id); }
  bool has(const std::string& dialog_id) const { return dialogs_.contains(dialog_id); }

  TimerQueue& timers() noexcept { return timers_; }
  const TransactionTimes& times() const noexcept { return times_; }
  const SessionTimes& session_times() const noexcept { return session_times_; }
  /// Of calls from now on.
  void set_session_times(const SessionTimes& times) noexcept { session_times_ = times; }
  /// From now on; connections keep the times that they began with.
  void set_limits(const PeerLimits& limits);
  /// What limits have done; others keep theirs in it too.
  LimitLog& limit_log() noexcept { return limit_log_; }
  const LimitLog& limit_log() const noexcept { return limit_log_; }
  const Transport& transport() const noexcept { return transport_; }
  const TransactionLayer& transactions() const noexcept { return transactions_; }

 private:
  void tick();
  void take(const std::shared_ptr<ServerTransaction>& transaction);
  void take_ack(const Flow& flow, const Message& ack);
  Admission admit(const Flow& flow, const Message& request);
  bool refused(ServerTransaction& transaction) const;
  const Listener* listener_of(const Flow& flow) const;
  const Listener* listener_towards(const Destination& destination) const;
  std::string sent_by(const Flow& flow) const;

  std::string name_;
  TransactionTimes times_;
  SessionTimes session_times_;
  Handlers handlers_;
  TimerQueue timers_;
  boost::asio::steady_timer tick_;
  LimitLog limit_log_;
  RequestGate gate_;
  Transport transport_;
  TransactionLayer transactions_;
  std::vector<Listener> listeners_;
  std::unordered_map<std::string, DialogUser*> dialogs_;
  std::map<std::string, Flow> connected_;  ///< connections of ours by destination
  std::map<std::string, std::vector<Reached>> connecting_;
};

/// Tells whoever asks that we are there and what we know, and nothing else (RFC 3261 11.2).
void answer_options(ServerTransaction& transaction);
/// Methods that the gateway knows, as in Allow.
std::string allowed_methods();
/// Extensions that the gateway knows, as in Supported; `reliable`: 100rel among them.
std::string supported_extensions(bool reliable = true);

}  // namespace sallyport::controlplane::sip
