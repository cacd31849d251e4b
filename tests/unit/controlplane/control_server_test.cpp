// The control socket over a real socket: requests and replies, limits, who is served, and what a killed process left.
#include "controlplane/admin/control_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/control_socket.hpp"
#include "crypto/error.hpp"
#include "temporary_folder.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A server on a thread of its own, with the commands "echo" and "fail".
class RunningServer {
 public:
  explicit RunningServer(const std::string& path, std::chrono::milliseconds idle = 60s) : server_(io_, path, idle) {
    server_.handle("echo", [](const json& request) { return json{{"heard", request.value("text", "")}}; });
    server_.handle("fail", [](const json&) -> json { throw SetupError("it cannot be done"); });
    thread_ = std::thread([this] { io_.run_for(30s); });
  }
  ~RunningServer() {
    io_.stop();
    thread_.join();
  }

 private:
  boost::asio::io_context io_;
  ControlServer server_;
  std::thread thread_;
};

/// A connection that sends and receives bytes as they are.
class RawConnection {
 public:
  explicit RawConnection(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{5, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  bool connected() const { return connected_; }
  bool send(const std::string& text) const {
    return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// Up to the next line end; what came until then where the other side closed; "(time-out)".
  std::string line() const {
    std::string text;
    for (char c = 0;;) {
      const ssize_t count = ::recv(fd_.get(), &c, 1, 0);
      if (count < 0) return errno == ECONNRESET ? text : "(time-out)";
      if (count == 0 || c == '\n') return text;
      text.push_back(c);
    }
  }

 private:
  drivers::FileDescriptor fd_;
  bool connected_ = false;
};

class ControlServerTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("run/control.sock");
};

TEST_F(ControlServerTest, AnswersLineByLine) {
  const RunningServer server(path_);
  const RawConnection connection(path_);
  ASSERT_TRUE(connection.send("{\"command\":\"echo\",\"text\":\"a\"}\n{\"command\":\"echo\",\"te"));
  EXPECT_EQ(json::parse(connection.line()), (json{{"ok", true}, {"heard", "a"}}));
  ASSERT_TRUE(connection.send("xt\":\"b\"}\n"));
  EXPECT_EQ(json::parse(connection.line()), (json{{"ok", true}, {"heard", "b"}}));
}

TEST_F(ControlServerTest, RefusesWithAReason) {
  const RunningServer server(path_);
  const RawConnection connection(path_);
  const std::pair<const char*, const char*> rows[] = {
      {"", "malformed request: expected one JSON object per line"},
      {"status", "malformed request: expected one JSON object per line"},
      {"[1]", "malformed request: expected one JSON object per line"},
      {"{}", "no command: expected \"command\": NAME"},
      {"{\"command\": 1}", "no command: expected \"command\": NAME"},
      {"{\"command\": \"calls\"}", "unknown command: expected one of echo, fail"},
      {"{\"command\": \"fail\"}", "it cannot be done"},
  };
  for (const auto& [request, error] : rows) {
    ASSERT_TRUE(connection.send(std::string(request) + "\n"));
    EXPECT_EQ(json::parse(connection.line()), (json{{"ok", false}, {"error", error}})) << request;
  }
}

TEST_F(ControlServerTest, WhatIsNoUtf8DoesNotStopAReply) {
  const RunningServer server(path_);
  const RawConnection connection(path_);
  ASSERT_TRUE(connection.send("{\"command\":\"echo\",\"text\":\"\\u00fc\"}\n"));
  EXPECT_EQ(connection.line(), "{\"heard\":\"\xc3\xbc\",\"ok\":true}");
}

TEST_F(ControlServerTest, ClosesAtALineThatIsTooLong) {
  const RunningServer server(path_);
  const RawConnection connection(path_);
  connection.send(std::string(kMaxRequest + 1, 'x'));
  EXPECT_EQ(json::parse(connection.line())["error"], "request too long: expected at most 65536 bytes");
  EXPECT_EQ(connection.line(), "");
}

TEST_F(ControlServerTest, ClosesIdleConnections) {
  const RunningServer server(path_, 100ms);
  const RawConnection connection(path_);
  ASSERT_TRUE(connection.connected());
  EXPECT_EQ(connection.line(), "");
}

TEST_F(ControlServerTest, BoundsConnections) {
  const RunningServer server(path_);
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (std::size_t i = 0; i < ControlServer::kMaxConnections; ++i) {
    connections.push_back(std::make_unique<RawConnection>(path_));
    ASSERT_TRUE(connections.back()->send("{\"command\":\"echo\"}\n"));
    ASSERT_NE(connections.back()->line(), "") << i;
  }
  const RawConnection refused(path_);
  EXPECT_EQ(refused.line(), "");
  connections.clear();
  for (int attempt = 0; attempt < 50; ++attempt) {  // until the server has seen that they are gone
    const RawConnection next(path_);
    if (next.send("{\"command\":\"echo\"}\n") && !next.line().empty()) return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL() << "connections that were closed still count";
}

TEST_F(ControlServerTest, SocketAndFolderHaveTheirModes) {
  {
    const RunningServer server(path_);
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ASSERT_EQ(::stat(folder_.file("run").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0755U);
  }
  EXPECT_NE(::access(path_.c_str(), F_OK), 0) << "removed at the end";
}

TEST_F(ControlServerTest, RefusesToReplaceALiveOne) {
  const RunningServer server(path_);
  boost::asio::io_context io;
  try {
    const ControlServer second(io, path_);
    FAIL() << "opened twice";
  } catch (const SetupError& error) {
    EXPECT_EQ(std::string(error.what()), "another sallyportd is running at " + path_);
  }
  EXPECT_TRUE(RawConnection(path_).connected()) << "the first one still answers";
}

TEST_F(ControlServerTest, RemovesTheSocketOfAKilledProcess) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    boost::asio::io_context io;
    const ControlServer server(io, path_);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(::access(path_.c_str(), F_OK), 0) << "left behind";
  EXPECT_FALSE(RawConnection(path_).connected());
  const RunningServer server(path_);
  EXPECT_TRUE(RawConnection(path_).connected());
}

TEST_F(ControlServerTest, LeavesAloneWhatIsNoSocket) {
  const std::string file = folder_.write("file", "precious");
  boost::asio::io_context io;
  EXPECT_THROW(ControlServer(io, file), SetupError);
  EXPECT_TRUE(std::filesystem::is_regular_file(file));
  EXPECT_THROW(ControlServer(io, folder_.file(std::string(120, 'x'))), SetupError);
}

/// What another user's process gets: "denied" by the file's mode, else the first line of an answer.
std::string as_nobody(const std::string& path) {
  int pipe_ends[2];
  if (::pipe(pipe_ends) != 0) return "(no pipe)";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "(no setuid)";
    if (::setgid(65534) == 0 && ::setuid(65534) == 0) {
      const RawConnection connection(path);
      connection.send("{\"command\":\"echo\"}\n");
      text = connection.connected() ? "answer: " + connection.line() : "denied";
    }
    const ssize_t written = ::write(pipe_ends[1], text.data(), text.size());
    ::_exit(written < 0 ? 1 : 0);
  }
  ::close(pipe_ends[1]);
  char buffer[4096];
  const ssize_t count = ::read(pipe_ends[0], buffer, sizeof buffer);
  ::close(pipe_ends[0]);
  ::waitpid(child, nullptr, 0);
  return {buffer, static_cast<std::size_t>(std::max<ssize_t>(0, count))};
}

TEST_F(ControlServerTest, ServesNoOtherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const RunningServer server(path_);
  std::filesystem::permissions(std::filesystem::path(path_).parent_path().parent_path(), std::filesystem::perms(0755));
  EXPECT_EQ(as_nobody(path_), "denied") << "the socket's mode";
  ::chmod(path_.c_str(), 0666);
  EXPECT_EQ(as_nobody(path_), "answer: ") << "peer credentials: closed without a word, although it could connect";
}

TEST_F(ControlServerTest, ClientSaysWhatToDo) {
  try {
    ControlClient client(path_);
    FAIL() << "connected to nothing";
  } catch (const SetupError& error) {
    EXPECT_NE(std::string(error.what()).find("is sallyportd running?"), std::string::npos) << error.what();
  }
  const RunningServer server(path_);
  ControlClient client(path_);
  EXPECT_EQ(json::parse(client.ask("echo"))["ok"], true);
  EXPECT_EQ(json::parse(client.ask("calls"))["ok"], false);
}

}  // namespace
}  // namespace sallyport::controlplane
