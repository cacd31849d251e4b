#include "perf/bare_f8.hpp"

#include <algorithm>

#include "crypto/bytes.hpp"

namespace sallyport::perf {
namespace {

constexpr std::size_t kBlock = 16;
alignas(16) constexpr std::array<std::uint8_t, kBlock> kZeroIv{};

void fill(IMB_JOB& job, const std::uint8_t* round_keys, std::uint8_t* text, std::size_t length) {
  job = IMB_JOB{};
  job.cipher_direction = IMB_DIR_ENCRYPT;
  job.cipher_mode = IMB_CIPHER_CBC;
  job.hash_alg = IMB_AUTH_NULL;
  job.chain_order = IMB_ORDER_CIPHER_HASH;
  job.key_len_in_bytes = IMB_KEY_128_BYTES;
  job.iv_len_in_bytes = kBlock;
  job.enc_keys = round_keys;
  job.iv = kZeroIv.data();
  job.src = text;
  job.dst = text;
  job.msg_len_to_cipher_in_bytes = length;
}

void exclusive_or(std::uint8_t* text, const std::uint8_t* stream, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<std::uint8_t>(text[i] ^ stream[i]);
}

}  // namespace

BareF8::BareF8(IMB_MGR& manager, std::size_t packets, std::size_t text_len)
    : manager_(manager),
      text_len_(text_len),
      stride_((text_len + kBlock - 1) / kBlock * kBlock),
      ivs_(packets),
      iv_jobs_(packets),
      stream_jobs_(packets),
      streams_(packets * stride_),
      texts_(packets) {}

void BareF8::prepare(std::size_t i, const F8RoundKeys& keys, const std::uint8_t* iv, std::uint8_t* text) {
  texts_[i] = text;
  std::copy_n(iv, kBlock, ivs_[i].begin());
  fill(iv_jobs_[i], keys.mask, ivs_[i].data(), kBlock);
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(&manager_, &iv_jobs_[i], 1, IMB_CIPHER_CBC, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES);
  for (std::size_t offset = 0; offset < stride_; offset += kBlock) {
    std::uint8_t* block = stream(i) + offset;
    std::copy(ivs_[i].begin(), ivs_[i].end(), block);
    crypto::store_be32(block + 12, crypto::load_be32(block + 12) ^ static_cast<std::uint32_t>(offset / kBlock));
  }
  fill(stream_jobs_[i], keys.key, stream(i), stride_);
}

void BareF8::apply(std::size_t first, std::size_t count) {
  for (IMB_JOB* jobs : {&iv_jobs_[first], &stream_jobs_[first]}) {
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(&manager_, jobs, static_cast<std::uint32_t>(count), IMB_CIPHER_CBC, IMB_DIR_ENCRYPT,
                                    IMB_KEY_128_BYTES);
  }
  for (std::size_t i = first; i < first + count; ++i) exclusive_or(texts_[i], stream(i), text_len_);
}

}  // namespace sallyport::perf
