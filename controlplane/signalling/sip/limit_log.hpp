// Which limits bite: counted one by one, logged when it begins and when it is over. Shared by everything that keeps
// limits of SIP; control thread only. Limits nothing itself.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "drivers/ip_address.hpp"

namespace sallyport::controlplane::sip {

enum class Limit : std::uint8_t {
  kRequestsOfPeer,
  kRequestsOfTrunk,
  kRequests,
  kUnanswered,
  kTransactions,
  kCalls,
  kNewConnections,
  kConnectionsOfPeer,
  kConnections,
  kHalfOpenOfPeer,
  kHalfOpen,
};

struct LimitText {
  Limit limit;
  std::string_view name;   ///< of its counter
  std::string_view begun;  ///< what happens
};

inline constexpr std::array kLimitTexts{
    LimitText{Limit::kRequestsOfPeer, "requests_per_peer",
              "more requests a second than sip.requests_per_peer, answered 503"},
    LimitText{Limit::kRequestsOfTrunk, "trunk_requests", "more requests a second than its trunk's, answered 503"},
    LimitText{Limit::kRequests, "requests", "more requests a second than sip.requests, answered 503"},
    LimitText{Limit::kUnanswered, "unanswered", "more refused datagrams a second than are answered, dropped"},
    LimitText{Limit::kTransactions, "transactions", "more requests than can be open at once, answered 503"},
    LimitText{Limit::kCalls, "calls", "more calls than sip.max_calls, answered 503"},
    LimitText{Limit::kNewConnections, "new_connections_per_peer",
              "more new connections a second than sip.new_connections_per_peer, closed"},
    LimitText{Limit::kConnectionsOfPeer, "connections_per_peer",
              "more connections than sip.connections_per_peer, closed"},
    LimitText{Limit::kConnections, "connections", "more connections than sip.connections, closed"},
    LimitText{Limit::kHalfOpenOfPeer, "half_open_per_peer",
              "more connections without a message than sip.half_open_per_peer, closed"},
    LimitText{Limit::kHalfOpen, "half_open", "more connections without a message than sip.half_open, oldest closed"},
};

constexpr std::size_t index_of(Limit limit) noexcept { return static_cast<std::size_t>(limit); }
static_assert([] {
  for (std::size_t i = 0; i < kLimitTexts.size(); ++i) {
    if (index_of(kLimitTexts[i].limit) != i) return false;
  }
  return true;
}());

class LimitLog {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  /// Without a refusal for so long, it is over.
  static constexpr std::chrono::seconds kQuiet{5};

  /// Something of `peer` was refused by that limit.
  void bites(Limit limit, const drivers::IpAddress& peer, TimePoint now);
  /// Says what is over. To be called now and then.
  void settle(TimePoint now);

  std::uint64_t count(Limit limit) const noexcept { return states_[index_of(limit)].count; }
  bool biting(Limit limit) const noexcept { return states_[index_of(limit)].biting; }

 private:
  struct State {
    std::uint64_t count = 0;
    std::uint64_t count_before = 0;  ///< when it began
    bool biting = false;
    TimePoint began{};
    TimePoint last{};
  };
  std::array<State, kLimitTexts.size()> states_;
};

}  // namespace sallyport::controlplane::sip
