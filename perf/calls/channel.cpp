#include "perf/calls/channel.hpp"

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <iostream>
#include <utility>

#include "perf/calls/sip_text.hpp"

namespace sallyport::call_load {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr int kSocketBuffer = 8 << 20;

class UdpChannel : public Channel {
 public:
  UdpChannel(asio::io_context& io, const udp::endpoint& local, udp::endpoint remote, Received received)
      : socket_(io, local), remote_(std::move(remote)), received_(std::move(received)) {
    socket_.set_option(asio::socket_base::receive_buffer_size(kSocketBuffer));
    socket_.set_option(asio::socket_base::send_buffer_size(kSocketBuffer));
    socket_.non_blocking(true);
    wait();
  }

  void send(std::string_view text) override {
    error_code full;  // is as good as lost: it is sent again
    socket_.send_to(asio::buffer(text), remote_, 0, full);
  }

 private:
  void wait() {
    socket_.async_wait(udp::socket::wait_read, [this](const error_code& error) {
      if (error) return;
      while (take()) {
      }
      wait();
    });
  }

  bool take() {
    udp::endpoint from;
    error_code error;
    const std::size_t size = socket_.receive_from(asio::buffer(buffer_), from, 0, error);
    if (error) return false;
    received_(*this, std::string_view(buffer_.data(), size));
    return true;
  }

  udp::socket socket_;
  udp::endpoint remote_;
  Received received_;
  std::array<char, 65536> buffer_;
};

class TlsChannel : public Channel, public std::enable_shared_from_this<TlsChannel> {
 public:
  using Stream = asio::ssl::stream<tcp::socket>;

  TlsChannel(Stream stream, Received received) : stream_(std::move(stream)), received_(std::move(received)) {}

  void send(std::string_view text) override {
    waiting_.append(text);
    write();
  }

  void read() {
    stream_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](const error_code& error, std::size_t n) {
      if (error) return self->closed(error);
      self->text_.append(self->buffer_.data(), n);
      self->frame();
      self->read();
    });
  }

  Stream& stream() { return stream_; }

 private:
  void frame() {
    std::string_view rest = text_;
    while (true) {
      while (rest.starts_with("\r\n")) rest.remove_prefix(2);
      const std::size_t size = message_size(rest);
      if (size == 0 || rest.size() < size) break;
      received_(*this, rest.substr(0, size));
      rest.remove_prefix(size);
    }
    text_.erase(0, text_.size() - rest.size());
  }

  void write() {
    if (!going_.empty() || waiting_.empty()) return;
    going_.swap(waiting_);
    asio::async_write(stream_, asio::buffer(going_), [self = shared_from_this()](const error_code& error, std::size_t) {
      if (error) return self->closed(error);
      self->going_.clear();
      self->write();
    });
  }

  static void closed(const error_code& error) { std::cerr << "a connection is gone: " << error.message() << '\n'; }

  Stream stream_;
  Received received_;
  std::array<char, 16384> buffer_;
  std::string text_;
  std::string waiting_;
  std::string going_;
};

class TlsListener : public std::enable_shared_from_this<TlsListener> {
 public:
  TlsListener(asio::io_context& io, asio::ssl::context& tls, const tcp::endpoint& local, Channel::Received received)
      : tls_(tls), acceptor_(io, local), received_(std::move(received)) {}

  void next() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (error) return;
      socket.set_option(tcp::no_delay(true));
      auto channel = std::make_shared<TlsChannel>(TlsChannel::Stream(std::move(socket), self->tls_), self->received_);
      channel->stream().async_handshake(asio::ssl::stream_base::server, [channel](const error_code& refused) {
        if (!refused) channel->read();
      });
      self->next();
    });
  }

 private:
  asio::ssl::context& tls_;
  tcp::acceptor acceptor_;
  Channel::Received received_;
};

}  // namespace

std::unique_ptr<Channel> open_udp(asio::io_context& io, const udp::endpoint& local, const udp::endpoint& remote,
                                  Channel::Received received) {
  return std::make_unique<UdpChannel>(io, local, remote, std::move(received));
}

std::shared_ptr<Channel> connect_tls(asio::io_context& io, asio::ssl::context& tls, const asio::ip::address& local,
                                     const udp::endpoint& remote, Channel::Received received) {
  tcp::socket socket(io, tcp::endpoint(local, 0));
  socket.connect(tcp::endpoint(remote.address(), remote.port()));
  socket.set_option(tcp::no_delay(true));
  auto channel = std::make_shared<TlsChannel>(TlsChannel::Stream(std::move(socket), tls), std::move(received));
  channel->stream().handshake(asio::ssl::stream_base::client);
  channel->read();
  return channel;
}

void accept_tls(asio::io_context& io, asio::ssl::context& tls, const udp::endpoint& local, Channel::Received received) {
  std::make_shared<TlsListener>(io, tls, tcp::endpoint(local.address(), local.port()), std::move(received))->next();
}

}  // namespace sallyport::call_load
