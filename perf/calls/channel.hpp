// What carries SIP messages of the generator: a UDP socket or a TLS connection. Single-threaded.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::call_load {

class Channel {
 public:
  /// A whole message; `text` is valid during the call.
  using Received = std::function<void(Channel& on, std::string_view text)>;

  virtual ~Channel() = default;
  virtual void send(std::string_view text) = 0;
};

/// Datagrams from `local` to `remote` and back. Throws boost::system::system_error where it cannot be bound.
std::unique_ptr<Channel> open_udp(boost::asio::io_context& io, const boost::asio::ip::udp::endpoint& local,
                                  const boost::asio::ip::udp::endpoint& remote, Channel::Received received);

/// A TLS connection from an address to the gateway; returns once it is there. Throws boost::system::system_error.
std::shared_ptr<Channel> connect_tls(boost::asio::io_context& io, boost::asio::ssl::context& tls,
                                     const boost::asio::ip::address& local,
                                     const boost::asio::ip::udp::endpoint& remote, Channel::Received received);

/// Takes TLS connections at an address for as long as the io_context runs. Throws boost::system::system_error.
void accept_tls(boost::asio::io_context& io, boost::asio::ssl::context& tls,
                const boost::asio::ip::udp::endpoint& local, Channel::Received received);

}  // namespace sallyport::call_load
