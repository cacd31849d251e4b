#include "crypto/epoch_keys.hpp"

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
  return std::exchange(is_claim ? claimed_ : place(epoch), std::move(key));
}

bool EpochRing::in_ring(std::uint64_t epoch) const noexcept {
  const std::unique_ptr<EpochKey>& key = keys_[epoch % kEpochs];
  return key != nullptr && key->epoch() == epoch;
}

const SessionKey* EpochRing::find(std::uint64_t epoch) const noexcept {
  if (in_ring(epoch)) return &keys_[epoch % kEpochs]->key();
  return claimed_ != nullptr && claimed_->epoch() == epoch ? &claimed_->key() : nullptr;
}

std::optional<std::uint64_t> EpochRing::ask_ahead(std::uint64_t epoch) noexcept {
  if (asked_ahead_) return std::nullopt;
  for (std::uint64_t wanted = epoch; wanted <= epoch + kAhead; ++wanted) {
    if (!in_ring(wanted)) return asked_ahead_ = wanted;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> EpochRing::ask_claimed(std::uint64_t epoch) noexcept {
  if (asked_claimed_) return std::nullopt;
  return asked_claimed_ = epoch;
}

}  // namespace sallyport::crypto
