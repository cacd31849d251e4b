#include "controlplane/signalling/sip/reliable_answers.hpp"

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "controlplane/signalling/sip/session_timer.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr std::uint32_t kMaxNumber = 0xffffffff;

/// "RSEQ CSEQ METHOD" of a PRACK (RFC 3262 7.2).
std::string expected_rack(std::uint32_t number, const Message& invite) {
  return std::to_string(number).append(" ").append(invite.value("CSeq"));
}

/// With single blanks.
std::string tidy(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (result.empty() || result.back() == ' ')) continue;
    result += blank ? ' ' : c;
  }
  return result;
}

}  // namespace

ReliableAnswers::ReliableAnswers(TimerQueue& timers, TransactionTimes times, std::shared_ptr<ServerTransaction> invite,
                                 std::function<void()> lost)
    : timers_(timers),
      times_(times),
      invite_(std::move(invite)),
      lost_(std::move(lost)),
      // The first is below 2^31 (RFC 3262 3).
      number_(static_cast<std::uint32_t>(std::stoul(random_token(3), nullptr, 16))) {}

ReliableAnswers::~ReliableAnswers() { timers_.cancel(timer_); }

void ReliableAnswers::send(Message answer) {
  if (sent_) {
    next_ = std::move(answer);
    return;
  }
  answer.add("Require", "100rel");
  answer.set("RSeq", std::to_string(++number_));
  sent_ = std::move(answer);
  began_ = timers_.now();
  transmit(times_.t1);
}

void ReliableAnswers::transmit(TimerQueue::Duration interval) {
  invite_->respond(*sent_);
  timer_ = timers_.schedule(interval, [this, interval] {
    if (timers_.now() - began_ < 64 * times_.t1) return transmit(2 * interval);
    const auto lost = lost_;
    stop();
    lost();
  });
}

void ReliableAnswers::stop() {
  timers_.cancel(timer_);
  sent_.reset();
}

void ReliableAnswers::acknowledge(ServerTransaction& prack) {
  if (!sent_ || tidy(prack.request().value("RAck")) != expected_rack(number_, invite_->request())) {
    return prack.respond(481);
  }
  stop();
  prack.respond(200);
  if (final_) return std::exchange(final_, nullptr)();
  if (next_) {
    Message next = std::move(*next_);
    next_.reset();
    send(std::move(next));
  }
}

void ReliableAnswers::finish(std::function<void()> final) {
  next_.reset();
  if (sent_ && !sent_->body().empty()) {
    final_ = std::move(final);
    return;
  }
  stop();
  final();
}

std::optional<std::uint32_t> reliable_number(const Message& answer) {
  if (answer.status() <= 100 || answer.status() >= 200 || !lists(answer, "Require", "100rel")) return std::nullopt;
  return parse_count(trim(answer.value("RSeq")), kMaxNumber);
}

}  // namespace sallyport::controlplane::sip
