#include "tests/cross/model/keystream.hpp"

#include <algorithm>

namespace sallyport::model {
namespace {

/// The `count` lowest bytes of `value`, XORed big-endian into `out` from `at` on.
template <class Out>
void xor_be(Out& out, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[at + i] = static_cast<std::uint8_t>(out[at + i] ^ (value >> (8 * (count - 1 - i))));
  }
}

/// A 128-bit counter plus one.
void increment(Block& block) {
  for (std::size_t i = block.size(); i-- > 0;) {
    if (++block[i] != 0) return;
  }
}

void append(Bytes& stream, const Block& block) { stream.insert(stream.end(), block.begin(), block.end()); }

}  // namespace

Bytes counter_keystream(const Bytes& key, const Block& iv, std::size_t length) {
  Bytes stream;
  for (Block counter = iv; stream.size() < length; increment(counter)) append(stream, aes_encrypt(key, counter));
  stream.resize(length);
  return stream;
}

Block counter_iv(const Bytes& salt, std::uint32_t ssrc, std::uint64_t index) {
  Block iv{};
  std::copy(salt.begin(), salt.end(), iv.begin());
  xor_be(iv, 4, ssrc, 4);
  xor_be(iv, 8, index, 6);
  return iv;
}

Bytes f8_keystream(const Bytes& key, const Bytes& salt, const Block& iv, std::size_t length) {
  Bytes mask = salt;
  mask.resize(key.size(), 0x55);
  const Block iv_prime = aes_encrypt(key ^ mask, iv);
  Bytes stream;
  Block last{};
  for (std::uint64_t j = 0; stream.size() < length; ++j) {
    Block input = iv_prime;
    xor_be(input, 8, j, 8);
    for (std::size_t i = 0; i < input.size(); ++i) input[i] ^= last[i];
    last = aes_encrypt(key, input);
    append(stream, last);
  }
  stream.resize(length);
  return stream;
}

Block f8_rtp_iv(const Bytes& packet, std::uint32_t roc) {
  Block iv{};
  std::copy(packet.begin() + 1, packet.begin() + 12, iv.begin() + 1);
  xor_be(iv, 12, roc, 4);
  return iv;
}

Block f8_rtcp_iv(const Bytes& packet, std::uint32_t e_and_index) {
  Block iv{};
  xor_be(iv, 4, e_and_index, 4);
  std::copy(packet.begin(), packet.begin() + 8, iv.begin() + 8);
  return iv;
}

Bytes gcm_iv(const Bytes& salt, std::uint32_t ssrc, std::uint64_t index) {
  Bytes iv = salt;
  xor_be(iv, 2, ssrc, 4);
  xor_be(iv, 6, index, 6);
  return iv;
}

Bytes operator^(Bytes text, const Bytes& keystream) {
  for (std::size_t i = 0; i < text.size(); ++i) text[i] ^= keystream[i];
  return text;
}

}  // namespace sallyport::model
