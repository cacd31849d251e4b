#include "perf/load/payload.hpp"

#include <cstring>

#include "crypto/bytes.hpp"
#include "perf/load/mix.hpp"

namespace sallyport::load {
namespace {

using crypto::load_be32;
using crypto::store_be32;

// magic | run | lane | counter | sent | pattern ..., all big-endian but the pattern
constexpr std::uint32_t kMagic = 0x53504c44;  // "SPLD"
constexpr std::size_t kIdentity = 24;
/// Odd, so that the words of a payload differ from each other: bytes that moved are seen as well as bytes that changed.
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

/// Seeded by the whole identity: a damaged identity does not fit its pattern.
std::uint64_t pattern_seed(const PayloadId& id) noexcept {
  const std::uint64_t who = std::uint64_t{id.lane} << 32 | id.counter;
  return mix(mix(who) ^ id.sent ^ std::uint64_t{id.run} << 32);
}

}  // namespace

void write_payload(std::span<std::uint8_t> payload, const PayloadId& id) noexcept {
  std::uint8_t* out = payload.data();
  store_be32(out, kMagic);
  store_be32(out + 4, id.run);
  store_be32(out + 8, id.lane);
  store_be32(out + 12, id.counter);
  store_be32(out + 16, static_cast<std::uint32_t>(id.sent >> 32));
  store_be32(out + 20, static_cast<std::uint32_t>(id.sent));
  std::uint64_t word = pattern_seed(id);
  std::size_t at = kIdentity;
  for (; at + sizeof word <= payload.size(); at += sizeof word, word += kStep)
    std::memcpy(out + at, &word, sizeof word);
  std::memcpy(out + at, &word, payload.size() - at);
}

std::optional<PayloadId> read_payload(std::span<const std::uint8_t> payload) noexcept {
  const std::uint8_t* in = payload.data();
  if (payload.size() < kMinPayload || load_be32(in) != kMagic) return std::nullopt;
  return PayloadId{load_be32(in + 4), load_be32(in + 8), load_be32(in + 12),
                   std::uint64_t{load_be32(in + 16)} << 32 | load_be32(in + 20)};
}

bool payload_intact(std::span<const std::uint8_t> payload, const PayloadId& id) noexcept {
  std::uint64_t word = pattern_seed(id);
  std::uint64_t difference = 0;
  std::size_t at = kIdentity;
  for (; at + sizeof word <= payload.size(); at += sizeof word, word += kStep) {
    std::uint64_t found;
    std::memcpy(&found, payload.data() + at, sizeof found);
    difference |= found ^ word;
  }
  return difference == 0 && std::memcmp(payload.data() + at, &word, payload.size() - at) == 0 &&
         read_payload(payload) == id;
}

}  // namespace sallyport::load
