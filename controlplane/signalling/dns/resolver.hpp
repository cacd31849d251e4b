// DNS on the network: c-ares' questions on the control thread's event loop, which never waits for them. Owned by
// SipService; control thread only. Remembers no answer: whoever asks keeps it for its lifetime.
#pragma once

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/endpoint.hpp"
#include "controlplane/signalling/dns/dns_source.hpp"

namespace sallyport::controlplane::dns {

class Resolver : public Source {
 public:
  /// `server`: that is asked; nothing: those of /etc/resolv.conf, as it is now. Throws SetupError.
  Resolver(boost::asio::io_context& io, const std::optional<Endpoint>& server);
  /// What was asked is answered no more.
  ~Resolver() override;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// /etc/hosts counts too; search domains do not.
  void addresses(const std::string& host, AddressFamily family, Addresses done) override;
  void services(const std::string& name, Services done) override;

 private:
  /// A socket of c-ares', which it opens and closes.
  struct Socket {
    boost::asio::posix::stream_descriptor descriptor;
    bool reads = false;  ///< c-ares wants to know
    bool writes = false;
    bool reading = false;  ///< we wait for it
    bool writing = false;
  };

  void watch(ares_socket_t socket, bool reads, bool writes);
  void wait(const std::shared_ptr<Socket>& socket);
  void wait_for_timeout();
  void process(ares_socket_t readable, ares_socket_t writable);

  boost::asio::io_context& io_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what a late timer would touch
  boost::asio::steady_timer timer_;
  std::map<ares_socket_t, std::shared_ptr<Socket>> sockets_;
  std::unique_ptr<ares_channeldata, decltype(&ares_destroy)> channel_{nullptr, &ares_destroy};
};

}  // namespace sallyport::controlplane::dns
