// Jobs as kernels read them. Nothing here calls an inline function of a common header: its code for AVX-512 would be as
// good as any other to the linker. Included by kernels only.
#pragma once

#include "crypto/engines/lanes/kernels.hpp"
#include "crypto/engines/lanes/vec.hpp"

namespace sallyport::crypto::lanes {

[[gnu::always_inline]] inline const std::uint8_t* key_of(const Job& job) {
  return reinterpret_cast<const std::uint8_t*>(job.keys);
}
[[gnu::always_inline]] inline const std::uint8_t* iv_of(const Job& job) {
  return reinterpret_cast<const std::uint8_t*>(&job.iv);
}

/// The packets of a Vec. Where there are fewer than four, the first takes the place of the others, and what is computed
/// for these is not used.
struct Group {
  Job* job[kLanes];
  std::size_t count;
};

[[gnu::always_inline]] inline void set_group(Job* const* jobs, std::size_t left, Group& group) {
  group.count = left < kLanes ? left : kLanes;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) group.job[i] = jobs[i < left ? i : 0];
}

[[gnu::always_inline]] inline std::size_t longest_text(const Group& group) {
  std::size_t longest = group.job[0]->text_len;
#pragma GCC unroll 3
  for (std::size_t i = 1; i < kLanes; ++i) {
    longest = group.job[i]->text_len > longest ? group.job[i]->text_len : longest;
  }
  return longest;
}

[[gnu::always_inline]] inline Vec gather_ivs(const Group& group) {
  return gather(iv_of(*group.job[0]), iv_of(*group.job[1]), iv_of(*group.job[2]), iv_of(*group.job[3]));
}

/// XORs a row of keystream onto the job's text at `offset`, as far as the text goes.
[[gnu::always_inline]] inline void apply_row(const Job& job, std::size_t offset, Vec keystream) {
  const __mmask64 mask = first_bytes(static_cast<std::ptrdiff_t>(job.text_len) - static_cast<std::ptrdiff_t>(offset));
  const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + offset);
  _mm512_mask_storeu_epi8(job.dst + offset, mask, _mm512_xor_si512(text, keystream));
}

}  // namespace sallyport::crypto::lanes
