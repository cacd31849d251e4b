// A Transport on loopback with what it reported, and a peer that sends bytes as they are. One thread runs both.
#pragma once

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/transport.hpp"
#include "sip_text.hpp"

namespace sallyport::controlplane::sip::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// That address with a port that the kernel chooses.
inline Endpoint any_port(const char* address) { return {drivers::IpAddress::parse(address).value(), 0}; }

template <class Protocol>
typename Protocol::endpoint asio_endpoint(const Endpoint& at) {
  return {asio::ip::make_address(at.address.to_string()), at.port};
}

/// Lets `io` work until `done`; false where it is not within 20 s.
inline bool until(asio::io_context& io, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_for(5ms);
  }
  return true;
}

class TransportWorld {
 public:
  explicit TransportWorld(TransportLimits limits = {})
      : transport(std::make_unique<Transport>(
            io, gate, log,
            Transport::Events{.received =
                                  [this](const Flow& flow, Message message) {
                                    flows.push_back(flow);
                                    messages.push_back(std::move(message));
                                  },
                              .closed = [this](const Flow&, const std::string& why) { closed.push_back(why); }})) {
    transport->set_limits(limits, {});
  }

  bool until(const std::function<bool()>& done) { return test::until(io, done); }
  const TransportCounters& counters() const { return transport->counters(); }
  /// All that came in.
  std::uint64_t taken() const {
    const TransportCounters& c = counters();
    return c.received + c.malformed_answered + c.malformed_dropped + c.wrong_transport;
  }
  /// A connection to `at`; nothing and its reason where it fails.
  std::optional<Flow> connect(TransportKind kind, const Endpoint& at, const Connection::TlsContext& tls = nullptr,
                              const std::string& name = {}) {
    std::optional<Flow> flow;
    bool told = false;
    transport->connect(kind, at.address, at, tls, name, [&](const Flow* made, const std::string& why) {
      if (made != nullptr) flow = *made;
      refused = why;
      told = true;
    });
    return until([&] { return told; }) ? flow : std::nullopt;
  }

  asio::io_context io;
  std::vector<Flow> flows;
  std::vector<Message> messages;
  std::vector<std::string> closed;
  std::string refused;
  LimitLog log;
  RequestGate gate{log};
  std::unique_ptr<Transport> transport;
};

/// A TCP connection as bytes.
class RawPeer {
 public:
  RawPeer(TransportWorld& world, const Endpoint& to) : world_(world), socket_(world.io) {
    socket_.connect(asio_endpoint<asio::ip::tcp>(to));
    socket_.non_blocking(true);
  }
  void send(std::string_view text) {
    boost::system::error_code failed;
    asio::write(socket_, asio::buffer(text), failed);
  }
  /// Reads until `text` has come or the other side is gone; all that came so far.
  const std::string& heard(std::string_view text) {
    world_.until([&] { return take() || heard_.find(text) != std::string::npos; });
    return heard_;
  }
  /// Whether the other side closes it.
  bool ended() {
    return world_.until([&] { return take(); });
  }

 private:
  /// True: it is closed.
  bool take() {
    std::array<char, 4096> bytes;
    boost::system::error_code failed;
    const std::size_t count = socket_.read_some(asio::buffer(bytes), failed);
    heard_.append(bytes.data(), count);
    return failed && failed != asio::error::would_block;
  }

  TransportWorld& world_;
  asio::ip::tcp::socket socket_;
  std::string heard_;
};

/// A UDP socket that sends to one place.
class RawDatagrams {
 public:
  RawDatagrams(TransportWorld& world, const Endpoint& to)
      : world_(world),
        to_(asio_endpoint<asio::ip::udp>(to)),
        socket_(world.io, asio::ip::udp::endpoint(asio_endpoint<asio::ip::udp>(to).address(), 0)) {
    socket_.non_blocking(true);
  }
  std::uint16_t port() const { return socket_.local_endpoint().port(); }
  void send(std::string_view text) { socket_.send_to(asio::buffer(text), to_); }
  /// The next datagram; empty where none comes.
  std::string next() {
    std::string text;
    world_.until([&] {
      std::array<char, 65536> bytes;
      boost::system::error_code failed;
      const std::size_t count = socket_.receive(asio::buffer(bytes), 0, failed);
      if (!failed) text.assign(bytes.data(), count);
      return !text.empty();
    });
    return text;
  }

 private:
  TransportWorld& world_;
  asio::ip::udp::endpoint to_;
  asio::ip::udp::socket socket_;
};

/// Sound requests by that transport, answered to the port that they come from.
inline std::string options(const char* transport, int number = 1) {
  const std::string branch = ";rport;branch=z9hG4bK" + std::to_string(number);
  return request_text("OPTIONS", std::string(transport) + " client.invalid" + branch, std::to_string(number));
}

}  // namespace sallyport::controlplane::sip::test
