#include "perf/load/ng_client.hpp"

#include <poll.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>

#include "perf/load/udp_socket.hpp"

namespace sallyport::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTries = 4;
constexpr std::size_t kLongestAnswer = 65536;

/// Until something can be read, at most until `end`.
bool readable(int socket, Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  pollfd waited{socket, POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(std::max<std::int64_t>(left, 0))) > 0;
}

}  // namespace

NgClient::NgClient(const Endpoint& gateway, std::chrono::milliseconds patience)
    : gateway_(gateway),
      patience_(patience),
      socket_(::socket(gateway.address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const SocketAddress address(gateway);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    throw UsageError("--gateway: cannot reach " + gateway.to_string() + ": " + std::strerror(errno));
  }
  if (::getrandom(&next_cookie_, sizeof next_cookie_, 0) != sizeof next_cookie_) throw UsageError("no random numbers");
}

Bencode NgClient::ask(const Bencode::Dictionary& request) {
  const std::string cookie = std::to_string(next_cookie_++);
  Bencode::Text datagram(cookie);
  datagram.append(" ").append(Bencode(request).encode());
  for (int attempt = 0; attempt < kTries; ++attempt) {
    // An error here is one that an earlier datagram caused, or one that receive() will see.
    [[maybe_unused]] const ssize_t sent = ::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
    const Clock::time_point end = Clock::now() + patience_;
    while (readable(socket_.get(), end)) {
      auto answer = receive(cookie);
      if (!answer) continue;
      const std::string_view result = answer->text_of("result");
      if (result == "error" || result.empty()) {
        throw UsageError("--gateway: " + gateway_.to_string() +
                         " refused: " + std::string(answer->text_of("error-reason")));
      }
      return std::move(*answer);
    }
  }
  throw UsageError("--gateway: " + gateway_.to_string() + " does not answer: expected one that speaks ng over UDP");
}

std::optional<Bencode> NgClient::receive(std::string_view cookie) {
  Bencode::Text datagram(kLongestAnswer, '\0');
  const ssize_t length = ::recv(socket_.get(), datagram.data(), datagram.size(), 0);
  if (length < 0) {
    throw UsageError("--gateway: " + gateway_.to_string() + ": " + std::strerror(errno) +
                     ", expected a gateway that speaks ng over UDP there");
  }
  const std::string_view text = std::string_view(datagram).substr(0, static_cast<std::size_t>(length));
  const std::size_t blank = text.find(' ');
  if (text.substr(0, blank) != cookie) return std::nullopt;  // an answer to a question that was repeated
  auto answer = blank == std::string_view::npos ? std::nullopt : Bencode::parse(text.substr(blank + 1));
  if (!answer) throw UsageError("--gateway: " + gateway_.to_string() + " answers what is no bencoding");
  return answer;
}

}  // namespace sallyport::load
