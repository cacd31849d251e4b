#include "dataplane/parking.hpp"

#include <algorithm>

#include "dataplane/stream.hpp"

namespace sallyport::dataplane {

static_assert(offsetof(ParkedPacket, pending) == 0, "a job leads to its slot");

Parking::Parking(std::size_t slots) : slots_(std::make_unique<ParkedPacket[]>(slots)), size_(slots) {
  for (std::size_t i = 0; i < size_; ++i) give_back(slots_[i]);
}

Parking::~Parking() {
  for (std::size_t i = 0; i < size_; ++i) rte_pktmbuf_free(slots_[i].packet);  // takes null
}

ParkedPacket* Parking::take(const Stream& leg, crypto::Direction direction) noexcept {
  if (free_ == nullptr || leg.more->lanes[static_cast<std::size_t>(direction)].full()) return nullptr;
  ParkedPacket* parked = free_;
  free_ = parked->next;
  return parked;
}

void Parking::enter(ParkedPacket& parked, rte_mbuf* packet, Stream& leg, crypto::Direction direction,
                    Tsc now) noexcept {
  parked.packet = packet;
  parked.leg = &leg;
  parked.direction = direction;
  parked.end = ParkedEnd::kNotYet;
  parked.since = now;
  parked.next = nullptr;
  Lane& lane = leg.more->lanes[static_cast<std::size_t>(direction)];
  (lane.first == nullptr ? lane.first : lane.last->next) = &parked;
  lane.last = &parked;
  ++lane.entered;
}

void Parking::finish(ParkedPacket& parked, ParkedEnd end) noexcept {
  parked.end = end;
  Lane& lane = parked.leg->more->lanes[static_cast<std::size_t>(parked.direction)];
  while (lane.first != nullptr && lane.first->end != ParkedEnd::kNotYet) {
    ParkedPacket* released = lane.first;
    lane.first = released->next;
    ++lane.left;
    released->next = nullptr;
    (first_released_ == nullptr ? first_released_ : last_released_->next) = released;
    last_released_ = released;
  }
}

ParkedPacket* Parking::next_released() noexcept {
  ParkedPacket* released = first_released_;
  if (released != nullptr) first_released_ = released->next;
  return released;
}

void Parking::give_back(ParkedPacket& parked) noexcept {
  parked.packet = nullptr;
  parked.next = free_;
  free_ = &parked;
}

std::span<ParkedPacket> Parking::next_share() noexcept {
  const std::size_t begin = share_begin_;
  const std::size_t end = std::min(begin + size_ / kShares + 1, size_);
  share_begin_ = end == size_ ? 0 : end;
  return {slots_.get() + begin, end - begin};
}

ParkedPacket& Parking::of(crypto::Job& job) noexcept {
  return reinterpret_cast<ParkedPacket&>(crypto::PendingPacket::of(job));
}

}  // namespace sallyport::dataplane
