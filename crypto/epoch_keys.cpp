#include "crypto/epoch_keys.hpp"

#include <algorithm>
#include <utility>

#include "crypto/kdf.hpp"

namespace sallyport::crypto {

EpochKey::EpochKey(Engine& engine, const Suite& suite, const MasterKey& master, PacketKind kind, std::uint64_t epoch)
    : kind_(kind), epoch_(epoch) {
  const SessionKeys keys =
      kind == PacketKind::kRtp ? derive_rtp_keys(suite, master, epoch) : derive_rtcp_keys(suite, master, epoch);
  release_ = key_.fill(engine, suite, keys);
}

EpochKey::~EpochKey() {
  if (release_ != nullptr) release_(key_.record);
}

std::unique_ptr<EpochKey> EpochRing::install(std::unique_ptr<EpochKey> key) noexcept {
  const std::uint64_t epoch = key->epoch();
  const bool is_claim = asked_claimed_ == epoch && asked_ahead_ != epoch;
  if (asked_ahead_ == epoch) asked_ahead_.reset();
  if (asked_claimed_ == epoch) asked_claimed_.reset();
  if (is_claim) return std::exchange(claimed_, std::move(key));
  Place* known = place_of(epoch);
  Place& place = known != nullptr ? *known : oldest();
  place.last_use = ++uses_;
  return std::exchange(place.key, std::move(key));
}

EpochRing::Place* EpochRing::place_of(std::uint64_t epoch) noexcept {
  const auto place =
      std::ranges::find_if(places_, [epoch](const Place& p) { return p.key != nullptr && p.key->epoch() == epoch; });
  return place == places_.end() ? nullptr : &*place;
}

EpochRing::Place& EpochRing::oldest() noexcept { return *std::ranges::min_element(places_, {}, &Place::last_use); }

const SessionKey* EpochRing::find(std::uint64_t epoch) noexcept {
  if (Place* place = place_of(epoch)) {
    place->last_use = ++uses_;
    return &place->key->key();
  }
  return claimed_ != nullptr && claimed_->epoch() == epoch ? &claimed_->key() : nullptr;
}

std::optional<std::uint64_t> EpochRing::ask_ahead(std::uint64_t epoch) noexcept {
  if (asked_ahead_) return std::nullopt;
  for (std::uint64_t wanted = epoch; wanted <= epoch + kAhead; ++wanted) {
    if (place_of(wanted) == nullptr) return asked_ahead_ = wanted;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> EpochRing::ask_claimed(std::uint64_t epoch) noexcept {
  if (asked_claimed_ || claims_++ % kClaimEvery != 0) return std::nullopt;
  return asked_claimed_ = epoch;
}

}  // namespace sallyport::crypto
