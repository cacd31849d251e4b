// All of SIP's sockets: listens on UDP, TCP and TLS, connects, and turns bytes into messages and back. What is no
// message is answered or dropped here and counted by reason; nothing above sees it. Control thread only.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/signalling/sip/connection.hpp"
#include "controlplane/signalling/sip/connection_gate.hpp"
#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/malformed.hpp"
#include "controlplane/signalling/sip/message.hpp"
#include "controlplane/signalling/sip/reply_endpoint.hpp"
#include "controlplane/signalling/sip/request_gate.hpp"

namespace sallyport::controlplane::sip {

/// What became of what came in; each message counts once.
struct TransportCounters {
  std::uint64_t received = 0;            ///< well-formed messages
  std::uint64_t malformed_answered = 0;  ///< requests that are none, answered with 400, 413, 505, 513
  std::uint64_t malformed_dropped = 0;   ///< what cannot be answered: bad responses and ACKs, no Via
  std::uint64_t wrong_transport = 0;     ///< a request whose Via names another transport than it came by
  /// Those three by reason, by the value of Malformed.
  std::array<std::uint64_t, kMalformedNames.size()> malformed{};
  std::uint64_t keep_alives = 0;
  std::uint64_t connections_refused = 0;  ///< beyond a limit
  std::uint64_t connections_failed = 0;   ///< ended by a fault or a time limit
};

class Transport {
 public:
  struct Events {
    /// A well-formed message. A request's top Via has `received` and `rport` filled in (RFC 3261 18.2.1, RFC 3581 4).
    std::function<void(const Flow&, Message)> received;
    /// A connection that was up is gone.
    std::function<void(const Flow&, const std::string& why)> closed;
  };
  /// The context to use for the next connection, so that certificates can change while connections stay.
  using TlsSource = std::function<Connection::TlsContext()>;
  /// `flow` null: it failed, `why` says how.
  using Connected = std::function<void(const Flow* flow, const std::string& why)>;

  /// `requests` says what is answered of what is no message, `log` hears of connections that are not taken; both
  /// outlive it. set_limits() is to follow.
  Transport(boost::asio::io_context& io, RequestGate& requests, LimitLog& log, Events events);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Those of time are for connections from now on.
  void set_limits(const TransportLimits& limits, const ConfiguredPeers& configured);
  /// `tls` for kTls only. Returns the endpoint, with the port that the kernel chose where 0 was asked for. Throws
  /// SetupError that names the address.
  Endpoint listen(TransportKind kind, const Endpoint& local, TlsSource tls = {});
  /// Sends on a flow; `to`: where a datagram goes, no matter on a connection. False: the connection is gone.
  bool send(const Flow& flow, const Endpoint& to, SecretString text);
  /// A new connection. `local`: the address to come from.
  void connect(TransportKind kind, const drivers::IpAddress& local, const Endpoint& remote, Connection::TlsContext tls,
               std::string server_name, Connected connected);
  /// The flow of our UDP socket at that address (and port, where it is not 0) to `remote`; nothing where we have none.
  std::optional<Flow> datagram_flow(const Endpoint& local, const Endpoint& remote) const;
  /// The address of ours that Linux sends from to `remote`; nothing where it knows no way there.
  std::optional<drivers::IpAddress> source_towards(const Endpoint& remote) const;
  /// Whether a connection is up.
  bool alive(FlowId id) const { return connections_.contains(id); }
  void close(FlowId id, const std::string& why);
  std::size_t connections() const noexcept { return connections_.size(); }
  /// Those of them that came in and have not brought a message yet.
  std::size_t half_open() const noexcept { return gate_.half_open(); }
  const TransportCounters& counters() const noexcept { return counters_; }

 private:
  class UdpSocket;
  class Acceptor;
  struct Live {
    std::shared_ptr<Connection> connection;
    Connected connected;  ///< until it is told
    bool ready = false;
  };

  Connection::Events connection_events();
  void accepted(boost::asio::ip::tcp::socket socket, TransportKind kind, const TlsSource& tls);
  void datagram(const Flow& flow, std::string_view bytes);
  void take(const Flow& flow, std::string_view head, SecretString body, int refused);
  bool may_answer(const Flow& flow);
  void answer(const Flow& flow, const Message& request, int status, const std::string& problem);
  void ended(Connection& connection, const std::string& why);

  boost::asio::io_context& io_;
  RequestGate& requests_;
  ConnectionGate gate_;
  ConnectionLimits limits_;
  Events events_;
  TransportCounters counters_;
  FlowId last_id_ = 0;
  std::vector<std::shared_ptr<UdpSocket>> sockets_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::unordered_map<FlowId, Live> connections_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late handlers would touch
};

}  // namespace sallyport::controlplane::sip
