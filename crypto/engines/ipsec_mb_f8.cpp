#include "crypto/engines/ipsec_mb_f8.hpp"

#include <algorithm>

#include "crypto/bytes.hpp"

namespace sallyport::crypto {
namespace {

alignas(16) constexpr std::array<std::uint8_t, 16> kZeroIv{};

const ImbF8Keys& keys_of(const Job& job) noexcept { return imb_keys<ImbF8Keys>(*job.keys); }

}  // namespace

ImbF8::ImbF8() noexcept {
  for (IMB_JOB& job : jobs_) {
    job.cipher_direction = IMB_DIR_ENCRYPT;
    job.cipher_mode = IMB_CIPHER_CBC;
    job.hash_alg = IMB_AUTH_NULL;
    job.chain_order = IMB_ORDER_CIPHER_HASH;
    job.key_len_in_bytes = IMB_KEY_128_BYTES;
    job.iv_len_in_bytes = kBlock;
  }
}

void ImbF8::apply(IMB_MGR& manager, std::span<Job> jobs, std::span<const std::uint8_t> list) noexcept {
  std::size_t count = 0;
  for (const std::uint8_t position : list) {
    if (jobs[position].text_len == 0) continue;
    lanes_[count++].job = &jobs[position];
    if (count == kBatch) {
      apply_batch(manager, count);
      count = 0;
    }
  }
  if (count != 0) apply_batch(manager, count);
}

void ImbF8::apply_batch(IMB_MGR& manager, std::size_t count) noexcept {
  encrypt_ivs(manager, count);
  std::size_t longest = 0;
  for (std::size_t i = 0; i < count; ++i) longest = std::max<std::size_t>(longest, lanes_[i].job->text_len);
  for (std::size_t offset = 0; offset < longest; offset += kChunk) apply_chunk(manager, count, offset);
  for (std::size_t i = 0; i < count; ++i) {
    Lane& lane = lanes_[i];
    secure_wipe(lane.stream.data(), std::min(longest + kBlock, kChunk));
    lane.iv.fill(0);
    lane.last.fill(0);
  }
}

void ImbF8::submit(IMB_MGR& manager, std::size_t count) noexcept {
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(&manager, jobs_.data(), static_cast<std::uint32_t>(count), IMB_CIPHER_CBC,
                                  IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
}

/// IV' of each packet.
void ImbF8::encrypt_ivs(IMB_MGR& manager, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Lane& lane = lanes_[i];
    lane.last.fill(0);
    IMB_JOB& job = jobs_[i];
    job.enc_keys = keys_of(*lane.job).mask_round_keys.data();
    job.src = lane.job->iv.data();
    job.dst = lane.iv.data();
    job.iv = kZeroIv.data();
    job.msg_len_to_cipher_in_bytes = kBlock;
  }
  submit(manager, count);
}

/// The next kChunk bytes of each text, from `offset` on.
void ImbF8::apply_chunk(IMB_MGR& manager, std::size_t count, std::size_t offset) noexcept {
  std::size_t busy = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Lane& lane = lanes_[i];
    if (lane.job->text_len <= offset) continue;
    const std::size_t length = std::min(kChunk, lane.job->text_len - offset);
    const std::size_t blocks = (length + kBlock - 1) / kBlock;
    for (std::size_t b = 0; b < blocks; ++b) {
      std::uint8_t* block = lane.stream.data() + b * kBlock;
      std::copy(lane.iv.begin(), lane.iv.end(), block);
      const auto j = static_cast<std::uint32_t>(offset / kBlock + b);
      store_be32(block + 12, load_be32(block + 12) ^ j);
    }
    IMB_JOB& job = jobs_[busy++];
    job.enc_keys = keys_of(*lane.job).round_keys.data();
    job.src = lane.stream.data();
    job.dst = lane.stream.data();
    job.iv = lane.last.data();
    job.msg_len_to_cipher_in_bytes = blocks * kBlock;
  }
  submit(manager, busy);
  for (std::size_t i = 0; i < count; ++i) {
    Lane& lane = lanes_[i];
    if (lane.job->text_len <= offset) continue;
    const std::size_t length = std::min(kChunk, lane.job->text_len - offset);
    const std::uint8_t* src = lane.job->src + offset;
    std::uint8_t* dst = lane.job->dst + offset;
    for (std::size_t b = 0; b < length; ++b) dst[b] = src[b] ^ lane.stream[b];
    if (length == kChunk) std::copy_n(lane.stream.end() - kBlock, kBlock, lane.last.begin());
  }
}

}  // namespace sallyport::crypto
