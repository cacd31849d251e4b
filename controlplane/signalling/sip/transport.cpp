#include "controlplane/signalling/sip/transport.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/limits.hpp"
#include "controlplane/signalling/sip/parse.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "crypto/bytes.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane::sip {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

/// Taken in one go, so that a flood on one socket leaves the others their turns.
constexpr int kDatagramsAtOnce = 32;
constexpr std::chrono::milliseconds kAcceptPause{100};

asio::ip::address asio_address(const drivers::IpAddress& address) {
  return asio::ip::make_address(address.to_string());
}

template <class AsioEndpoint>
Endpoint endpoint_of(const AsioEndpoint& from) {
  Endpoint endpoint;
  endpoint.port = from.port();
  endpoint.address.v6 = from.address().is_v6();
  const auto copy = [&](const auto& bytes) { std::copy(bytes.begin(), bytes.end(), endpoint.address.bytes.begin()); };
  from.address().is_v6() ? copy(from.address().to_v6().to_bytes()) : copy(from.address().to_v4().to_bytes());
  return endpoint;
}

[[noreturn]] void cannot_listen(TransportKind kind, const Endpoint& local, const std::string& why) {
  throw SetupError("SIP: cannot listen on " + std::string(name_of(kind)) + " " + local.to_string() + ": " + why);
}

/// Opens and binds, a v6 socket for v6 only.
template <class Protocol, class Socket>
void bind_to(Socket& socket, TransportKind kind, const Endpoint& local) {
  const typename Protocol::endpoint endpoint(asio_address(local.address), local.port);
  boost::system::error_code failed;
  socket.open(endpoint.protocol(), failed);
  if (!failed && local.address.v6) socket.set_option(asio::ip::v6_only(true), failed);
  if (!failed && kind != TransportKind::kUdp) socket.set_option(typename Socket::reuse_address(true), failed);
  if (!failed) socket.bind(endpoint, failed);
  if (failed) cannot_listen(kind, local, failed.message());
}

/// Some phones keep their NAT open with blanks or zeros.
bool is_keep_alive(std::string_view bytes) {
  return bytes.size() <= 4 && bytes.find_first_not_of(std::string_view("\r\n \0", 4)) == std::string_view::npos;
}

/// Writes into a request's top Via where it came from, also where nobody asked: it costs nothing, and whoever stands
/// behind a NAT needs it. False where the Via names another transport than the one that it came by.
bool stamp(const Flow& flow, Message& request) {
  auto via = Via::parse(request.value("Via"));
  if (!via || via->transport != name_of(flow.kind)) return false;
  std::erase_if(via->parameters, [](const auto& parameter) { return parameter.first == "received"; });
  for (auto& [name, value] : via->parameters) {
    if (name == "rport") value = std::to_string(flow.remote.port);
  }
  via->parameters.emplace_back("received", flow.remote.address.to_string());
  request.set("Via", via->to_string());
  return true;
}

}  // namespace

/// One bound UDP socket.
class Transport::UdpSocket : public std::enable_shared_from_this<UdpSocket> {
 public:
  UdpSocket(asio::io_context& io, FlowId id, const Endpoint& local) : socket_(io), id_(id) {
    bind_to<udp>(socket_, TransportKind::kUdp, local);
    socket_.non_blocking(true);
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::receive_buffer_size(4 * 1024 * 1024), ignored);
    local_ = endpoint_of(socket_.local_endpoint());
  }

  const Endpoint& local() const noexcept { return local_; }
  FlowId id() const noexcept { return id_; }
  Flow flow_to(const Endpoint& remote) const { return {id_, TransportKind::kUdp, local_, remote, nullptr}; }

  void receive(Transport& transport) {
    socket_.async_wait(udp::socket::wait_read,
                       [this, &transport, weak = weak_from_this()](const boost::system::error_code& error) {
                         if (weak.expired() || error == asio::error::operation_aborted) return;
                         take(transport);
                         receive(transport);
                       });
  }

  /// As UDP is: what the kernel does not take now is lost, and sent again by whoever waits for an answer.
  bool send(const Endpoint& to, std::string_view text) {
    boost::system::error_code failed;
    socket_.send_to(asio::buffer(text), udp::endpoint(asio_address(to.address), to.port), 0, failed);
    return !failed || failed == asio::error::would_block || failed == asio::error::no_buffer_space;
  }

  void close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void take(Transport& transport) {
    for (int i = 0; i < kDatagramsAtOnce; ++i) {
      udp::endpoint from;
      boost::system::error_code failed;
      const std::size_t count = socket_.receive_from(asio::buffer(bytes_), from, 0, failed);
      // An ICMP error of an earlier datagram is reported here too; it is no reason to stop.
      if (failed == asio::error::would_block) return;
      if (failed) continue;
      transport.datagram(flow_to(endpoint_of(from)), {bytes_.data(), count});
      crypto::secure_wipe(bytes_.data(), count);
    }
  }

  udp::socket socket_;
  FlowId id_;
  Endpoint local_;
  std::array<char, 65536> bytes_;
};

/// One listening TCP socket, for TCP or TLS.
class Transport::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context& io, TransportKind kind, const Endpoint& local, TlsSource tls)
      : acceptor_(io), pause_(io), kind_(kind), tls_(std::move(tls)) {
    bind_to<tcp>(acceptor_, kind, local);
    boost::system::error_code failed;
    acceptor_.listen(1024, failed);
    if (failed) cannot_listen(kind, local, failed.message());
  }

  Endpoint local() const { return endpoint_of(acceptor_.local_endpoint()); }

  void accept(Transport& transport) {
    acceptor_.async_accept(
        [this, &transport, weak = weak_from_this()](const boost::system::error_code& error, tcp::socket socket) {
          if (weak.expired() || error == asio::error::operation_aborted) return;
          if (!error) {
            transport.accepted(std::move(socket), kind_, tls_);
            return accept(transport);
          }
          // No file descriptors left, most likely: others have to go first.
          spdlog::warn("SIP: cannot accept a connection on {}: {}", local().to_string(), error.message());
          pause_.expires_after(kAcceptPause);
          pause_.async_wait([this, &transport, weak](const boost::system::error_code& stopped) {
            if (!weak.expired() && !stopped) accept(transport);
          });
        });
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  TransportKind kind_;
  TlsSource tls_;
};

Transport::Transport(asio::io_context& io, RequestGate& requests, LimitLog& log, Events events)
    : io_(io), requests_(requests), gate_(log), events_(std::move(events)) {}

Transport::~Transport() {
  alive_.reset();
  for (auto& socket : sockets_) socket->close();
  for (auto& acceptor : acceptors_) acceptor->close();
  for (auto& [id, live] : connections_) live.connection->finish("the gateway ends");
}

void Transport::set_limits(const TransportLimits& limits, const ConfiguredPeers& configured) {
  limits_ = limits.connection;
  gate_.set_limits(limits.counts, configured);
}

Endpoint Transport::listen(TransportKind kind, const Endpoint& local, TlsSource tls) {
  if (kind == TransportKind::kUdp) {
    sockets_.push_back(std::make_shared<UdpSocket>(io_, ++last_id_, local));
    sockets_.back()->receive(*this);
    return sockets_.back()->local();
  }
  acceptors_.push_back(std::make_shared<Acceptor>(io_, kind, local, std::move(tls)));
  acceptors_.back()->accept(*this);
  return acceptors_.back()->local();
}

bool Transport::send(const Flow& flow, const Endpoint& to, SecretString text) {
  if (flow.kind != TransportKind::kUdp) {
    const auto found = connections_.find(flow.id);
    if (found == connections_.end()) return false;
    found->second.connection->send(std::move(text));
    return true;
  }
  const auto socket =
      std::find_if(sockets_.begin(), sockets_.end(), [&](const auto& each) { return each->id() == flow.id; });
  return socket != sockets_.end() && (*socket)->send(to, text);
}

std::optional<Flow> Transport::datagram_flow(const Endpoint& local, const Endpoint& remote) const {
  for (const auto& socket : sockets_) {
    const bool same_port = local.port == 0 || socket->local().port == local.port;
    if (socket->local().address == local.address && same_port) return socket->flow_to(remote);
  }
  return std::nullopt;
}

std::optional<drivers::IpAddress> Transport::source_towards(const Endpoint& remote) const {
  udp::socket probe(io_);
  boost::system::error_code failed;
  probe.connect({asio_address(remote.address), remote.port}, failed);  // sends nothing
  const auto local = failed ? udp::endpoint() : probe.local_endpoint(failed);
  return failed ? std::nullopt : std::optional(endpoint_of(local).address);
}

void Transport::connect(TransportKind kind, const drivers::IpAddress& local, const Endpoint& remote,
                        Connection::TlsContext tls, std::string server_name, Connected connected) {
  const Flow flow{++last_id_, kind, {local, 0}, remote, nullptr};
  auto connection = Connection::connecting(flow, io_.get_executor(), std::move(tls), std::move(server_name), limits_,
                                           connection_events());
  gate_.add(flow, false);
  connections_.emplace(flow.id, Live{connection, std::move(connected)});
  connection->start();
}

void Transport::close(FlowId id, const std::string& why) {
  const auto found = connections_.find(id);
  if (found != connections_.end()) found->second.connection->finish(why);
}

void Transport::accepted(tcp::socket socket, TransportKind kind, const TlsSource& tls) {
  boost::system::error_code failed;
  const auto remote = socket.remote_endpoint(failed);
  const auto local = socket.local_endpoint(failed);
  if (failed) return;
  const auto now = std::chrono::steady_clock::now();
  if (!gate_.admits(endpoint_of(remote).address, now)) {
    ++counters_.connections_refused;
    return;
  }
  const Flow flow{++last_id_, kind, endpoint_of(local), endpoint_of(remote), nullptr};
  auto connection = Connection::accepted(flow, std::move(socket), tls ? tls() : nullptr, limits_, connection_events());
  gate_.add(flow, true);
  connections_.emplace(flow.id, Live{connection, {}});
  connection->start();
  if (const auto surplus = gate_.surplus(now)) close(*surplus, "too many connections without a message");
}

Connection::Events Transport::connection_events() {
  const std::weak_ptr<bool> alive = alive_;
  return {.ready =
              [this, alive](Connection& connection) {
                if (alive.expired()) return;
                Live& live = connections_.at(connection.flow().id);
                live.ready = true;
                if (const Connected told = std::exchange(live.connected, {})) told(&connection.flow(), {});
              },
          .message =
              [this, alive](Connection& connection, StreamFramer& framer) {
                if (!alive.expired()) take(connection.flow(), framer.head(), std::move(framer.body()), 0);
              },
          .ping =
              [this, alive](Connection&) {
                if (!alive.expired()) ++counters_.keep_alives;
              },
          .broken =
              [this, alive](Connection& connection, StreamFramer& framer) {
                if (!alive.expired()) take(connection.flow(), framer.head(), {}, framer.status());
              },
          .closed =
              [this, alive](Connection& connection, const std::string& why) {
                if (!alive.expired()) ended(connection, why);
              }};
}

void Transport::ended(Connection& connection, const std::string& why) {
  const auto found = connections_.find(connection.flow().id);
  if (found == connections_.end()) return;
  const Live live = std::move(found->second);
  connections_.erase(found);
  gate_.remove(live.connection->flow());
  if (!live.ready) {
    ++counters_.connections_failed;
    spdlog::debug("SIP: connection with {} failed: {}", live.connection->flow().remote.to_string(), why);
    if (live.connected) live.connected(nullptr, why);
  } else {
    events_.closed(live.connection->flow(), why);
  }
}

void Transport::datagram(const Flow& flow, std::string_view bytes) {
  if (is_keep_alive(bytes)) {
    ++counters_.keep_alives;
    return;
  }
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  const std::size_t head = head_size(bytes).value_or(bytes.size());
  const BodyLength length = body_length(bytes.substr(0, head));
  const std::size_t rest = bytes.size() - head;
  // What a datagram has beyond Content-Length is dropped, less than that is an error (RFC 3261 18.3).
  const std::size_t body = length.bytes.value_or(rest);
  const int refused = length.status != 0 ? length.status : head > kMaxHead ? 513 : body > rest ? 400 : 0;
  take(flow, bytes.substr(0, head), SecretString(bytes.substr(head, refused == 0 ? body : 0)), refused);
}

void Transport::take(const Flow& flow, std::string_view head, SecretString body, int refused) {
  Parsed parsed = parse(head, std::move(body));
  if (refused != 0 && (parsed.status == 0 || refused == 413)) {
    parsed.status = refused;
    parsed.reason = refused == 400 ? Malformed::kContentLength : Malformed::kTooLarge;
    parsed.problem = refused == 513 ? "start line and headers: expected at most " + std::to_string(kMaxHead) + " bytes"
                                    : "Content-Length: expected the body's length, at most " + std::to_string(kMaxBody);
  }
  if (parsed.status != 0 || !parsed.message) {
    const bool answerable =
        parsed.message && parsed.message->is_request() && parsed.message->method() != "ACK" && may_answer(flow);
    ++(answerable ? counters_.malformed_answered : counters_.malformed_dropped);
    ++counters_.malformed[static_cast<std::size_t>(parsed.reason)];
    spdlog::debug("SIP: malformed message from {} {}: {}", name_of(flow.kind), flow.remote.to_string(),
                  parsed.problem.empty() ? "no start line" : parsed.problem);
    if (answerable) answer(flow, *parsed.message, parsed.status, parsed.problem);
    return;
  }
  Message& message = *parsed.message;
  if (message.is_request() && !stamp(flow, message)) {
    ++counters_.wrong_transport;
    ++counters_.malformed[static_cast<std::size_t>(Malformed::kWrongTransport)];
    if (message.method() != "ACK" && may_answer(flow)) {
      answer(flow, message, 400, "Via: expected " + std::string(name_of(flow.kind)) + ", by which it came");
    }
    return;
  }
  ++counters_.received;
  if (flow.reliable()) gate_.proved(flow);
  events_.received(flow, std::move(message));
}

bool Transport::may_answer(const Flow& flow) { return requests_.may_refuse(flow, std::chrono::steady_clock::now()); }

void Transport::answer(const Flow& flow, const Message& request, int status, const std::string& problem) {
  Message reply = Message::reply(request, status, random_token(8));
  if (!problem.empty()) reply.add("Warning", warning(problem));
  // Where the Via is what is wrong, the answer can only go back to where the request came from.
  send(flow, reply_endpoint(flow, request).value_or(flow.remote), reply.to_text());
}

}  // namespace sallyport::controlplane::sip
