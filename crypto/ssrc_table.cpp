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
  if (size_ == max_size_ && !forget_unused()) return nullptr;
  SsrcState* slot = probe(ssrc);
  last_ = slot;
  ++size_;
  slot->ssrc = ssrc;
  slot->occupied = true;
  return slot;
}

bool SsrcTable::forget_unused() noexcept {
  for (std::uint32_t i = 0; i <= mask_; ++i) {
    if (!slots_[i].occupied || slots_[i].in_use()) continue;
    remove(i);
    return true;
  }
  return false;
}

/// Linear probing: what follows in the same run may have been pushed there by the one that goes, and finds its place
/// anew.
void SsrcTable::remove(std::uint32_t slot) noexcept {
  slots_[slot] = SsrcState{};
  --size_;
  last_ = slots_.get();
  for (std::uint32_t i = (slot + 1) & mask_; slots_[i].occupied; i = (i + 1) & mask_) {
    const SsrcState moved = slots_[i];
    slots_[i] = SsrcState{};
    *probe(moved.ssrc) = moved;
  }
}

void SsrcTable::continue_from(const SsrcTable& previous) noexcept {
  for (std::uint32_t i = 0; i <= previous.mask_; ++i) {
    const SsrcState& known = previous.slots_[i];
    if (!known.occupied) continue;
    SsrcState* state = find_or_add(known.ssrc);
    if (state == nullptr || state->in_use()) continue;
    state->rtp = ReplayWindow::near(known.rtp.highest());
    state->rtcp = ReplayWindow::near(known.rtcp.empty() ? known.rtcp.highest() : known.rtcp.highest() + 1);
  }
}

}  // namespace sallyport::crypto
