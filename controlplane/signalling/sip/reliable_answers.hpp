// Provisional answers that have to arrive (RFC 3262): ours, sent again until their PRACK, and theirs, taken in order.
// Control thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "controlplane/signalling/sip/timer_queue.hpp"
#include "controlplane/signalling/sip/transaction.hpp"

namespace sallyport::controlplane::sip {

/// Of one INVITE that came in and requires 100rel. One answer at a time is on its way; of those made meanwhile the
/// latest counts.
class ReliableAnswers {
 public:
  /// `lost`: an answer was sent for 64*T1 and nobody acknowledged it.
  ReliableAnswers(TimerQueue& timers, TransactionTimes times, std::shared_ptr<ServerTransaction> invite,
                  std::function<void()> lost);
  ~ReliableAnswers();
  ReliableAnswers(const ReliableAnswers&) = delete;
  ReliableAnswers& operator=(const ReliableAnswers&) = delete;

  /// An answer of 101 to 199.
  void send(Message answer);
  /// Answers a PRACK: 200, or 481 where it acknowledges nothing that is on its way.
  void acknowledge(ServerTransaction& prack);
  /// Does `final` now or, where a description is on its way that has not been acknowledged, when it is (RFC 3262 3).
  void finish(std::function<void()> final);

 private:
  void transmit(TimerQueue::Duration interval);
  void stop();

  TimerQueue& timers_;
  TransactionTimes times_;
  std::shared_ptr<ServerTransaction> invite_;
  std::function<void()> lost_;
  std::uint32_t number_;  ///< RSeq of the latest
  std::optional<Message> sent_;
  std::optional<Message> next_;
  std::function<void()> final_;
  TimerQueue::TimePoint began_;
  TimerQueue::Id timer_;
};

/// RSeq of a provisional answer that wants a PRACK; nothing of one that does not.
std::optional<std::uint32_t> reliable_number(const Message& answer);

}  // namespace sallyport::controlplane::sip
