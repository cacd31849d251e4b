#include "controlplane/admin/control_server.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "controlplane/admin/control_session.hpp"
#include "crypto/error.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {
namespace {

using boost::asio::local::stream_protocol;

/// File descriptors may run out: until another accept is tried.
constexpr std::chrono::milliseconds kAcceptRetry{200};

std::string last_error() { return std::generic_category().message(errno); }

/// Every new file of this process is the owner's alone while this lives.
class OwnerOnly {
 public:
  OwnerOnly() : before_(::umask(S_IXUSR | S_IRWXG | S_IRWXO)) {}
  ~OwnerOnly() { ::umask(before_); }
  OwnerOnly(const OwnerOnly&) = delete;
  OwnerOnly& operator=(const OwnerOnly&) = delete;

 private:
  mode_t before_;
};

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::create_directories(folder, error)) {
    if (error) throw SetupError("control socket: folder " + folder.string() + " cannot be made: " + error.message());
    return;  // it was there, with whatever mode its owner gave it
  }
  if (::chmod(folder.c_str(), 0755) != 0) {
    throw SetupError("control socket: mode 0755 cannot be given to " + folder.string() + ": " + last_error());
  }
}

/// Whether a process accepts connections at `path`; one that is too busy to do so right now is alive too.
bool is_answered(const std::string& path) {
  const drivers::FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return probe &&
         (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN);
}

/// Removes the socket of a process that is gone.
void remove_stale(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    throw SetupError("control socket: " + path + " cannot be looked at: " + last_error());
  }
  if (!S_ISSOCK(status.st_mode)) {
    throw SetupError("control socket: " + path +
                     " exists and is no socket: expected a free path, or a socket left behind");
  }
  if (is_answered(path)) throw SetupError("another sallyportd is running at " + path);
  if (::unlink(path.c_str()) != 0)
    throw SetupError("control socket: stale " + path + " cannot be removed: " + last_error());
  spdlog::info("removed the control socket {} that an earlier process left", path);
}

/// Nobody but root and our own user is served: nothing for others.
std::optional<Requester> allowed_requester(stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
  const Requester from{peer.uid, peer.pid};
  if (peer.uid == 0 || peer.uid == ::geteuid()) return from;
  spdlog::warn("control socket: refused {}: expected root or user {}", from.to_string(), ::geteuid());
  return std::nullopt;
}

}  // namespace

std::string Requester::to_string() const {
  return "user " + std::to_string(user) + " (process " + std::to_string(process) + ")";
}

ControlServer::ControlServer(boost::asio::io_context& io, std::string path, std::chrono::milliseconds idle)
    : path_(std::move(path)), idle_(idle), acceptor_(io), retry_(io) {
  make_folder(std::filesystem::path(path_).parent_path());
  remove_stale(path_);
  open();
  accept();
}

ControlServer::~ControlServer() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : sessions_) {
    if (const auto alive = session.lock()) alive->close();
  }
  ::unlink(path_.c_str());
}

void ControlServer::open() {
  try {
    const OwnerOnly files;
    acceptor_.open();
    acceptor_.bind(path_);
    acceptor_.listen();
  } catch (const boost::system::system_error& error) {
    throw SetupError("control socket: " + path_ + " cannot be opened: " + error.code().message() +
                     "; expected a path where a UNIX socket can be made");
  }
}

void ControlServer::handle(std::string command, Handler handler) {
  handlers_->insert_or_assign(std::move(command), std::move(handler));
}

void ControlServer::handle(std::string command, PlainHandler handler) {
  handle(std::move(command),
         [handler = std::move(handler)](const nlohmann::json& request, const Requester&) { return handler(request); });
}

std::size_t ControlServer::connections() const {
  return static_cast<std::size_t>(
      std::count_if(sessions_.begin(), sessions_.end(), [](const auto& session) { return !session.expired(); }));
}

void ControlServer::accept() {
  // `handlers_` lives exactly as long as the server: a completion that comes later finds it gone.
  acceptor_.async_accept([this, alive = std::weak_ptr<Handlers>(handlers_)](const boost::system::error_code& error,
                                                                            stream_protocol::socket socket) {
    if (alive.expired() || error == boost::asio::error::operation_aborted) return;
    if (!error) {
      admit(std::move(socket));
      accept();
      return;
    }
    spdlog::warn("control socket: accept failed: {}", error.message());
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([this, alive](const boost::system::error_code& cancelled) {
      if (!cancelled && !alive.expired()) accept();
    });
  });
}

void ControlServer::admit(stream_protocol::socket socket) {
  std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
  const std::optional<Requester> from = allowed_requester(socket);
  if (!from) return;  // closed as it goes out of scope
  if (sessions_.size() >= kMaxConnections) {
    spdlog::warn("control socket: more than {} connections, refused one", kMaxConnections);
    return;
  }
  const auto session = std::make_shared<ControlSession>(std::move(socket), *from, handlers_, idle_);
  sessions_.push_back(session);
  session->start();
}

}  // namespace sallyport::controlplane
