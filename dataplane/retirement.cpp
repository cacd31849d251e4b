#include "dataplane/retirement.hpp"

namespace sallyport::dataplane {

Retirement::Retirement(Ring<Event>& events, Quarantine& quarantine) : events_(events), quarantine_(quarantine) {
  waiting_.reserve(kMostWaiting);
}

bool Retirement::Waiting::due() const noexcept {
  for (std::size_t i = 0; i < until.size(); ++i) {
    const std::uint32_t still_parked = until[i] - stream->more->lanes[i].left;
    if (still_parked != 0 && still_parked <= kLaneDepth) return false;
  }
  return true;
}

void Retirement::give_back(Event&& event, const Stream& stream) noexcept {
  Waiting waiting{std::move(event), &stream, {stream.more->lanes[0].entered, stream.more->lanes[1].entered}};
  // Never past what waits: it may refer to the stream in this event.
  if (waiting_.empty() && !quarantine_.has_free() && waiting.due() && ring_has_room()) {
    send(std::move(waiting.event));
  } else {
    waiting_.push_back(std::move(waiting));
  }
}

/// There is room, and nothing free in the quarantine: a place there for each of its jobs.
void Retirement::send(Event&& event) noexcept {
  if (!quarantine_.keep(event)) events_.push(std::move(event));
}

void Retirement::send_due() noexcept {
  for (Event event; ring_has_room() && quarantine_.take_free(event);) events_.push(std::move(event));
  std::size_t kept = 0;
  bool room = true;  // once there was none, for nobody: a stream may not overtake what waits for it
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    room = room && ring_has_room();
    if (room && waiting_[i].due()) {
      send(std::move(waiting_[i].event));
    } else {
      if (kept != i) waiting_[kept] = std::move(waiting_[i]);
      ++kept;
    }
  }
  waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(kept), waiting_.end());
}

}  // namespace sallyport::dataplane
