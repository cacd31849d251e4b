#include "controlplane/admin/control_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "controlplane/admin/control_socket.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

json refusal(const std::string& error) { return {{"ok", false}, {"error", error}}; }

std::string known_commands(const ControlServer::Handlers& handlers) {
  std::string list;
  for (const auto& [name, handler] : handlers) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

json dispatch(std::string_view line, const Requester& from, const ControlServer::Handlers& handlers) {
  const json request = json::parse(line, nullptr, false);
  if (!request.is_object()) return refusal("malformed request: expected one JSON object per line");
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string()) return refusal("no command: expected \"command\": NAME");
  const auto handler = handlers.find(command->get_ref<const std::string&>());
  if (handler == handlers.end()) return refusal("unknown command: expected one of " + known_commands(handlers));
  try {
    json reply = handler->second(request, from);
    if (!reply.contains("ok")) reply["ok"] = true;
    return reply;
  } catch (const std::exception& error) {
    return refusal(error.what());
  }
}

}  // namespace

std::string reply_to(std::string_view line, const Requester& from, const ControlServer::Handlers& handlers) {
  // Paths and names may be no UTF-8: they must not make an answer impossible.
  return dispatch(line, from, handlers).dump(-1, ' ', false, json::error_handler_t::replace);
}

ControlSession::ControlSession(boost::asio::local::stream_protocol::socket socket, const Requester& from,
                               std::weak_ptr<const ControlServer::Handlers> handlers, std::chrono::milliseconds idle)
    : socket_(std::move(socket)),
      from_(from),
      timer_(socket_.get_executor()),
      handlers_(std::move(handlers)),
      idle_(idle) {}

void ControlSession::start() { read(); }

void ControlSession::close() {
  boost::system::error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void ControlSession::rearm() {
  timer_.expires_after(idle_);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->close();
  });
}

void ControlSession::read() {
  rearm();
  boost::asio::async_read_until(
      socket_, boost::asio::dynamic_buffer(input_, kMaxRequest), '\n',
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t length) {
        const auto handlers = self->handlers_.lock();
        if (error == boost::asio::error::not_found) {
          self->answer(refusal("request too long: expected at most " + std::to_string(kMaxRequest) + " bytes").dump(),
                       true);
        } else if (error || !handlers) {
          self->close();
        } else {
          const std::string reply =
              reply_to(std::string_view(self->input_).substr(0, length - 1), self->from_, *handlers);
          self->input_.erase(0, length);
          self->answer(reply, false);
        }
      });
}

void ControlSession::answer(std::string line, bool then_close) {
  rearm();
  const auto text = std::make_shared<const std::string>(std::move(line) + "\n");
  boost::asio::async_write(
      socket_, boost::asio::buffer(*text),
      [self = shared_from_this(), text, then_close](const boost::system::error_code& error, std::size_t) {
        error || then_close ? self->close() : self->read();
      });
}

}  // namespace sallyport::controlplane
