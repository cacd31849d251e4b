// What a worker gives back to control: at once, or, where jobs with a crypto device still refer to it, when they are
// done or were given up; then only keys that such a job uses stay, in the quarantine. One worker's own; allocates
// nothing after its construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/event.hpp"
#include "dataplane/quarantine.hpp"
#include "dataplane/ring.hpp"

namespace sallyport::dataplane {

class Retirement {
 public:
  /// Both outlive it.
  Retirement(Ring<Event>& events, Quarantine& quarantine);

  /// Whether `count` more can be given back, whatever becomes of them.
  bool has_room(std::size_t count) const noexcept {
    return events_.capacity() - events_.size() >= count && kMostWaiting - waiting_.size() >= count;
  }
  /// Sends `event` as soon as no packet that `stream` has parked now is parked any more. There is room.
  void give_back(Event&& event, const Stream& stream) noexcept;
  /// Sends what is due, as far as the ring has room. Of one stream, the stream itself comes last, but for what was in
  /// quarantine.
  void send_due() noexcept;

 private:
  static constexpr std::size_t kMostWaiting = 1024;

  struct Waiting {
    Event event;
    const Stream* stream;  ///< lives: it is installed, or in a later one of these events
    std::array<std::uint32_t, 2> until;
    bool due() const noexcept;
  };

  void send(Event&& event) noexcept;
  bool ring_has_room() const noexcept { return events_.size() < events_.capacity(); }

  Ring<Event>& events_;
  Quarantine& quarantine_;
  std::vector<Waiting> waiting_;  ///< never grows beyond kMostWaiting
};

}  // namespace sallyport::dataplane
