#include "controlplane/signalling/sip/connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "crypto/bytes.hpp"

namespace sallyport::controlplane::sip {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket>;
/// Bytes that are written at once.
constexpr std::size_t kMostAtOnce = 16 * 1024;
/// What a queued text costs beyond its bytes, so that many short ones count too.
constexpr std::size_t kQueued = 64;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

std::string said(const boost::system::error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) return "the peer closed it";
  return error.message();
}

tcp::socket& lowest(tcp::socket& socket) { return socket; }
tcp::socket& lowest(TlsStream& stream) { return stream.next_layer(); }

tcp::endpoint tcp_endpoint(const Endpoint& endpoint) {
  return {asio::ip::make_address(endpoint.address.to_string()), endpoint.port};
}

/// A connection over a plain or a TLS stream.
template <class Stream>
class ConnectionOver final : public Connection {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  ConnectionOver(Flow flow, Stream stream, TlsContext tls, std::string server_name, bool connects,
                 ConnectionLimits limits, Events events)
      : Connection(std::move(flow)),
        tls_(std::move(tls)),
        stream_(std::move(stream)),
        server_name_(std::move(server_name)),
        connects_(connects),
        limits_(limits),
        events_(std::move(events)),
        timer_(stream_.get_executor()) {}

  void start() override {
    patience(limits_.handshake, connects_ ? "no connection in time" : "no handshake in time");
    // What is told of its end holds the connection for as long as it runs.
    asio::co_spawn(stream_.get_executor(), run(), [self = self()](const std::exception_ptr&) {});
  }

  void send(SecretString text) override {
    if (ending_) return;
    unsent_ += text.size() + kQueued;
    queue_.push_back(std::move(text));
    if (unsent_ > limits_.unsent) return end("the peer does not take what we send");
    if (ready_ && !writing_) write();
  }

  void finish(std::string why) override {
    if (ending_ || finishing_) return;
    why_ = std::move(why);
    finishing_ = true;
    if (!writing_) return end(why_);
    patience(limits_.message, "the peer does not take what we send");
  }

 private:
  std::shared_ptr<ConnectionOver> self() { return std::static_pointer_cast<ConnectionOver>(shared_from_this()); }

  asio::awaitable<void> run() {
    const bool prepared = co_await prepare();
    if (!prepared) co_return;
    ready_ = true;
    if (connects_) {
      patience(limits_.idle, "idle");
    } else {
      patience(limits_.message, "no message in time");
    }
    events_.ready(*this);
    if (!queue_.empty() && !writing_) write();
    co_await read();
  }

  asio::awaitable<bool> prepare() {
    if (connects_) {
      boost::system::error_code failed;
      tcp::socket& socket = lowest(stream_);
      const tcp::endpoint remote = tcp_endpoint(flow_.remote);
      socket.open(remote.protocol(), failed);
      if (!failed && flow_.local.address != drivers::IpAddress{}) {
        socket.bind({tcp_endpoint(flow_.local).address(), 0}, failed);
      }
      if (!failed) std::tie(failed) = co_await socket.async_connect(remote, kAwait);
      if (failed) co_return refused("cannot connect: " + failed.message());
      flow_.local.port = socket.local_endpoint(failed).port();
    }
    boost::system::error_code ignored;
    lowest(stream_).set_option(tcp::no_delay(true), ignored);
    if constexpr (kTls) co_return co_await handshake();
    co_return !ending_;
  }

  asio::awaitable<bool> handshake() requires kTls {
    SSL* ssl = stream_.native_handle();
    SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
    if (connects_ && !server_name_.empty()) {
      // SNI holds no addresses (RFC 6066 3). OpenSSL's macro for it casts in the old style.
      if (!drivers::IpAddress::parse(server_name_)) {
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, server_name_.data());
      }
      // The name is checked as part of the chain's verification, so that a wrong one never completes the handshake.
      if (SSL_set1_host(ssl, server_name_.c_str()) != 1) co_return refused("cannot expect a certificate's name");
    }
    const auto role = connects_ ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    const auto [failed] = co_await stream_.async_handshake(role, kAwait);
    if (failed) co_return refused("TLS handshake: " + failed.message());
    flow_.tls = tls_peer_of(ssl);
    co_return !ending_;
  }

  bool refused(std::string why) {
    end(std::move(why));
    return false;
  }

  asio::awaitable<void> read() {
    std::array<char, 4096> bytes;
    while (!ending_) {
      const auto [failed, count] = co_await stream_.async_read_some(asio::buffer(bytes), kAwait);
      if (failed) {
        end(said(failed));
        break;
      }
      const bool began = !framer_.in_message();
      if (!finishing_) framer_.append({bytes.data(), count});
      crypto::secure_wipe(bytes.data(), count);
      if (finishing_) continue;  // it is listened to no more
      const bool took = take_messages();
      // Who connects has something to say, and does not gain time by pings or pieces.
      heard_ = heard_ || took;
      if (!heard_ && !connects_) continue;
      // A message in pieces has its time from its first piece on.
      if (!framer_.in_message()) {
        patience(limits_.idle, "idle");
      } else if (began || took) {
        patience(limits_.message, "a message did not end in time");
      }
    }
  }

  /// Whether there was one.
  bool take_messages() {
    bool took = false;
    while (!ending_ && !finishing_) {
      switch (framer_.next()) {
        case StreamFramer::Step::kNeedMore:
          return took;
        case StreamFramer::Step::kPing:
          // One answer for pings that came at once or that the peer does not wait for.
          if (queue_.size() < 2) send("\r\n");
          events_.ping(*this);
          break;
        case StreamFramer::Step::kMessage:
          took = true;
          events_.message(*this, framer_);
          break;
        case StreamFramer::Step::kBroken:
          events_.broken(*this, framer_);
          finish("what it sent is no SIP message");
          return took;
      }
    }
    return took;
  }

  /// As many messages as one TLS record holds: each for itself would be a record and a turn of the loop, in which
  /// others that send are served, too, so that a busy peer's queue would only grow.
  void write() {
    writing_ = true;
    do {
      going_cost_ += queue_.front().size() + kQueued;
      if (going_.empty()) {
        going_ = std::move(queue_.front());
      } else {
        going_.append(queue_.front());
      }
      queue_.pop_front();
    } while (!queue_.empty() && going_.size() + queue_.front().size() <= kMostAtOnce);
    asio::async_write(stream_, asio::buffer(going_),
                      [self = self()](const boost::system::error_code& failed, std::size_t) { self->written(failed); });
  }

  void written(const boost::system::error_code& failed) {
    writing_ = false;
    unsent_ -= std::exchange(going_cost_, 0);
    going_ = SecretString();
    if (ending_) return;
    if (failed) return end(said(failed));
    if (!queue_.empty()) {
      write();
    } else if (finishing_) {
      end(why_);
    }
  }

  void patience(std::chrono::milliseconds time, const char* what) {
    timer_.expires_after(time);
    timer_.async_wait([weak = std::weak_ptr(self()), what](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (!error && self) self->end(what);
    });
  }

  void end(std::string why) {
    if (ending_) return;
    ending_ = true;
    timer_.cancel();
    boost::system::error_code ignored;
    // TLS' own goodbye is not waited for: the peer may be what keeps us from it.
    lowest(stream_).shutdown(tcp::socket::shutdown_both, ignored);
    lowest(stream_).close(ignored);
    asio::post(stream_.get_executor(), [self = self(), why = std::move(why)] { self->events_.closed(*self, why); });
  }

  TlsContext tls_;
  Stream stream_;
  std::string server_name_;
  bool connects_;
  ConnectionLimits limits_;
  Events events_;
  asio::steady_timer timer_;
  StreamFramer framer_;
  std::deque<SecretString> queue_;
  SecretString going_;          ///< is being written
  std::size_t going_cost_ = 0;  ///< of `unsent_`
  std::size_t unsent_ = 0;
  std::string why_;
  bool ready_ = false;
  bool heard_ = false;  ///< a message
  bool writing_ = false;
  bool finishing_ = false;  ///< ends when the queue is empty
  bool ending_ = false;
};

std::shared_ptr<Connection> make(Flow flow, tcp::socket socket, Connection::TlsContext tls, std::string server_name,
                                 bool connects, ConnectionLimits limits, Connection::Events events) {
  if (tls == nullptr) {
    return std::make_shared<ConnectionOver<tcp::socket>>(std::move(flow), std::move(socket), nullptr,
                                                         std::move(server_name), connects, limits, std::move(events));
  }
  TlsStream stream(std::move(socket), *tls);
  return std::make_shared<ConnectionOver<TlsStream>>(std::move(flow), std::move(stream), std::move(tls),
                                                     std::move(server_name), connects, limits, std::move(events));
}

}  // namespace

std::shared_ptr<Connection> Connection::accepted(Flow flow, Tcp::socket socket, TlsContext tls, ConnectionLimits limits,
                                                 Events events) {
  return make(std::move(flow), std::move(socket), std::move(tls), {}, false, limits, std::move(events));
}

std::shared_ptr<Connection> Connection::connecting(Flow flow, asio::any_io_executor executor, TlsContext tls,
                                                   std::string server_name, ConnectionLimits limits, Events events) {
  return make(std::move(flow), tcp::socket(std::move(executor)), std::move(tls), std::move(server_name), true, limits,
              std::move(events));
}

}  // namespace sallyport::controlplane::sip
