#include "tests/secrets/key_schedules.hpp"

#include <algorithm>
#include <bit>

namespace sallyport::secrets {
namespace {

/// Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (FIPS 197 4.2).
constexpr std::uint8_t multiply(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  unsigned x = a;
  for (; b != 0; b >>= 1) {
    if ((b & 1) != 0) product ^= x;
    x = (x << 1) ^ ((x & 0x80) != 0 ? 0x11b : 0);
  }
  return static_cast<std::uint8_t>(product);
}

/// FIPS 197 5.1.1: the inverse, then an affine transformation.
constexpr std::array<std::uint8_t, 256> kSbox = [] {
  std::array<std::uint8_t, 256> box{};
  for (unsigned x = 0; x < 256; ++x) {
    std::uint8_t inverse = 0;
    for (unsigned y = 1; y < 256; ++y) {
      if (multiply(static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y)) == 1) {
        inverse = static_cast<std::uint8_t>(y);
      }
    }
    std::uint8_t value = 0x63;
    for (int turn = 0; turn < 5; ++turn) value ^= std::rotl(inverse, turn);
    box[x] = value;
  }
  return box;
}();

using Matrix = std::array<std::uint8_t, 4>;
constexpr Matrix kMix{2, 3, 1, 1};
constexpr Matrix kInverseMix{14, 11, 13, 9};

Block mix_columns(const Block& in, const Matrix& row) {
  Block out{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < 4; ++k) out[i] ^= multiply(row[(k + 4 - i % 4) % 4], in[i / 4 * 4 + k]);
  }
  return out;
}

void add(Block& to, const Block& what) {
  for (std::size_t i = 0; i < 16; ++i) to[i] ^= what[i];
}

/// Multiplication in GF(2^128), bit by bit (NIST SP 800-38D 6.3).
Block multiply(const Block& x, const Block& y) {
  Block product{};
  Block v = y;
  for (std::size_t bit = 0; bit < 128; ++bit) {
    if ((x[bit / 8] >> (7 - bit % 8) & 1) != 0) add(product, v);
    const bool carry = (v[15] & 1) != 0;
    for (std::size_t i = 15; i > 0; --i) v[i] = static_cast<std::uint8_t>(v[i] >> 1 | v[i - 1] << 7);
    v[0] = static_cast<std::uint8_t>(v[0] >> 1 ^ (carry ? 0xe1 : 0));
  }
  return product;
}

}  // namespace

std::vector<Block> aes_round_keys(std::span<const std::uint8_t> key) {
  const std::size_t key_words = key.size() / 4;
  const std::size_t rounds = key_words + 6;
  std::vector<std::uint8_t> bytes(key.begin(), key.end());
  std::uint8_t constant = 1;
  for (std::size_t word = key_words; word < 4 * (rounds + 1); ++word) {
    std::array<std::uint8_t, 4> next;
    std::copy_n(bytes.end() - 4, 4, next.begin());
    if (word % key_words == 0) {
      std::rotate(next.begin(), next.begin() + 1, next.end());
      for (std::uint8_t& byte : next) byte = kSbox[byte];
      next[0] ^= constant;
      constant = multiply(constant, 2);
    } else if (key_words > 6 && word % key_words == 4) {
      for (std::uint8_t& byte : next) byte = kSbox[byte];
    }
    for (std::size_t i = 0; i < 4; ++i) bytes.push_back(next[i] ^ bytes[(word - key_words) * 4 + i]);
  }
  std::vector<Block> round_keys(rounds + 1);
  for (std::size_t i = 0; i < round_keys.size(); ++i) std::copy_n(bytes.begin() + 16 * i, 16, round_keys[i].begin());
  return round_keys;
}

std::vector<Block> aes_inverse_round_keys(std::span<const Block> round_keys) {
  std::vector<Block> inverse;
  for (const Block& key : round_keys.subspan(1, round_keys.size() - 2)) {
    inverse.push_back(mix_columns(key, kInverseMix));
  }
  return inverse;
}

Block aes_encrypt(std::span<const Block> round_keys, const Block& clear) {
  Block state = clear;
  add(state, round_keys[0]);
  for (std::size_t round = 1; round < round_keys.size(); ++round) {
    Block shifted;
    for (std::size_t i = 0; i < 16; ++i) shifted[i] = kSbox[state[(i + 4 * (i % 4)) % 16]];
    state = round + 1 == round_keys.size() ? shifted : mix_columns(shifted, kMix);
    add(state, round_keys[round]);
  }
  return state;
}

std::vector<Block> ghash_powers(std::span<const Block> round_keys, std::size_t count) {
  std::vector<Block> powers{aes_encrypt(round_keys, {})};
  while (powers.size() < count) powers.push_back(multiply(powers.back(), powers.front()));
  return powers;
}

std::array<std::uint32_t, 5> hmac_sha1_state(std::span<const std::uint8_t> key, std::uint8_t pad) {
  std::array<std::uint32_t, 80> w{};
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t byte = (i < key.size() ? key[i] : 0U) ^ pad;
    w[i / 4] |= byte << (24 - 8 * (i % 4));
  }
  for (std::size_t t = 16; t < 80; ++t) w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  constexpr std::array<std::uint32_t, 5> kStart{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  auto [a, b, c, d, e] = kStart;
  for (std::size_t t = 0; t < 80; ++t) {
    const std::uint32_t f = t < 20   ? (b & c) | (~b & d)
                            : t < 40 ? b ^ c ^ d
                            : t < 60 ? (b & c) | (b & d) | (c & d)
                                     : b ^ c ^ d;
    constexpr std::array<std::uint32_t, 4> kConstants{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    const std::uint32_t next = std::rotl(a, 5) + f + e + kConstants[t / 20] + w[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  return {kStart[0] + a, kStart[1] + b, kStart[2] + c, kStart[3] + d, kStart[4] + e};
}

}  // namespace sallyport::secrets
