// AES-CM (RFC 3711 4.1.1) with one packet per lane. See kernels.hpp.
#include "crypto/engines/lanes/keystream.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr std::size_t kPass = kMaxColumns * kBlock;

/// The rows of a pass that lie within the job's text.
[[gnu::always_inline]] inline void apply_rows(const Job& job, std::size_t offset, const std::uint8_t (*rows)[kRow]) {
  for (std::size_t row = 0; row < kMaxRows && offset < job.text_len; ++row, offset += kRow) {
    apply_row(job, offset, _mm512_load_si512(rows[row]));
  }
}

template <std::size_t kKeyLen, int kColumns>
void columns(const Group& group, std::uint32_t first, Scratch::Rows& rows) noexcept {
  const Vec iv = swap_counter(gather_ivs(group));
  const Vec counter = _mm512_mask_add_epi32(iv, kCounterWords, iv, _mm512_set1_epi32(static_cast<int>(first)));
  Vec state[kColumns];
  count_up(counter, state);
  Nothing nothing;
  encrypt_columns<kKeyLen>(group, state, rows, nothing);
}

/// Fills `rows` with the keystream of `needed` or some more counter blocks, `first` blocks behind the IV. A column
/// costs ten to fourteen AES rounds: there is code for the numbers that common packets need.
template <std::size_t kKeyLen>
[[gnu::always_inline]] inline void make_keystream(const Group& group, std::uint32_t first, std::size_t needed,
                                                  Scratch::Rows& rows) {
  using Columns = void (*)(const Group&, std::uint32_t, Scratch::Rows&) noexcept;
  constexpr Columns k2 = columns<kKeyLen, 2>;
  constexpr Columns k4 = columns<kKeyLen, 4>;
  constexpr Columns k6 = columns<kKeyLen, 6>;
  constexpr Columns k8 = columns<kKeyLen, 8>;
  constexpr Columns k10 = columns<kKeyLen, 10>;
  constexpr Columns k12 = columns<kKeyLen, 12>;
  constexpr Columns kColumns[kMaxColumns + 1] = {k2, k2, k2, k4, k4, k6, k6, k8, k8, k10, k10, k12, k12};
  kColumns[needed](group, first, rows);
}

template <std::size_t kKeyLen>
void all_groups(Job* const* jobs, std::size_t count, Scratch::Rows& rows) noexcept {
  for (std::size_t first = 0; first < count; first += kLanes) {
    Group group;
    set_group(jobs + first, count - first, group);
    const std::size_t longest = longest_text(group);
    for (std::size_t offset = 0; offset < longest; offset += kPass) {
      const std::size_t left = longest - offset;
      const std::size_t needed = left >= kPass ? kMaxColumns : (left + kBlock - 1) / kBlock;
      make_keystream<kKeyLen>(group, static_cast<std::uint32_t>(offset / kBlock), needed, rows);
      for (std::size_t i = 0; i < group.count; ++i) apply_rows(*group.job[i], offset, rows[i]);
    }
  }
}

}  // namespace

void counter_mode(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept {
  switch (key_len) {
    case 16:
      return all_groups<16>(jobs, count, scratch.gcm[0].keystream);
    case 24:
      return all_groups<24>(jobs, count, scratch.gcm[0].keystream);
    default:
      return all_groups<32>(jobs, count, scratch.gcm[0].keystream);
  }
}

}  // namespace sallyport::crypto::lanes
