#include "controlplane/signalling/dns/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>

#include "crypto/error.hpp"

namespace sallyport::controlplane::dns {
namespace {

using drivers::IpAddress;

/// Each server is asked twice, the second time for twice as long.
constexpr int kPatienceMs = 1'500;
constexpr int kTries = 2;
constexpr int kClassInternet = 1;
constexpr int kTypeSrv = 33;

/// A question that c-ares has; it comes back once, at the latest when the channel ends.
template <class Done>
struct Question {
  boost::asio::io_context& io;
  std::string name;
  Done done;
};

template <class Done>
std::unique_ptr<Question<Done>> taken_back(void* question) {
  return std::unique_ptr<Question<Done>>(static_cast<Question<Done>*>(question));
}

/// c-ares may answer before the question returns: nobody hears it that early.
template <class T, class Done>
void answer(Question<Done>& question, int status, Answer<T> answer) {
  if (answer.values.empty()) {
    answer.absent = status == ARES_SUCCESS || status == ARES_ENOTFOUND || status == ARES_ENODATA;
    answer.why = question.name + ": " + ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status);
  }
  boost::asio::post(question.io, [done = std::move(question.done), answer = std::move(answer)]() mutable {
    done(std::move(answer));
  });
}

void on_services(void* asked, int status, int /*timeouts*/, unsigned char* message, int size) {
  const auto question = taken_back<Source::Services>(asked);
  if (status == ARES_EDESTRUCTION) return;
  Answer<SrvRecord> found;
  if (status == ARES_SUCCESS) {
    auto parsed = parse_srv_answer({message, static_cast<std::size_t>(size)});
    if (!parsed) {
      status = ARES_EBADRESP;
    } else {
      found.values = std::move(parsed->records);
      found.lifetime = parsed->lifetime;
    }
  }
  answer(*question, status, std::move(found));
}

std::optional<IpAddress> address_of(const sockaddr* socket) {
  IpAddress address{};
  if (socket->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket, sizeof(v4));
    std::memcpy(address.bytes.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    return address;
  }
  if (socket->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, socket, sizeof(v6));
  std::memcpy(address.bytes.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
  address.v6 = true;
  return address;
}

void on_addresses(void* asked, int status, int /*timeouts*/, ares_addrinfo* result) {
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(result, &ares_freeaddrinfo);
  const auto question = taken_back<Source::Addresses>(asked);
  if (status == ARES_EDESTRUCTION) return;
  Answer<IpAddress> found;
  found.lifetime = std::chrono::seconds::max();
  const auto note = [&](int ttl) { found.lifetime = std::min(found.lifetime, std::chrono::seconds(std::max(ttl, 0))); };
  for (const ares_addrinfo_node* node = owned ? owned->nodes : nullptr; node != nullptr; node = node->ai_next) {
    const auto address = address_of(node->ai_addr);
    if (!address || std::find(found.values.begin(), found.values.end(), *address) != found.values.end()) continue;
    found.values.push_back(*address);
    note(node->ai_ttl);
  }
  for (const ares_addrinfo_cname* alias = owned ? owned->cnames : nullptr; alias != nullptr; alias = alias->next) {
    note(alias->ttl);
  }
  answer(*question, status, std::move(found));
}

void require(int status, const char* what) {
  if (status != ARES_SUCCESS) throw SetupError(std::string("DNS: ") + what + ": " + ares_strerror(status));
}

}  // namespace

Resolver::Resolver(boost::asio::io_context& io, const std::optional<Endpoint>& server) : io_(io), timer_(io) {
  ares_options options{};
  options.timeout = kPatienceMs;
  options.tries = kTries;
  options.ndomains = 0;  // names are whole
  options.sock_state_cb = [](void* self, ares_socket_t socket, int reads, int writes) {
    static_cast<Resolver*>(self)->watch(socket, reads != 0, writes != 0);
  };
  options.sock_state_cb_data = this;
  ares_channel channel = nullptr;
  require(ares_init_options(&channel, &options,
                            ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB),
          "c-ares");
  channel_.reset(channel);
  if (server) require(ares_set_servers_ports_csv(channel, server->to_string().c_str()), "sip.resolver");
}

Resolver::~Resolver() = default;

void Resolver::addresses(const std::string& host, AddressFamily family, Addresses done) {
  auto question = std::make_unique<Question<Addresses>>(Question<Addresses>{io_, host, std::move(done)});
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;
  hints.ai_family = family == AddressFamily::kIpv4 ? AF_INET : family == AddressFamily::kIpv6 ? AF_INET6 : AF_UNSPEC;
  ares_getaddrinfo(channel_.get(), host.c_str(), nullptr, &hints, &on_addresses, question.release());
  wait_for_timeout();
}

void Resolver::services(const std::string& name, Services done) {
  auto question = std::make_unique<Question<Services>>(Question<Services>{io_, name, std::move(done)});
  ares_query(channel_.get(), name.c_str(), kClassInternet, kTypeSrv, &on_services, question.release());
  wait_for_timeout();
}

/// What c-ares wants to know of a socket of its own; neither: it is about to close it.
void Resolver::watch(ares_socket_t socket, bool reads, bool writes) {
  auto at = sockets_.find(socket);
  if (!reads && !writes) {
    if (at == sockets_.end()) return;
    at->second->descriptor.release();  // ends what waits for it
    sockets_.erase(at);
    return;
  }
  if (at == sockets_.end()) {
    auto made = std::make_shared<Socket>(Socket{boost::asio::posix::stream_descriptor(io_, socket)});
    at = sockets_.emplace(socket, std::move(made)).first;
  }
  at->second->reads = reads;
  at->second->writes = writes;
  wait(at->second);
}

void Resolver::wait(const std::shared_ptr<Socket>& socket) {
  using boost::asio::posix::stream_descriptor;
  const auto once = [this, &socket](bool wanted, bool Socket::*waits, stream_descriptor::wait_type what) {
    if (!wanted || (*socket).*waits) return;
    (*socket).*waits = true;
    socket->descriptor.async_wait(what, [this, socket, waits, what](const boost::system::error_code& error) {
      (*socket).*waits = false;
      // One that is released may outlive us.
      if (error || !socket->descriptor.is_open()) return;
      const ares_socket_t ready = socket->descriptor.native_handle();
      const bool reads = what == stream_descriptor::wait_read;
      process(reads ? ready : ARES_SOCKET_BAD, reads ? ARES_SOCKET_BAD : ready);
      if (socket->descriptor.is_open()) wait(socket);
    });
  };
  once(socket->reads, &Socket::reading, stream_descriptor::wait_read);
  once(socket->writes, &Socket::writing, stream_descriptor::wait_write);
}

void Resolver::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_.get(), readable, writable);
  wait_for_timeout();
}

void Resolver::wait_for_timeout() {
  timeval next{};
  if (ares_timeout(channel_.get(), nullptr, &next) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec));
  timer_.async_wait([this, weak = std::weak_ptr(alive_)](const boost::system::error_code& error) {
    if (!error && !weak.expired()) process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

}  // namespace sallyport::controlplane::dns
