// One connection to the control socket: reads requests line by line, answers each before it reads the next. Keeps
// itself alive through its pending operations; closes itself when idle, at the end of input, and at a line that is too
// long.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "controlplane/admin/control_server.hpp"

namespace sallyport::controlplane {

class ControlSession : public std::enable_shared_from_this<ControlSession> {
 public:
  ControlSession(boost::asio::local::stream_protocol::socket socket, const Requester& from,
                 std::weak_ptr<const ControlServer::Handlers> handlers, std::chrono::milliseconds idle);
  void start();
  void close();

 private:
  void read();
  void answer(std::string line, bool then_close);
  void rearm();

  boost::asio::local::stream_protocol::socket socket_;
  Requester from_;
  boost::asio::steady_timer timer_;
  std::weak_ptr<const ControlServer::Handlers> handlers_;  ///< gone with the server
  std::chrono::milliseconds idle_;
  std::string input_;
};

/// The reply to one request line, without its line end.
std::string reply_to(std::string_view line, const Requester& from, const ControlServer::Handlers& handlers);

}  // namespace sallyport::controlplane
