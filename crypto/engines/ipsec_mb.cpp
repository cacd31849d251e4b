#include "crypto/engines/ipsec_mb.hpp"

#include "crypto/engines/ipsec_mb_keys.hpp"
#include "crypto/error.hpp"
#include "crypto/tag.hpp"

namespace sallyport::crypto {
namespace {

/// Debug builds let the library validate each job.
#ifdef NDEBUG
constexpr bool kChecked = false;
#else
constexpr bool kChecked = true;
#endif

/// The library's HMAC-SHA1 gives 12 or 20 bytes; SRTP's 10 or 4 are the first of these.
constexpr std::size_t kHmacTag = 12;

constexpr std::string_view name_of(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return "AVX512";
    case Isa::kAvx2:
      return "AVX2";
    case Isa::kSse:
      break;
  }
  return "SSE";
}

/// Packets that a manager's HMAC-SHA1 works on at once.
constexpr std::size_t hmac_lanes(Isa isa) {
  switch (isa) {
    case Isa::kAvx512:
      return 16;
    case Isa::kAvx2:
      return 8;
    case Isa::kSse:
      break;
  }
  return 1;
}

bool has_all(std::uint64_t features, std::uint64_t wanted) { return (features & wanted) == wanted; }

const ImbCmKeys& cm_keys(const Job& job) noexcept { return *static_cast<const ImbCmKeys*>(job.keys); }
const gcm_key_data* gcm_keys(const Job& job) noexcept { return &static_cast<const ImbGcmKeys*>(job.keys)->data; }

/// SHA-1 state after the one block key ^ pad (RFC 2104 2).
void hash_pad(IMB_MGR& manager, const SessionKeys& keys, std::uint8_t pad, std::uint8_t* state) {
  SecretBytes<64> block;
  for (std::size_t i = 0; i < block.size(); ++i) {
    block.data()[i] =
        static_cast<std::uint8_t>((i < keys.authentication.size() ? keys.authentication.data()[i] : 0) ^ pad);
  }
  IMB_SHA1_ONE_BLOCK(&manager, block.data(), state);
}

std::unique_ptr<KeySchedule> expand_cm(IMB_MGR& manager, const Suite& suite, const SessionKeys& keys) {
  auto expanded = std::make_unique<ImbCmKeys>();
  struct alignas(16) {
    SecretBytes<kRoundKeys256> round_keys;
  } decryption;  // counter mode never decrypts, but the library fills it
  if (suite.key_len == 32) {
    IMB_AES_KEYEXP_256(&manager, keys.encryption.data(), expanded->round_keys.data(), decryption.round_keys.data());
  } else {
    IMB_AES_KEYEXP_128(&manager, keys.encryption.data(), expanded->round_keys.data(), decryption.round_keys.data());
  }
  hash_pad(manager, keys, 0x36, expanded->inner.data());
  hash_pad(manager, keys, 0x5c, expanded->outer.data());
  return expanded;
}

std::unique_ptr<KeySchedule> expand_gcm(IMB_MGR& manager, const Suite& suite, const SessionKeys& keys) {
  auto expanded = std::make_unique<ImbGcmKeys>();
  if (suite.key_len == 32) {
    IMB_AES256_GCM_PRE(&manager, keys.encryption.data(), &expanded->data);
  } else {
    IMB_AES128_GCM_PRE(&manager, keys.encryption.data(), &expanded->data);
  }
  return expanded;
}

}  // namespace

Isa best_isa() {
  const std::unique_ptr<IMB_MGR, void (*)(IMB_MGR*)> probe(alloc_mb_mgr(0), free_mb_mgr);
  if (!probe) throw SetupError("crypto engine ipsec_mb: out of memory");
  if (has_all(probe->features, IMB_CPUFLAGS_AVX512)) return Isa::kAvx512;
  if (has_all(probe->features, IMB_CPUFLAGS_AVX2)) return Isa::kAvx2;
  if (has_all(probe->features, IMB_CPUFLAGS_SSE)) return Isa::kSse;
  throw SetupError("crypto engine ipsec_mb: this processor lacks AES-NI or PCLMULQDQ; use the engine openssl");
}

IpsecMbEngine::Manager IpsecMbEngine::make_manager(Isa isa) {
  Manager manager(alloc_mb_mgr(0));
  if (!manager) throw SetupError("crypto engine ipsec_mb: out of memory");
  switch (isa) {
    case Isa::kAvx512:
      init_mb_mgr_avx512(manager.get());
      break;
    case Isa::kAvx2:
      init_mb_mgr_avx2(manager.get());
      break;
    case Isa::kSse:
      init_mb_mgr_sse(manager.get());
      break;
  }
  if (const int error = imb_get_errno(manager.get()); error != 0) {
    throw SetupError("crypto engine ipsec_mb: no " + std::string(name_of(isa)) + " here: " + imb_get_strerror(error));
  }
  return manager;
}

IpsecMbEngine::IpsecMbEngine(Isa isa)
    : narrow_(make_manager(Isa::kSse)), wide_(make_manager(isa)), wide_lanes_(hmac_lanes(isa)) {
  description_ = "ipsec_mb (" + std::string(name_of(isa));
  if (isa != Isa::kSse) description_ += " from " + std::to_string(wide_lanes_) + " packets, SSE below";
  description_ += ")";
  for (IMB_JOB& job : imb_jobs_) {
    job.cipher_mode = IMB_CIPHER_CNTR;
    job.cipher_direction = IMB_DIR_ENCRYPT;
    job.chain_order = IMB_ORDER_CIPHER_HASH;
    job.hash_alg = IMB_AUTH_HMAC_SHA_1;
    job.iv_len_in_bytes = 16;
    job.auth_tag_output_len_in_bytes = kHmacTag;
  }
}

bool IpsecMbEngine::supports(const Suite& suite) const noexcept {
  const bool key = suite.key_len == 16 || suite.key_len == 32;
  return key && suite.auth_key_len == (suite.cipher == Cipher::kAesCm ? 20 : 0);
}

std::unique_ptr<KeySchedule> IpsecMbEngine::expand(const Suite& suite, const SessionKeys& keys) {
  if (!supports(suite)) throw SetupError("suite " + std::string(suite.name) + ": engine ipsec_mb does not have it");
  return suite.cipher == Cipher::kAesGcm ? expand_gcm(*wide_, suite, keys) : expand_cm(*wide_, suite, keys);
}

/// Seals the GCM jobs and returns which the others are.
IpsecMbEngine::IndexList IpsecMbEngine::seal_gcm(std::span<Job> jobs) noexcept {
  const auto seal_128 = wide_->gcm128_enc;
  const auto seal_256 = wide_->gcm256_enc;
  IndexList others;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Job& job = jobs[i];
    if (job.cipher != Cipher::kAesGcm) {
      others.add(i);
      continue;
    }
    const auto seal = job.key_len == 32 ? seal_256 : seal_128;
    seal(gcm_keys(job), &gcm_state_, job.dst, job.src, job.text_len, job.iv.data(), job.auth, job.auth_len, job.tag,
         job.tag_len);
    job.ok = true;
  }
  return others;
}

/// Decrypts the GCM jobs, leaves their tags as computed in tags_, and returns which the others are.
IpsecMbEngine::IndexList IpsecMbEngine::open_gcm(std::span<Job> jobs) noexcept {
  const auto open_128 = wide_->gcm128_dec;
  const auto open_256 = wide_->gcm256_dec;
  IndexList others;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    if (job.cipher != Cipher::kAesGcm) {
      others.add(i);
      continue;
    }
    const auto open = job.key_len == 32 ? open_256 : open_128;
    open(gcm_keys(job), &gcm_state_, job.dst, job.src, job.text_len, job.iv.data(), job.auth, job.auth_len,
         tags_[i].data(), job.tag_len);
  }
  return others;
}

/// Encrypts or decrypts the text of the listed jobs, which in counter mode is the same.
template <std::size_t kKeyLen>
void IpsecMbEngine::cipher_burst(std::span<Job> jobs, const IndexList& list) noexcept {
  std::uint32_t count = 0;
  for (std::size_t k = 0; k < list.size; ++k) {
    const Job& job = jobs[list.at[k]];
    if (job.key_len != kKeyLen || job.text_len == 0) continue;  // the library has no jobs of length 0
    IMB_JOB& imb = imb_jobs_[count++];
    imb.enc_keys = cm_keys(job).round_keys.data();
    imb.src = job.src;
    imb.dst = job.dst;
    imb.msg_len_to_cipher_in_bytes = job.text_len;
    imb.iv = job.iv.data();
    if constexpr (kChecked) imb.key_len_in_bytes = kKeyLen;
  }
  constexpr auto kKeySize = kKeyLen == 32 ? IMB_KEY_256_BYTES : IMB_KEY_128_BYTES;
  if constexpr (kChecked) {
    IMB_SUBMIT_CIPHER_BURST(wide_.get(), imb_jobs_.data(), count, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, kKeySize);
  } else {
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_.get(), imb_jobs_.data(), count, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, kKeySize);
  }
}

void IpsecMbEngine::cipher(std::span<Job> jobs, const IndexList& list) noexcept {
  bool has_256 = false;
  for (std::size_t k = 0; k < list.size; ++k) has_256 |= jobs[list.at[k]].key_len == 32;
  cipher_burst<16>(jobs, list);
  if (has_256) cipher_burst<32>(jobs, list);
}

/// Leaves HMAC-SHA1 over each listed job's authenticated region in tags_, by the job's position in the span.
void IpsecMbEngine::hash_burst(std::span<Job> jobs, const IndexList& list) noexcept {
  for (std::size_t k = 0; k < list.size; ++k) {
    const Job& job = jobs[list.at[k]];
    const ImbCmKeys& keys = cm_keys(job);
    IMB_JOB& imb = imb_jobs_[k];
    imb.src = job.auth;
    imb.msg_len_to_hash_in_bytes = job.auth_len;
    imb.u.HMAC._hashed_auth_key_xor_ipad = keys.inner.data();
    imb.u.HMAC._hashed_auth_key_xor_opad = keys.outer.data();
    imb.auth_tag_output = tags_[list.at[k]].data();
  }
  submit_hashes(list.size);
}

/// The wide manager costs nearly the same for one packet as for a full set of lanes, the narrow one costs by the
/// packet: full sets go to the wide one, and what is left over too unless it is clearly smaller than a set.
void IpsecMbEngine::submit_hashes(std::size_t count) noexcept {
  const std::size_t rest = count % wide_lanes_;
  const std::size_t wide = rest + 2 >= wide_lanes_ ? count : count - rest;
  const auto submit = [this](IMB_MGR* manager, std::size_t first, std::size_t n) {
    if (n == 0) return;
    const auto jobs = static_cast<std::uint32_t>(n);
    if constexpr (kChecked) {
      IMB_SUBMIT_HASH_BURST(manager, imb_jobs_.data() + first, jobs, IMB_AUTH_HMAC_SHA_1);
    } else {
      IMB_SUBMIT_HASH_BURST_NOCHECK(manager, imb_jobs_.data() + first, jobs, IMB_AUTH_HMAC_SHA_1);
    }
  };
  submit(wide_.get(), 0, wide);
  submit(narrow_.get(), wide, count - wide);
}

void IpsecMbEngine::seal(std::span<Job> jobs) noexcept {
  const IndexList hmac = seal_gcm(jobs);
  if (hmac.size == 0) return;
  cipher(jobs, hmac);
  hash_burst(jobs, hmac);
  for (std::size_t k = 0; k < hmac.size; ++k) {
    Job& job = jobs[hmac.at[k]];
    copy_tag(job.tag, tags_[hmac.at[k]].data(), job.tag_len);
    job.ok = true;
  }
}

/// Tags are compared after the whole burst: what was just written by vector instructions is slow to read back.
void IpsecMbEngine::open(std::span<Job> jobs) noexcept {
  const IndexList hmac = open_gcm(jobs);
  if (hmac.size != 0) hash_burst(jobs, hmac);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].ok = tags_equal(tags_[i].data(), jobs[i].tag, jobs[i].tag_len);
  }
  IndexList authentic;
  for (std::size_t k = 0; k < hmac.size; ++k) {
    if (jobs[hmac.at[k]].ok) authentic.add(hmac.at[k]);
  }
  if (authentic.size != 0) cipher(jobs, authentic);
}

}  // namespace sallyport::crypto
