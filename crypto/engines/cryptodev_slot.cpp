#include "crypto/engines/cryptodev_slot.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/tag.hpp"

namespace sallyport::crypto {
namespace {

/// HMAC suites: where the text begins in what is authenticated.
std::uint16_t text_offset(const Job& job, Direction direction) noexcept {
  if (job.auth_len == 0) return 0;
  const std::uint8_t* const text = direction == Direction::kSeal ? job.dst : job.src;
  return static_cast<std::uint16_t>(text - job.auth);
}

CryptodevWork stage_gcm(CryptodevSlot& slot, const Job& job, Direction direction) noexcept {
  const CryptodevKeys keys = cryptodev_keys(*job.keys);
  std::copy_n(job.src, job.text_len, slot.data.data());
  std::memcpy(slot.aad.data(), job.auth, kCryptodevAadLen);
  if (direction == Direction::kOpen) copy_tag(slot.digest.data(), job.tag, job.tag_len);
  return {.session = direction == Direction::kSeal ? keys.seal : keys.open,
          .aead = true,
          .data_len = job.text_len,
          .cipher_offset = 0,
          .cipher_len = job.text_len,
          .hash_len = 0};
}

/// A hash alone: nothing is encrypted, or nothing is there to be encrypted (some devices refuse to do that).
CryptodevWork stage_hash(CryptodevSlot& slot, const Job& job) noexcept {
  std::copy_n(job.auth, job.auth_len, slot.data.data());
  return {.session = cryptodev_keys(*job.keys).digest,
          .aead = false,
          .data_len = job.auth_len,
          .cipher_offset = 0,
          .cipher_len = 0,
          .hash_len = job.auth_len};
}

/// A cipher alone: the session's hash is computed over the text, and not looked at.
CryptodevWork stage_cipher(CryptodevSlot& slot, const Job& job) noexcept {
  std::copy_n(job.src, job.text_len, slot.data.data());
  return {.session = cryptodev_keys(*job.keys).seal,
          .aead = false,
          .data_len = job.text_len,
          .cipher_offset = 0,
          .cipher_len = job.text_len,
          .hash_len = job.text_len};
}

CryptodevWork stage_chain(CryptodevSlot& slot, const Job& job, Direction direction) noexcept {
  const CryptodevKeys keys = cryptodev_keys(*job.keys);
  const std::uint16_t offset = text_offset(job, direction);
  std::copy_n(job.auth, job.auth_len, slot.data.data());
  if (direction == Direction::kSeal && job.src != job.dst) {
    std::copy_n(job.src, job.text_len, slot.data.data() + offset);
  }
  return {.session = direction == Direction::kSeal ? keys.seal : keys.open,
          .aead = false,
          .data_len = job.auth_len,
          .cipher_offset = offset,
          .cipher_len = job.text_len,
          .hash_len = job.auth_len};
}

bool encrypts(const Job& job) noexcept { return job.cipher != Cipher::kNull && job.text_len != 0; }

/// Where the text lies in the staged data.
const std::uint8_t* staged_text(const CryptodevSlot& slot, const Job& job) noexcept {
  const bool text_alone = job.cipher == Cipher::kAesGcm || job.tag_len == 0;
  return slot.data.data() + (text_alone ? 0 : text_offset(job, slot.direction));
}

}  // namespace

CryptodevRoute cryptodev_route(Job& job) noexcept {
  if (job.cipher == Cipher::kAesGcm) {
    return job.auth_len == kCryptodevAadLen && job.text_len <= kCryptodevLongestJob ? CryptodevRoute::kDevice
                                                                                    : CryptodevRoute::kSoftware;
  }
  const bool nothing = !encrypts(job) && job.tag_len == 0;
  job.ok = nothing;
  const bool fits = job.auth_len <= kCryptodevLongestJob && job.text_len <= kCryptodevLongestJob;
  return nothing || !fits ? CryptodevRoute::kNobody : CryptodevRoute::kDevice;
}

CryptodevWork cryptodev_stage(CryptodevSlot& slot, Job& job, Direction direction) noexcept {
  slot.job = &job;
  slot.direction = direction;
  slot.iv = job.iv;
  if (job.cipher == Cipher::kAesGcm) return stage_gcm(slot, job, direction);
  if (!encrypts(job)) return stage_hash(slot, job);
  if (job.tag_len == 0) return stage_cipher(slot, job);
  return stage_chain(slot, job, direction);
}

void cryptodev_finish(const CryptodevSlot& slot, bool done) noexcept {
  Job& job = *slot.job;
  const bool seal = slot.direction == Direction::kSeal;
  const bool compare = !seal && job.cipher != Cipher::kAesGcm && job.tag_len != 0;
  job.ok = done && (!compare || tags_equal(slot.digest.data(), job.tag, job.tag_len));
  if (!job.ok) return;
  if (encrypts(job)) std::copy_n(staged_text(slot, job), job.text_len, job.dst);
  if (seal && job.tag_len != 0) copy_tag(job.tag, slot.digest.data(), job.tag_len);
}

}  // namespace sallyport::crypto
