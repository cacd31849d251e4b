#include "controlplane/admin/control_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// More than the gateway ever needs, less than a user would wait.
constexpr timeval kPatience{10, 0};

/// What to do about a connection that failed with `error`.
std::string advice(int error) {
  switch (error) {
    case ENOENT:
      return "is sallyportd running? If it uses another socket, give --socket PATH";
    case ECONNREFUSED:
      return "sallyportd is not running, the socket was left behind; start it";
    case EACCES:
    case EPERM:
      return "run this as root or as the user that sallyportd runs as";
    default:
      return "check that sallyportd is running and that the path is right";
  }
}

}  // namespace

ControlClient::ControlClient(std::string path)
    : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) throw SetupError("the socket's path " + path_ + " is too long");
  path_.copy(address.sun_path, path_.size());
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (!socket_ || ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    throw SetupError("cannot connect to " + path_ + ": " + std::generic_category().message(error) + "; " +
                     advice(error));
  }
}

std::string ControlClient::ask(const std::string& command) { return exchange({{"command", command}}); }

nlohmann::json ControlClient::demand(const nlohmann::json& request) {
  nlohmann::json reply = nlohmann::json::parse(exchange(request), nullptr, false);
  if (!reply.is_object()) throw SetupError("the gateway's answer is malformed: is that a sallyportd socket?");
  if (!reply.value("ok", false)) throw SetupError(reply.value("error", "refused without a reason"));
  return reply;
}

std::string ControlClient::exchange(const nlohmann::json& request) {
  const std::string line = request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (::send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    throw SetupError("the gateway at " + path_ + " closed the connection; see its log");
  }
  std::string reply;
  std::array<char, 65536> buffer;
  while (!reply.ends_with('\n')) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) throw SetupError("the gateway at " + path_ + " does not answer; see its log");
    if (count <= 0) throw SetupError("the gateway at " + path_ + " closed the connection; see its log");
    reply.append(buffer.data(), static_cast<std::size_t>(count));
  }
  reply.pop_back();
  return reply;
}

}  // namespace sallyport::controlplane
