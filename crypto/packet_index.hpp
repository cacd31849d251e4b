// The 48-bit packet index of SRTP (RFC 3711 3.3.1): ROC * 2^16 + SEQ. Reading and committing are different verbs: the
// estimate moves nothing.
#pragma once

#include <cstdint>

namespace sallyport::crypto {

inline constexpr std::uint64_t kMaxRtpIndex = (std::uint64_t{1} << 48) - 1;
inline constexpr std::uint32_t kMaxSrtcpIndex = (std::uint32_t{1} << 31) - 1;

constexpr std::uint32_t roc_of(std::uint64_t index) noexcept { return static_cast<std::uint32_t>(index >> 16); }
constexpr std::uint16_t sequence_of(std::uint64_t index) noexcept { return static_cast<std::uint16_t>(index); }

/// The index that `sequence` means when `highest` is the highest one so far (RFC 3711 3.3.1, Appendix A): the nearest.
/// May be kMaxRtpIndex + 1 or more: then the key is exhausted. ROC 0 has no predecessor, so a sequence number from
/// "before" it is taken as ahead.
constexpr std::uint64_t estimate_index(std::uint64_t highest, std::uint16_t sequence) noexcept {
  if (sequence == sequence_of(highest + 1)) [[likely]]
    return highest + 1;
  // Without branches, since where streams are in their sequence cannot be predicted. Appendix A counts a distance of
  // exactly 2^15 forward in the lower half of the sequence space, backward in the upper.
  const std::uint16_t newest = sequence_of(highest);
  const std::uint16_t forward = newest < 0x8000 ? 1 : 0;
  const auto distance = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - newest - forward)) + forward;
  const std::int64_t index = static_cast<std::int64_t>(highest) + distance;
  return static_cast<std::uint64_t>(index < 0 ? index + 0x10000 : index);
}

}  // namespace sallyport::crypto
