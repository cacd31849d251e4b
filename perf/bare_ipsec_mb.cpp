#include "perf/bare_ipsec_mb.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/engines/ipsec_mb_keys.hpp"
#include "crypto/iv.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {
namespace {

using crypto::kRtpFixedHeader;
constexpr std::size_t kRoc = 4;

std::unique_ptr<IMB_MGR, void (*)(IMB_MGR*)> make_manager(void (*initialise)(IMB_MGR*)) {
  std::unique_ptr<IMB_MGR, void (*)(IMB_MGR*)> manager(alloc_mb_mgr(0), free_mb_mgr);
  if (!manager) throw std::bad_alloc();
  initialise(manager.get());
  return manager;
}

void initialise_best(IMB_MGR* manager) {
  switch (crypto::best_isa()) {
    case crypto::Isa::kAvx512:
      return init_mb_mgr_avx512(manager);
    case crypto::Isa::kAvx2:
      return init_mb_mgr_avx2(manager);
    case crypto::Isa::kSse:
      return init_mb_mgr_sse(manager);
  }
}

}  // namespace

BareIpsecMb::BareIpsecMb(const crypto::Suite& suite, Traffic& traffic,
                         const std::vector<std::unique_ptr<crypto::Context>>& contexts)
    : suite_(&suite),
      traffic_(&traffic),
      contexts_(&contexts),
      wide_(make_manager(initialise_best)),
      narrow_(make_manager(init_mb_mgr_sse)),
      hasher_(traffic.shape().burst < 16 ? narrow_.get() : wide_.get()),
      ivs_(traffic.packets()),
      tags_(traffic.packets()) {
  jobs_.resize(suite.aead() ? 0 : traffic.packets());
  gcm_jobs_.resize(suite.aead() ? traffic.packets() : 0);
}

void BareIpsecMb::prepare() {
  for (std::size_t i = 0; i < traffic_->packets(); ++i) {
    if (suite_->aead()) {
      prepare_gcm(i);
    } else {
      prepare_cm(i);
    }
  }
}

void BareIpsecMb::prepare_cm(std::size_t i) {
  const crypto::Context& context = *(*contexts_)[traffic_->stream_of(i)];
  const auto& keys = crypto::imb_keys<crypto::ImbHmacKeys>(context.rtp().record);
  std::uint8_t* packet = traffic_->packet(i);
  const std::size_t length = traffic_->shape().size;
  const std::uint64_t index = traffic_->index_of(i);
  crypto::store_be32(packet + length, static_cast<std::uint32_t>(index >> 16));
  crypto::aes_cm_iv(ivs_[i].data(), context.rtp().salt.data(), packet + 8, index);
  IMB_JOB& job = jobs_[i];
  job.cipher_mode = IMB_CIPHER_CNTR;
  job.cipher_direction = IMB_DIR_ENCRYPT;
  job.hash_alg = IMB_AUTH_HMAC_SHA_1;
  job.enc_keys = keys.round_keys.data();
  job.key_len_in_bytes = 16;
  job.src = packet;
  job.dst = packet + kRtpFixedHeader;
  job.cipher_start_src_offset_in_bytes = kRtpFixedHeader;
  job.msg_len_to_cipher_in_bytes = length - kRtpFixedHeader;
  job.hash_start_src_offset_in_bytes = 0;
  job.msg_len_to_hash_in_bytes = length + kRoc;
  job.iv = ivs_[i].data();
  job.iv_len_in_bytes = 16;
  job.u.HMAC._hashed_auth_key_xor_ipad = keys.inner.data();
  job.u.HMAC._hashed_auth_key_xor_opad = keys.outer.data();
  job.auth_tag_output = tags_[i].data();
  job.auth_tag_output_len_in_bytes = 12;
}

void BareIpsecMb::prepare_gcm(std::size_t i) {
  const crypto::Context& context = *(*contexts_)[traffic_->stream_of(i)];
  std::uint8_t* packet = traffic_->packet(i);
  gcm_jobs_[i] = {&crypto::imb_keys<crypto::ImbGcmKeys>(context.rtp().record).data, packet};
  crypto::aes_gcm_iv(ivs_[i].data(), context.rtp().salt.data(), packet + 8, traffic_->index_of(i));
}

template <class Call>
void BareIpsecMb::for_each_gcm(Call call) {
  const std::size_t text = traffic_->shape().size - kRtpFixedHeader;
  for (std::size_t i = 0; i < gcm_jobs_.size(); ++i) {
    std::uint8_t* packet = gcm_jobs_[i].packet;
    call(gcm_jobs_[i].keys, &gcm_state_, packet + kRtpFixedHeader, packet + kRtpFixedHeader, text, ivs_[i].data(),
         packet, kRtpFixedHeader, tags_[i].data(), 16);
  }
}

void BareIpsecMb::protect() {
  if (suite_->aead()) return for_each_gcm(suite_->key_len == 32 ? wide_->gcm256_enc : wide_->gcm128_enc);
  for (std::size_t first = 0; first < jobs_.size(); first += traffic_->shape().burst) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(traffic_->shape().burst, jobs_.size() - first));
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_.get(), &jobs_[first], count, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                    IMB_KEY_128_BYTES);
    IMB_SUBMIT_HASH_BURST_NOCHECK(hasher_, &jobs_[first], count, IMB_AUTH_HMAC_SHA_1);
  }
}

void BareIpsecMb::unprotect() {
  if (suite_->aead()) return for_each_gcm(suite_->key_len == 32 ? wide_->gcm256_dec : wide_->gcm128_dec);
  for (std::size_t first = 0; first < jobs_.size(); first += traffic_->shape().burst) {
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(traffic_->shape().burst, jobs_.size() - first));
    IMB_SUBMIT_HASH_BURST_NOCHECK(hasher_, &jobs_[first], count, IMB_AUTH_HMAC_SHA_1);
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_.get(), &jobs_[first], count, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                    IMB_KEY_128_BYTES);
  }
}

}  // namespace sallyport::perf
