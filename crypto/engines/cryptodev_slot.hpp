// The memory of one operation: a packet's bytes in a place that the device can reach, what it needs beside them, and
// the way from a job into it and back.
#pragma once

#include <rte_crypto.h>
#include <rte_mbuf.h>

#include <array>
#include <cstddef>

#include "crypto/engine.hpp"
#include "crypto/engines/cryptodev.hpp"
#include "crypto/engines/cryptodev_keys.hpp"

namespace sallyport::crypto {

/// Behind an operation, in the same object of its pool. DPDK wants the IV within 64 KiB of the operation's start.
struct alignas(64) CryptodevSlot {
  alignas(64) std::array<std::byte, sizeof(rte_mbuf)> mbuf;  ///< one that describes `data`
  alignas(16) std::array<std::uint8_t, 16> iv;
  alignas(16) std::array<std::uint8_t, 16> aad;
  alignas(16) std::array<std::uint8_t, 32> digest;
  Job* job;
  Direction direction;
  alignas(64) std::array<std::uint8_t, kCryptodevLongestJob> data;
};
inline constexpr std::size_t kCryptodevSlotOffset = 128;
static_assert(sizeof(rte_crypto_op) + sizeof(rte_crypto_sym_op) <= kCryptodevSlotOffset);
inline constexpr std::uint16_t kCryptodevIvOffset = kCryptodevSlotOffset + offsetof(CryptodevSlot, iv);

/// Where in a slot's data the device works.
struct CryptodevWork {
  void* session;
  bool aead;
  std::uint16_t data_len;
  std::uint16_t cipher_offset;
  std::uint16_t cipher_len;  ///< 0: the session only hashes
  std::uint16_t hash_len;    ///< from the start of the data; AEAD: 0
};

/// Who has to do a job.
enum class CryptodevRoute : std::uint8_t { kDevice, kSoftware, kNobody };
/// kNobody: there is nothing to do, or the job is too long; `job.ok` is final.
CryptodevRoute cryptodev_route(Job& job) noexcept;

/// Copies the job's bytes into the slot; for jobs of the device.
CryptodevWork cryptodev_stage(CryptodevSlot& slot, Job& job, Direction direction) noexcept;

/// Gives the slot's job what the device made of it. `done`: the device did its work and, with AEAD, found the tag
/// right.
void cryptodev_finish(const CryptodevSlot& slot, bool done) noexcept;

}  // namespace sallyport::crypto
