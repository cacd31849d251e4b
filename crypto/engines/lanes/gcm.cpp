// AES-GCM (RFC 7714, NIST SP 800-38D 7) of four packets at once: their keystream is made together, one packet per lane
// (keystream.cpp), and hashed packet by packet, four blocks of it per lane (ghash.hpp). See kernels.hpp.
//
// Additional data, text and lengths of a packet are one sequence of blocks, and its counter blocks another. Both are
// cut into rows at the same places:
//
//   hash       | data   C1  C2  C3 | C4  C5  C6  C7 | ... | C(n-1)  Cn  lengths  - |
//   keystream  | E(J0)  K1  K2  K3 | K4  K5  K6  K7 | ... | K(n-1)  Kn     -     - |
//
// so a row is one load, one XOR, one store and one multiplication, and a packet of RTP with 160 bytes is three rows.
// Additional data of more than one block is hashed beforehand, all but its last block.
#include "crypto/engines/lanes/ghash.hpp"
#include "crypto/engines/lanes/keystream.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr std::ptrdiff_t kRowBytes = kRow;
constexpr std::size_t kRowsPerPass = kMaxColumns / 4;

constexpr std::size_t blocks_of(std::size_t bytes) { return (bytes + kBlock - 1) / kBlock; }

/// Fills scratch.powers: H^2, H^3, H^4 of four packets in three multiplications, one packet per lane, turned into rows.
[[gnu::always_inline]] inline void make_powers(const Group& group, Scratch& scratch) {
  Vec h = gather(key_of(*group.job[0]) + kHashKeyAt, key_of(*group.job[1]) + kHashKeyAt,
                 key_of(*group.job[2]) + kHashKeyAt, key_of(*group.job[3]) + kHashKeyAt);
  Vec h2 = multiply(h, h);
  Vec h3 = multiply(h2, h);
  Vec h4 = multiply(h2, h2);
  transpose(h4, h3, h2, h);
  _mm512_store_si512(scratch.powers[0], h4);
  _mm512_store_si512(scratch.powers[1], h3);
  _mm512_store_si512(scratch.powers[2], h2);
  _mm512_store_si512(scratch.powers[3], h);
}

/// GHASH of `count` whole blocks.
[[gnu::noinline]] Block hash_blocks(const std::uint8_t* data, std::size_t count, Vec powers) noexcept {
  const std::size_t in_last = (count - 1) % 4 + 1;
  Vec sum = _mm512_setzero_si512();
  for (std::size_t left = count; left > 4; data += kRow, left -= 4) {
    const Vec row = swap_blocks(_mm512_loadu_si512(data));
    sum = multiply(_mm512_xor_si512(sum, row), power(powers, left > 8 ? 4 : in_last));
  }
  const Vec row =
      swap_blocks(_mm512_maskz_loadu_epi8(first_bytes(static_cast<std::ptrdiff_t>(in_last * kBlock)), data));
  return sum_of_lanes(multiply(_mm512_xor_si512(sum, to_end_of_row(row, in_last)), powers));
}

/// The last block of the additional data, swapped, with the hash of those before it: lane 0 of the first row.
[[gnu::always_inline]] inline Block begin_hash(const Job& job, Vec powers) {
  const std::size_t blocks = blocks_of(job.auth_len);
  if (blocks == 0) [[unlikely]]
    return _mm_setzero_si128();
  const std::size_t before = (blocks - 1) * kBlock;
  const auto mask = static_cast<__mmask16>(first_bytes(static_cast<std::ptrdiff_t>(job.auth_len - before)));
  const Block last = swap_block(_mm_maskz_loadu_epi8(mask, job.auth + before));
  if (before == 0) [[likely]]
    return last;
  return _mm_xor_si128(last, hash_blocks(job.auth, blocks - 1, powers));
}

/// 64-bit lengths in bits, swapped.
[[gnu::always_inline]] inline Block lengths(const Job& job) {
  return _mm_set_epi64x(static_cast<long long>(job.auth_len) * 8, static_cast<long long>(job.text_len) * 8);
}

/// Encrypts or decrypts one row and gives its ciphertext, swapped, with zeros where there is no text.
template <Direction kDirection>
[[gnu::always_inline]] inline Vec crypt_row(const Job& job, std::ptrdiff_t offset, __mmask64 mask,
                                            const std::uint8_t* keystream) {
  const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + offset);
  const Vec result = _mm512_xor_si512(text, _mm512_load_si512(keystream));
  _mm512_mask_storeu_epi8(job.dst + offset, mask, result);
  return swap_blocks(kDirection == Direction::kSeal ? _mm512_maskz_mov_epi8(mask, result) : text);
}

/// Works on the rows of one pass, up to the packet's last, after which the sum of the lanes is its hash.
template <Direction kDirection>
[[gnu::always_inline]] inline Vec hash_pass(const Job& job, std::size_t first_row, Vec powers, Vec sum,
                                            const std::uint8_t (*keystream)[kRow]) {
  const std::size_t blocks = 1 + blocks_of(job.text_len) + 1;
  const std::size_t last = (blocks - 1) / 4;
  const std::size_t in_last = blocks - 4 * last;
  const std::size_t end = last < first_row + kRowsPerPass ? last : first_row + kRowsPerPass;
  std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(first_row) * kRowBytes - static_cast<std::ptrdiff_t>(kBlock);
  // The first row begins with additional data.
  __mmask64 allowed = first_row == 0 ? ~__mmask64{0xffff} : ~__mmask64{0};
  for (std::size_t row = first_row; row < end; ++row, offset += kRowBytes, ++keystream) {
    const __mmask64 mask = first_bytes(static_cast<std::ptrdiff_t>(job.text_len) - offset) & allowed;
    allowed = ~__mmask64{0};
    sum = _mm512_xor_si512(sum, crypt_row<kDirection>(job, offset, mask, *keystream));
    sum = multiply(sum, power(powers, row + 1 == last ? in_last : 4));
  }
  if (last >= first_row + kRowsPerPass) return sum;
  const __mmask64 mask = first_bytes(static_cast<std::ptrdiff_t>(job.text_len) - offset) & allowed;
  const auto lengths_lane = static_cast<__mmask8>(3u << (2 * (in_last - 1)));
  const Vec blocks_in_row = crypt_row<kDirection>(job, offset, mask, *keystream);
  // A packet's only row begins with what was hashed before.
  if (last == 0) {
    const Vec row = _mm512_mask_broadcast_i64x2(_mm512_xor_si512(sum, blocks_in_row), lengths_lane, lengths(job));
    return multiply(to_end_of_row(row, in_last), powers);
  }
  const Vec row = _mm512_mask_broadcast_i64x2(blocks_in_row, lengths_lane, lengths(job));
  return multiply(_mm512_xor_si512(sum, to_end_of_row(row, in_last)), powers);
}

/// GHASH and E(J0) make the tag, which is written or compared. A comparison of all bytes at once, in constant time.
template <Direction kDirection>
[[gnu::always_inline]] inline void finish(Job& job, Vec sum, Block encrypted_j0) {
  const Block tag = _mm_xor_si128(swap_block(sum_of_lanes(sum)), encrypted_j0);
  const auto mask = static_cast<__mmask16>(_bzhi_u32(0xffff, job.tag_len));
  if constexpr (kDirection == Direction::kSeal) {
    _mm_mask_storeu_epi8(job.tag, mask, tag);
    job.ok = true;
  } else {
    job.ok = _mm_mask_cmpneq_epu8_mask(mask, tag, _mm_maskz_loadu_epi8(mask, job.tag)) == 0;
  }
}

/// A group whose packets are all of one pass.
template <std::size_t kKeyLen, Direction kDirection>
[[gnu::always_inline]] inline void short_group(const Group& group, std::size_t columns, Scratch& scratch) {
  make_keystream<kKeyLen, Counter::kPlaced>(group, 1, columns, scratch);
  make_powers(group, scratch);
  for (std::size_t i = 0; i < group.count; ++i) {
    Job& job = *group.job[i];
    const Vec powers = _mm512_load_si512(scratch.powers[i]);
    const Vec start = _mm512_zextsi128_si512(begin_hash(job, powers));
    const Vec sum = hash_pass<kDirection>(job, 0, powers, start, scratch.rows[i]);
    finish<kDirection>(job, sum, load_block(scratch.rows[i][0]));
  }
}

/// A group of any lengths: pass by pass, with the sums in memory between passes.
template <std::size_t kKeyLen, Direction kDirection>
void long_group(const Group& group, std::size_t columns, Scratch& scratch) noexcept {
  make_powers(group, scratch);
  Block encrypted_j0[kLanes];
  for (std::size_t done = 0; done < columns; done += kMaxColumns) {
    const std::size_t left = columns - done;
    make_keystream<kKeyLen, Counter::kPlaced>(group, static_cast<std::uint32_t>(1 + done),
                                              left < kMaxColumns ? left : kMaxColumns, scratch);
    for (std::size_t i = 0; i < group.count; ++i) {
      Job& job = *group.job[i];
      const Vec powers = _mm512_load_si512(scratch.powers[i]);
      if (done == 0) {
        encrypted_j0[i] = load_block(scratch.rows[i][0]);
        _mm512_store_si512(scratch.sums[i], _mm512_zextsi128_si512(begin_hash(job, powers)));
      }
      const std::size_t first_row = done / 4;
      const std::size_t last_row = (blocks_of(job.text_len) + 1) / 4;
      if (first_row > last_row) continue;
      const Vec sum =
          hash_pass<kDirection>(job, first_row, powers, _mm512_load_si512(scratch.sums[i]), scratch.rows[i]);
      _mm512_store_si512(scratch.sums[i], sum);
    }
  }
  for (std::size_t i = 0; i < group.count; ++i) {
    finish<kDirection>(*group.job[i], _mm512_load_si512(scratch.sums[i]), encrypted_j0[i]);
  }
}

template <std::size_t kKeyLen, Direction kDirection>
void all_groups(Job* const* jobs, std::size_t count, Scratch& scratch) noexcept {
  for (std::size_t first = 0; first < count; first += kLanes) {
    const Group group = group_at(jobs + first, count - first);
    const std::size_t columns = 1 + blocks_of(longest_text(group));
    // The block of lengths may begin a row of its own, behind the last column.
    if (columns < kMaxColumns) {
      short_group<kKeyLen, kDirection>(group, columns, scratch);
    } else {
      long_group<kKeyLen, kDirection>(group, columns + 1, scratch);
    }
  }
}

}  // namespace

void gcm_seal(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept {
  if (key_len == 32) return all_groups<32, Direction::kSeal>(jobs, count, scratch);
  all_groups<16, Direction::kSeal>(jobs, count, scratch);
}

void gcm_open(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept {
  if (key_len == 32) return all_groups<32, Direction::kOpen>(jobs, count, scratch);
  all_groups<16, Direction::kOpen>(jobs, count, scratch);
}

void hash_key(const std::uint8_t* hash_subkey, std::uint8_t* out) noexcept {
  _mm_storeu_si128(reinterpret_cast<Block*>(out), shift_key(swap_block(load_block(hash_subkey))));
}

}  // namespace sallyport::crypto::lanes
