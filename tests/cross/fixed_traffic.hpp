// Agreements and packets that are the same in every run, for tests that go through suites and sizes.
#pragma once

#include <string>

#include "tests/cross/traffic/end.hpp"
#include "tests/cross/traffic/random.hpp"

namespace sallyport::traffic {

inline Agreement fixed_agreement(const std::string& suite, std::uint64_t seed, std::size_t mki_len = 0) {
  Random random(seed);
  Agreement agreement;
  agreement.session.suite = model::suite_named(suite);
  model::MasterKey key;
  key.key = random.bytes(agreement.session.suite.key_len);
  key.salt = random.bytes(agreement.session.suite.salt_len);
  key.mki = random.bytes(mki_len);
  agreement.keys.push_back(std::move(key));
  return agreement;
}

struct Shape {
  std::uint32_t ssrc = 0x11223344;
  std::uint16_t sequence = 1;
  std::size_t csrcs = 0;
  std::size_t extension_words = 0;  ///< 0: no extension
};

/// Random content that depends on sequence number and length.
inline Bytes fixed_rtp(const Shape& shape, std::size_t payload) {
  const std::size_t extension = shape.extension_words == 0 ? 0 : 4 + 4 * shape.extension_words;
  const std::size_t header = 12 + 4 * shape.csrcs + extension;
  Bytes packet = Random(shape.sequence * 4096U + payload).bytes(header + payload);
  packet[0] = static_cast<std::uint8_t>(0x80 | (extension != 0 ? 0x10 : 0) | shape.csrcs);
  packet[2] = static_cast<std::uint8_t>(shape.sequence >> 8);
  packet[3] = static_cast<std::uint8_t>(shape.sequence);
  for (std::size_t i = 0; i < 4; ++i) packet[8 + i] = static_cast<std::uint8_t>(shape.ssrc >> (24 - 8 * i));
  if (extension == 0) return packet;
  packet[header - extension + 2] = 0;
  packet[header - extension + 3] = static_cast<std::uint8_t>(shape.extension_words);
  return packet;
}

/// `body` bytes behind the first eight.
inline Bytes fixed_rtcp(std::uint32_t ssrc, std::size_t body) {
  Bytes packet = Random(ssrc + body).bytes(8 + body);
  packet[0] = 0x81;
  packet[1] = 200;
  for (std::size_t i = 0; i < 4; ++i) packet[4 + i] = static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  return packet;
}

}  // namespace sallyport::traffic
