#include "perf/bare_ipsec_mb.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/engines/ipsec_mb_keys.hpp"
#include "crypto/iv.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {

using crypto::Cipher;
using crypto::kRtpFixedHeader;

BareIpsecMb::BareIpsecMb(const crypto::Suite& suite, Traffic& traffic, const Contexts& contexts)
    : suite_(suite),
      traffic_(traffic),
      contexts_(contexts),
      wide_(make_wide_manager()),
      narrow_(make_narrow_manager()),
      hasher_(traffic.shape().burst < 16 ? narrow_.get() : wide_.get()),
      jobs_(traffic.packets()),
      gcm_calls_(traffic.packets()),
      spaces_(traffic.packets()),
      f8_(*wide_, suite.cipher == Cipher::kAesF8 ? traffic.packets() : 0, traffic.shape().size - kRtpFixedHeader) {}

void BareIpsecMb::prepare() {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    fill_job(jobs_[i], *contexts_[traffic_.stream_of(i)], traffic_.packet(i), traffic_.shape().size,
             traffic_.index_of(i), spaces_[i]);
    if (suite_.aead()) gcm_calls_[i] = {static_cast<const gcm_key_data*>(jobs_[i].enc_keys), traffic_.packet(i)};
    if (suite_.cipher == Cipher::kAesF8) prepare_f8(i);
  }
}

void BareIpsecMb::prepare_f8(std::size_t i) {
  const auto& keys = crypto::imb_keys<crypto::ImbF8Keys>(contexts_[traffic_.stream_of(i)]->rtp().record);
  std::uint8_t* packet = traffic_.packet(i);
  std::array<std::uint8_t, 16> iv;
  crypto::aes_f8_iv_rtp(iv.data(), packet, static_cast<std::uint32_t>(traffic_.index_of(i) >> 16));
  f8_.prepare(i, {keys.round_keys.data(), keys.mask_round_keys.data()}, iv.data(), packet + kRtpFixedHeader);
}

template <class Call>
void BareIpsecMb::for_each_gcm(Call call) {
  const std::size_t text_len = traffic_.shape().size - kRtpFixedHeader;
  for (std::size_t i = 0; i < gcm_calls_.size(); ++i) {
    std::uint8_t* const packet = gcm_calls_[i].packet;
    std::uint8_t* const text = packet + kRtpFixedHeader;
    call(gcm_calls_[i].keys, &gcm_state_, text, text, text_len, spaces_[i].iv.data(), packet, kRtpFixedHeader,
         spaces_[i].tag.data(), suite_.rtp_tag_len);
  }
}

template <class Call>
void BareIpsecMb::for_each_burst(Call call) {
  const std::size_t burst = traffic_.shape().burst;
  for (std::size_t first = 0; first < jobs_.size(); first += burst) {
    call(first, static_cast<std::uint32_t>(std::min(burst, jobs_.size() - first)));
  }
}

void BareIpsecMb::cipher(std::size_t first, std::uint32_t count) {
  if (suite_.cipher == Cipher::kAesF8) return f8_.apply(first, count);
  if (suite_.cipher == Cipher::kNull) return;
  IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_.get(), &jobs_[first], count, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT,
                                  static_cast<IMB_KEY_SIZE_BYTES>(suite_.key_len));
}

void BareIpsecMb::hash(std::size_t first, std::uint32_t count) {
  IMB_SUBMIT_HASH_BURST_NOCHECK(hasher_, &jobs_[first], count, IMB_AUTH_HMAC_SHA_1);
}

void BareIpsecMb::protect() {
  if (suite_.aead()) return for_each_gcm(suite_.key_len == 32 ? wide_->gcm256_enc : wide_->gcm128_enc);
  for_each_burst([this](std::size_t first, std::uint32_t count) {
    cipher(first, count);
    hash(first, count);
  });
}

void BareIpsecMb::unprotect() {
  if (suite_.aead()) return for_each_gcm(suite_.key_len == 32 ? wide_->gcm256_dec : wide_->gcm128_dec);
  for_each_burst([this](std::size_t first, std::uint32_t count) {
    hash(first, count);
    cipher(first, count);
  });
}

ImbJobApi::ImbJobApi(const crypto::Suite& suite, Traffic& traffic, const Contexts& contexts)
    : traffic_(traffic),
      contexts_(contexts),
      manager_(suite.aead() ? make_wide_manager() : make_narrow_manager()),
      jobs_(traffic.packets()),
      spaces_(traffic.packets()) {
  if (suite.cipher == Cipher::kAesF8) throw std::invalid_argument("the job API has no F8");
}

void ImbJobApi::prepare(crypto::Direction direction) {
  const bool seal = direction == crypto::Direction::kSeal;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    IMB_JOB& job = jobs_[i];
    fill_job(job, *contexts_[traffic_.stream_of(i)], traffic_.packet(i), traffic_.shape().size, traffic_.index_of(i),
             spaces_[i]);
    job.cipher_direction = seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
    job.chain_order = seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
  }
}

void ImbJobApi::run() {
  IMB_MGR* const manager = manager_.get();
  for (const IMB_JOB& prepared : jobs_) {
    IMB_JOB* job = IMB_GET_NEXT_JOB(manager);
    *job = prepared;
    job = IMB_SUBMIT_JOB(manager);
    if (job == nullptr) job = IMB_FLUSH_JOB(manager);
    if (job == nullptr || job->status != IMB_STATUS_COMPLETED) throw std::runtime_error("the job API refused a packet");
  }
}

}  // namespace sallyport::perf
