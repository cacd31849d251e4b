#include "perf/imb_jobs.hpp"

#include <new>

#include "crypto/bytes.hpp"
#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/engines/ipsec_mb_keys.hpp"
#include "crypto/iv.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {
namespace {

using crypto::kRtpFixedHeader;

constexpr std::size_t kRocLength = 4;
constexpr std::size_t kHmacTag = 12;  // the library gives 12 bytes or 20

Manager make_manager(void (*initialise)(IMB_MGR*)) {
  Manager manager(alloc_mb_mgr(0));
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

void fill_gcm(IMB_JOB& job, const crypto::Context& context, std::uint8_t* packet, std::uint64_t index,
              ImbSpace& space) {
  crypto::aes_gcm_iv(space.iv.data(), context.rtp().salt.data(), packet + 8, index);
  const gcm_key_data* const keys = &crypto::imb_keys<crypto::ImbGcmKeys>(context.rtp().record).data;
  job.cipher_mode = IMB_CIPHER_GCM;
  job.hash_alg = IMB_AUTH_AES_GMAC;
  job.enc_keys = job.dec_keys = keys;
  job.iv_len_in_bytes = 12;
  job.u.GCM.aad = packet;
  job.u.GCM.aad_len_in_bytes = kRtpFixedHeader;
  job.auth_tag_output_len_in_bytes = context.suite().rtp_tag_len;
}

void fill_hmac(IMB_JOB& job, const crypto::Context& context, std::uint8_t* packet, std::size_t length,
               std::uint64_t index, ImbSpace& space) {
  crypto::store_be32(packet + length, static_cast<std::uint32_t>(index >> 16));
  const auto& keys = crypto::imb_keys<crypto::ImbHmacKeys>(context.rtp().record);
  const bool counter_mode = context.suite().cipher == crypto::Cipher::kAesCm;
  if (counter_mode) crypto::aes_cm_iv(space.iv.data(), context.rtp().salt.data(), packet + 8, index);
  job.cipher_mode = counter_mode ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL;
  job.hash_alg = IMB_AUTH_HMAC_SHA_1;
  job.enc_keys = job.dec_keys = keys.round_keys.data();
  job.iv_len_in_bytes = 16;
  job.msg_len_to_hash_in_bytes = length + kRocLength;
  job.u.HMAC._hashed_auth_key_xor_ipad = keys.inner.data();
  job.u.HMAC._hashed_auth_key_xor_opad = keys.outer.data();
  job.auth_tag_output_len_in_bytes = kHmacTag;
}

}  // namespace

Manager make_wide_manager() { return make_manager(initialise_best); }
Manager make_narrow_manager() { return make_manager(init_mb_mgr_sse); }

void fill_job(IMB_JOB& job, const crypto::Context& context, std::uint8_t* packet, std::size_t length,
              std::uint64_t index, ImbSpace& space) {
  job = IMB_JOB{};
  job.key_len_in_bytes = context.suite().key_len;
  job.src = packet;
  job.dst = packet + kRtpFixedHeader;
  job.cipher_start_src_offset_in_bytes = kRtpFixedHeader;
  job.msg_len_to_cipher_in_bytes = length - kRtpFixedHeader;
  job.iv = space.iv.data();
  job.auth_tag_output = space.tag.data();
  if (context.suite().aead()) {
    fill_gcm(job, context, packet, index, space);
  } else {
    fill_hmac(job, context, packet, length, index, space);
  }
}

}  // namespace sallyport::perf
