// The running gateway's end of the control socket: answers the command line tool on the control thread's io_context.
// Serves root and the gateway's own user only (socket mode 0600, peer credentials checked). Knows no command by itself.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sallyport::controlplane {

class ControlSession;

/// Who is at the other end of a connection, as the kernel says.
struct Requester {
  uid_t user = 0;
  pid_t process = 0;

  /// "user 0 (process 1234)".
  std::string to_string() const;
};

class ControlServer {
 public:
  /// Answers a request with an object; "ok": true is added. What it throws becomes {"ok": false, "error": what()}.
  using Handler = std::function<nlohmann::json(const nlohmann::json& request, const Requester& from)>;
  /// One to whom it is all the same who asks.
  using PlainHandler = std::function<nlohmann::json(const nlohmann::json& request)>;
  using Handlers = std::map<std::string, Handler, std::less<>>;

  static constexpr std::size_t kMaxConnections = 64;

  /// Opens the socket at `path` (absolute); makes its folder where that is missing, and removes a socket that a killed
  /// process left. `idle`: a connection without a request for so long is closed.
  /// Throws SetupError, also where another process answers there.
  ControlServer(boost::asio::io_context& io, std::string path,
                std::chrono::milliseconds idle = std::chrono::seconds(60));
  /// Closes all connections and removes the socket.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Serves `command` from now on. Called on the io_context's thread.
  void handle(std::string command, Handler handler);
  void handle(std::string command, PlainHandler handler);
  std::size_t connections() const;

 private:
  void open();
  void accept();
  void admit(boost::asio::local::stream_protocol::socket socket);

  std::string path_;
  std::chrono::milliseconds idle_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<Handlers> handlers_ = std::make_shared<Handlers>();
  std::vector<std::weak_ptr<ControlSession>> sessions_;
};

}  // namespace sallyport::controlplane
