#include "crypto/ssrc_table.hpp"

#include <algorithm>
#include <bit>

namespace sallyport::crypto {

SsrcTable::SsrcTable(std::uint32_t capacity) : capacity_(capacity) {
  if (capacity == 0) return;
  const std::uint32_t length = std::bit_ceil(2 * capacity);
  states_ = std::make_unique<SsrcState[]>(capacity);
  index_ = std::make_unique<std::uint32_t[]>(length);
  last_ = states_.get();
  mask_ = length - 1;
  shift_ = 32 - static_cast<std::uint32_t>(std::countr_zero(length));
}

SsrcState* SsrcTable::find_slot(std::uint32_t ssrc) noexcept {
  for (std::uint32_t i = home(ssrc); index_[i] != 0; i = (i + 1) & mask_) {
    SsrcState& state = states_[index_[i] - 1];
    if (state.ssrc != ssrc) continue;
    last_ = &state;
    return &state;
  }
  return nullptr;
}

void SsrcTable::enter(std::uint32_t state) noexcept {
  std::uint32_t i = home(states_[state].ssrc);
  while (index_[i] != 0) i = (i + 1) & mask_;
  index_[i] = state + 1;
}

void SsrcTable::rebuild_index() noexcept {
  std::fill_n(index_.get(), mask_ + 1, 0U);
  for (std::uint32_t i = 0; i < size_; ++i) enter(i);
}

SsrcState* SsrcTable::add(std::uint32_t ssrc) noexcept {
  const bool appended = size_ < capacity_;
  SsrcState* state = nullptr;
  if (appended) {
    state = &states_[size_++];
  } else {
    const auto unused = std::ranges::find_if(states(), [](const SsrcState& s) { return !s.in_use(); });
    if (unused == states().end()) return nullptr;
    state = &*unused;
  }
  state->become(ssrc);
  if (appended) {
    enter(size_ - 1);
  } else {
    rebuild_index();
  }
  last_ = state;
  return state;
}

}  // namespace sallyport::crypto
