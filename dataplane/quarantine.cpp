#include "dataplane/quarantine.hpp"

#include <utility>

#include "dataplane/parking.hpp"

namespace sallyport::dataplane {
namespace {

/// Whether destroying `event` would take the keys of a job that uses `keys`, a key of `context`, with it.
bool holds_keys(const Event& event, const crypto::Context* context, const crypto::KeyRecord* keys) noexcept {
  if (const auto* retired = std::get_if<StreamRetired>(&event)) {
    const Stream& stream = *retired->stream;
    return stream.rx.get() == context || stream.rx_previous.get() == context || stream.tx.get() == context;
  }
  if (const auto* retired = std::get_if<ContextRetired>(&event)) return retired->context.get() == context;
  const auto* retired = std::get_if<EpochKeyRetired>(&event);
  return retired != nullptr && &retired->key->key().record == keys;
}

}  // namespace

Quarantine::Quarantine(std::size_t jobs) : kept_(jobs) {
  jobs_.reserve(jobs);
  places_.reserve(jobs);
  free_.reserve(jobs);
  for (std::size_t i = jobs; i > 0; --i) places_.push_back(static_cast<std::uint32_t>(i - 1));
}

void Quarantine::enter(ParkedPacket& parked) noexcept {
  parked.in_quarantine = true;
  parked.place = static_cast<std::uint32_t>(jobs_.size());
  jobs_.push_back({&parked, &parked.pending.key_owner(), parked.pending.job().keys, kNone});
}

void Quarantine::leave(ParkedPacket& parked) noexcept {
  parked.in_quarantine = false;
  const std::uint32_t kept = jobs_[parked.place].kept;
  jobs_[parked.place] = jobs_.back();
  jobs_[parked.place].parked->place = parked.place;
  jobs_.pop_back();
  if (kept != kNone && --kept_[kept].users == 0) free_.push_back(kept);
}

bool Quarantine::keep(Event& event) noexcept {
  std::uint32_t place = kNone;
  for (UnansweredJob& job : jobs_) {
    // Whose keys are kept already (those of an epoch) needs no more of its context.
    if (job.kept != kNone || !holds_keys(event, job.context, job.keys)) continue;
    if (place == kNone) {
      place = places_.back();
      places_.pop_back();
    }
    job.kept = place;
    ++kept_[place].users;
  }
  if (place == kNone) return false;
  kept_[place].event = std::exchange(event, {});
  return true;
}

bool Quarantine::take_free(Event& event) noexcept {
  if (free_.empty()) return false;
  const std::uint32_t place = free_.back();
  free_.pop_back();
  event = std::exchange(kept_[place].event, {});
  places_.push_back(place);
  return true;
}

}  // namespace sallyport::dataplane
