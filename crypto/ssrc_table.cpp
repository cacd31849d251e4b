#include "crypto/ssrc_table.hpp"

#include <bit>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

std::uint32_t checked(std::uint32_t max_ssrcs) {
  if (max_ssrcs >= 1 && max_ssrcs <= SsrcTable::kMaxSsrcs) return max_ssrcs;
  throw SetupError("number of SSRCs per key: expected 1 to " + std::to_string(SsrcTable::kMaxSsrcs) + ", got " +
                   std::to_string(max_ssrcs));
}

}  // namespace

SsrcTable::SsrcTable(std::uint32_t max_ssrcs) : max_size_(checked(max_ssrcs)) {
  const std::uint32_t slots = std::bit_ceil(2 * max_ssrcs);
  slots_ = std::make_unique<SsrcState[]>(slots);
  last_ = slots_.get();
  mask_ = slots - 1;
  shift_ = 32 - static_cast<std::uint32_t>(std::countr_zero(slots));
}

SsrcState* SsrcTable::probe(std::uint32_t ssrc) noexcept {
  std::uint32_t i = home(ssrc);
  while (slots_[i].occupied && slots_[i].ssrc != ssrc) i = (i + 1) & mask_;
  return &slots_[i];
}

SsrcState* SsrcTable::find_slot(std::uint32_t ssrc) noexcept {
  SsrcState* slot = probe(ssrc);
  if (!slot->occupied) return nullptr;
  last_ = slot;
  return slot;
}

SsrcState* SsrcTable::find_or_add_slot(std::uint32_t ssrc) noexcept {
  if (SsrcState* known = find_slot(ssrc)) return known;
  if (size_ == max_size_) return nullptr;
  SsrcState* slot = probe(ssrc);
  last_ = slot;
  ++size_;
  slot->ssrc = ssrc;
  slot->occupied = true;
  return slot;
}

void SsrcTable::continue_from(const SsrcTable& previous) noexcept {
  for (std::uint32_t i = 0; i <= previous.mask_; ++i) {
    const SsrcState& known = previous.slots_[i];
    if (!known.occupied) continue;
    SsrcState* state = find_or_add(known.ssrc);
    if (state != nullptr && state->rtp.empty()) state->rtp = ReplayWindow::near(known.rtp.highest());
  }
}

}  // namespace sallyport::crypto
