#include "controlplane/session/target_watch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "controlplane/random_bytes.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane {
namespace {

constexpr unsigned kMostDoublings = 16;

/// A tenth less at most, so that many targets are not asked in step for ever.
sip::TimerQueue::Duration jittered(sip::TimerQueue::Duration delay) {
  std::array<std::uint8_t, 1> random{};
  fill_random(random);
  return delay - delay * random[0] / 2'560;
}

}  // namespace

std::string_view to_string(TargetState state) noexcept {
  return state == TargetState::kUp ? "up" : state == TargetState::kDown ? "down" : "unknown";
}

TargetWatch::TargetWatch(sip::UserAgent& agent, Target target, WatchTimes times)
    : agent_(agent),
      target_(std::move(target)),
      times_(times),
      call_id_(sip::random_token(16)),
      tag_(sip::random_token(8)) {
  seen_.since = agent_.timers().now();
  ask_in(std::chrono::milliseconds(0));
}

TargetWatch::~TargetWatch() {
  agent_.timers().cancel(next_);
  forget_question();
}

void TargetWatch::doubt() {
  if (!asking_) ask_in(std::chrono::milliseconds(0));
}

void TargetWatch::flow_closed(const sip::Flow& flow) {
  // One that was asked over it has failed already, and is asked again by that.
  if (flow.id == flow_ && flow.reliable() && !asking_) ask_in(jittered(times_.retry));
}

void TargetWatch::ask_in(sip::TimerQueue::Duration delay) {
  agent_.timers().cancel(next_);
  next_ = agent_.timers().schedule(delay, [this] { ask(); });
}

void TargetWatch::ask() {
  asking_ = true;
  patience_ = agent_.timers().schedule(times_.patience, [this] { failed("no answer"); });
  const sip::Destination destination = target_.destination();
  agent_.reach(destination, [this, to = destination.remote, number = cseq_, weak = std::weak_ptr(alive_)](
                                const sip::Flow* flow, const std::string& why) {
    // It may have been given up meanwhile.
    if (weak.expired() || !asking_ || number != cseq_) return;
    if (flow == nullptr) return failed(why);
    send(*flow, to);
  });
}

void TargetWatch::send(const sip::Flow& flow, const Endpoint& to) {
  sip::Message options = sip::Message::request("OPTIONS", target_.uri);
  options.add("Max-Forwards", "70");
  options.add("From", "<" + target_.from + ">;tag=" + tag_);
  options.add("To", "<" + target_.uri + ">");
  options.add("Call-ID", call_id_);
  options.add("CSeq", std::to_string(++cseq_) + " OPTIONS");
  options.add("Contact", agent_.contact(flow));
  options.add("Accept", "application/sdp");
  flow_ = flow.id;
  asked_ = Clock::now();
  question_ = agent_.send(flow, to, std::move(options),
                          {.response =
                               [this](const sip::Message& answer) {
                                 if (answer.status() >= 200) answered(answer);
                               },
                           .failed =
                               [this](sip::ClientTransaction::Failure failure) {
                                 const bool timeout = failure == sip::ClientTransaction::Failure::kTimeout;
                                 failed(timeout ? "no answer" : "the connection is gone");
                               }});
}

void TargetWatch::answered(const sip::Message& answer) {
  const std::string text = std::to_string(answer.status()) + " " + answer.reason();
  // Whoever refuses the question is there; these two say that somebody behind it is not.
  if (answer.status() == 408 || answer.status() == 503) return failed(text);
  forget_question();
  failures_ = 0;
  seen_.answer = text;
  seen_.round_trip = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked_);
  change(TargetState::kUp);
  ask_in(jittered(times_.interval));
}

void TargetWatch::failed(const std::string& why) {
  forget_question();
  seen_.answer = why;
  seen_.round_trip.reset();
  change(TargetState::kDown);
  const auto delay = times_.retry * (1U << std::min(failures_++, kMostDoublings));
  ask_in(jittered(std::min<std::chrono::milliseconds>(delay, times_.interval)));
}

void TargetWatch::forget_question() {
  asking_ = false;
  agent_.timers().cancel(patience_);
  if (question_) std::exchange(question_, nullptr)->set_events({});
}

void TargetWatch::change(TargetState state) {
  if (seen_.state == state) return;
  const bool news = state == TargetState::kDown || seen_.state == TargetState::kDown;
  seen_.state = state;
  seen_.since = agent_.timers().now();
  spdlog::log(state == TargetState::kDown ? spdlog::level::warn
              : news                      ? spdlog::level::info
                                          : spdlog::level::debug,
              "{} is {}: {}", target_.name, to_string(state), seen_.answer);
}

}  // namespace sallyport::controlplane
