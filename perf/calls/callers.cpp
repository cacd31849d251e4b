#include "perf/calls/callers.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "perf/calls/sip_text.hpp"

namespace sallyport::call_load {
namespace {

constexpr std::chrono::milliseconds kTick{1};
constexpr std::chrono::milliseconds kLook{50};       ///< between two searches for what has to be sent again
constexpr std::chrono::milliseconds kLongest{4000};  ///< RFC 3261's T2
constexpr unsigned kFirstPort = 20'000;
constexpr unsigned kPorts = 20'000;

double seconds(Callers::Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Callers::Callers(boost::asio::io_context& io, const Options& options, std::vector<Channel*> channels)
    : options_(options), channels_(std::move(channels)), timer_(io) {
  std::uint32_t random = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random);
  run_ = std::to_string(random);
  local_ = options_.from.address().to_string() + ":" + std::to_string(options_.from.port());
  contact_ = "Contact: <sip:caller@" + local_ + (options_.tls ? ";transport=tls>\r\n" : ">\r\n");
}

void Callers::start(std::function<void()> done) {
  done_ = std::move(done);
  began_ = Clock::now();
  next_look_ = began_;
  tick();
}

void Callers::tick() {
  const auto now = Clock::now();
  const auto due = static_cast<std::uint64_t>(seconds(now - began_) * options_.rate) + 1;
  while (verdict_.placed < std::min<std::uint64_t>(due, options_.calls)) {
    place();
    verdict_.placing_seconds = seconds(Clock::now() - began_);
  }
  for (; !to_end_.empty() && to_end_.front().first <= now; to_end_.pop_front()) end(to_end_.front().second);
  if (now >= next_look_) {
    next_look_ = now + kLook;
    send_again(now);
  }
  if (verdict_.placed == options_.calls && calls_.empty()) {
    verdict_.seconds = seconds(now - began_);
    return done_();
  }
  timer_.expires_at(now + kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Callers::place() {
  const std::uint64_t number = verdict_.placed++;
  const std::string id = run_ + "-" + std::to_string(number);
  Call& call = calls_[id];
  call.number = number;
  call.channel = channels_[number % channels_.size()];
  call.to = "<sip:" + options_.number + "@" + options_.gateway.address().to_string() + ">";
  call.began = Clock::now();
  const std::string uri = "sip:" + options_.number + "@" + options_.gateway.address().to_string() + ":" +
                          std::to_string(options_.gateway.port()) + (options_.tls ? ";transport=tls" : "");
  const auto port = static_cast<unsigned>(kFirstPort + 2 * (number % kPorts));
  wait_for_answer(call, compose(request("INVITE", id, call, uri, 1).append(contact_),
                                sdp_offer(options_.from.address().to_string(), port, options_.suite)));
}

void Callers::end(const std::string& id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  call.ending = true;
  --up_;
  wait_for_answer(call, compose(request("BYE", id, call, call.target, 2), {}));
}

std::string Callers::request(std::string_view method, const std::string& id, const Call& call, std::string_view uri,
                             unsigned cseq) const {
  std::string head(method);
  head.append(" ").append(uri).append(" SIP/2.0\r\nVia: SIP/2.0/").append(options_.tls ? "TLS " : "UDP ");
  // An ACK of a 2xx is a transaction of its own, that of a refusal is not.
  head.append(local_).append(";branch=z9hG4bK").append(id).append(".").append(method == "ACK" ? "a" : "r");
  head.append(std::to_string(cseq)).append(";rport\r\nMax-Forwards: 70\r\nFrom: <sip:caller@").append(local_);
  head.append(">;tag=c").append(std::to_string(call.number)).append("\r\nTo: ").append(call.to).append("\r\nCall-ID: ");
  head.append(id).append("\r\nCSeq: ").append(std::to_string(cseq)).append(" ").append(method).append("\r\n");
  return head;
}

void Callers::wait_for_answer(Call& call, std::string request) {
  call.request = std::move(request);
  call.sent = Clock::now();
  call.interval = std::chrono::milliseconds(500);
  call.again = call.sent + call.interval;
  call.channel->send(call.request);
}

void Callers::send_again(Clock::time_point now) {
  std::vector<std::string> lost;
  for (auto& [id, call] : calls_) {
    if (call.request.empty()) continue;
    if (now - call.sent > options_.patience) {
      lost.push_back(id);
    } else if (!options_.tls && now >= call.again) {
      ++verdict_.retransmitted;
      call.channel->send(call.request);
      call.interval = std::min(2 * call.interval, kLongest);
      call.again = now + call.interval;
    }
  }
  for (const std::string& id : lost) over(id, calls_[id].ending ? "no answer to BYE" : "no answer to INVITE");
}

void Callers::received(std::string_view text) {
  const std::string id(header(text, "Call-ID"));
  const auto found = calls_.find(id);
  const int status = status_of(text);
  if (status == 0) {
    // The gateway's own requests: an end that we did not ask for, or a question.
    if (found == calls_.end()) return;
    const bool bye = method_of(text) == "BYE";
    found->second.channel->send(response_to(text, "200 OK", {}, contact_, {}));
    if (bye && !found->second.ending) {
      if (found->second.request.empty()) --up_;
      over(id, "BYE from the gateway");
    }
    return;
  }
  if (found == calls_.end() || status < 200) return;
  Call& call = found->second;
  if (method_of(text) == "BYE") {
    if (call.ending) over(id, status < 300 ? std::string() : std::to_string(status) + " to BYE");
  } else if (status < 300) {
    answered(id, call, text);
  } else if (!call.request.empty() && !call.ending) {
    refused(id, call, text);
  }
}

void Callers::answered(const std::string& id, Call& call, std::string_view text) {
  if (!call.ack.empty()) return call.channel->send(call.ack);
  const auto now = Clock::now();
  verdict_.setup_ms.push_back(1e3 * seconds(now - call.began));
  call.to = header(text, "To");
  call.target = uri_of(header(text, "Contact"));
  call.request.clear();
  call.ack = compose(request("ACK", id, call, call.target, 1), {});
  call.channel->send(call.ack);
  verdict_.most_up = std::max(verdict_.most_up, ++up_);
  to_end_.emplace_back(now + options_.hold, id);
}

void Callers::refused(const std::string& id, Call& call, std::string_view text) {
  call.to = header(text, "To");
  std::string ack = "ACK " + std::string(call.request.substr(7, call.request.find("\r\n") - 7));
  ack.append("\r\n").append(via_lines(call.request)).append("Max-Forwards: 70\r\nFrom: ");
  ack.append(header(call.request, "From")).append("\r\nTo: ").append(call.to).append("\r\nCall-ID: ").append(id);
  call.channel->send(compose(ack.append("\r\nCSeq: 1 ACK\r\n"), {}));
  over(id, std::to_string(status_of(text)));
}

void Callers::over(const std::string& id, const std::string& failure) {
  calls_.erase(id);
  if (failure.empty()) {
    ++verdict_.completed;
  } else {
    ++verdict_.failed[failure];
  }
}

}  // namespace sallyport::call_load
