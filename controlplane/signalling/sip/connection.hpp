// One TCP or TLS connection that carries SIP: reads, frames, writes in order, and ends itself when the peer is too slow
// or sends what no message can be. Owned by Transport and by its own pending operations; control thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "controlplane/secret_text.hpp"
#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/peer_limits.hpp"
#include "controlplane/signalling/sip/stream_framer.hpp"

namespace sallyport::controlplane::sip {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// Called on the control thread, never from within send() or close().
  struct Events {
    std::function<void(Connection&)> ready;  ///< the handshake is done
    std::function<void(Connection&, StreamFramer&)> message;
    std::function<void(Connection&)> ping;                   ///< a keep-alive, which is answered already
    std::function<void(Connection&, StreamFramer&)> broken;  ///< may send an answer; the connection ends after it
    std::function<void(Connection&, const std::string& why)> closed;  ///< once, and last
  };
  using Tcp = boost::asio::ip::tcp;
  using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

  virtual ~Connection() = default;

  /// Serves an accepted socket. `tls` null: TCP.
  static std::shared_ptr<Connection> accepted(Flow flow, Tcp::socket socket, TlsContext tls, ConnectionLimits limits,
                                              Events events);
  /// Connects to flow.remote, from flow.local's address where that is set. `server_name`: for SNI, and what the peer's
  /// certificate must be; empty: any that the context trusts.
  static std::shared_ptr<Connection> connecting(Flow flow, boost::asio::any_io_executor executor, TlsContext tls,
                                                std::string server_name, ConnectionLimits limits, Events events);

  /// With `tls` once it is ready.
  const Flow& flow() const noexcept { return flow_; }
  virtual void start() = 0;
  /// In order; what is sent before it is ready waits for that.
  virtual void send(SecretString text) = 0;
  /// What is queued still goes out.
  virtual void finish(std::string why) = 0;

 protected:
  explicit Connection(Flow flow) : flow_(std::move(flow)) {}
  Flow flow_;
};

}  // namespace sallyport::controlplane::sip
