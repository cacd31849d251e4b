// The 48-bit packet index of SRTP (RFC 3711 3.3.1): ROC * 2^16 + SEQ. Reading and committing are different verbs: the
// estimate moves nothing.
#pragma once

#include <cstdint>

namespace sallyport::crypto {

inline constexpr std::uint64_t kMaxRtpIndex = (std::uint64_t{1} << 48) - 1;
inline constexpr std::uint32_t kMaxSrtcpIndex = (std::uint32_t{1} << 31) - 1;

constexpr std::uint32_t roc_of(std::uint64_t index) noexcept { return static_cast<std::uint32_t>(index >> 16); }
constexpr std::uint16_t sequence_of(std::uint64_t index) noexcept { return static_cast<std::uint16_t>(index); }

/// The index that `sequence` means when `highest` is the highest one so far (RFC 3711 3.3.1, Appendix A). May be
/// kMaxRtpIndex + 1 or more: then the key is exhausted. ROC 0 has no predecessor, so a sequence number from "before" it
/// is taken as ahead.
constexpr std::uint64_t estimate_index(std::uint64_t highest, std::uint16_t sequence) noexcept {
  constexpr std::uint32_t kHalf = 0x8000;
  const std::uint32_t newest = sequence_of(highest);
  std::uint64_t roc = highest >> 16;
  if (newest < kHalf) {
    if (sequence > newest + kHalf && roc != 0) --roc;
  } else if (newest - kHalf > sequence) {
    ++roc;
  }
  return roc << 16 | sequence;
}

}  // namespace sallyport::crypto
