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

const ImbHmacKeys& hmac_keys(const Job& job) noexcept { return imb_keys<ImbHmacKeys>(*job.keys); }
const gcm_key_data* gcm_keys(const Job& job) noexcept { return &imb_keys<ImbGcmKeys>(*job.keys).data; }

/// Puts the pointer to `keys` into the record, which owns it from now on.
template <class Keys>
KeyRelease hand_over(std::unique_ptr<Keys> keys, KeyRecord& record) noexcept {
  Keys* const pointer = keys.release();
  std::memcpy(record.bytes.data(), &pointer, sizeof pointer);
  return [](KeyRecord& owner) noexcept { delete &imb_keys<Keys>(owner); };
}

/// SHA-1 state after the one block key ^ pad (RFC 2104 2).
void hash_pad(IMB_MGR& manager, const SessionKeys& keys, std::uint8_t pad, std::uint8_t* state) {
  SecretBytes<64> block;
  for (std::size_t i = 0; i < block.size(); ++i) {
    block.data()[i] =
        static_cast<std::uint8_t>((i < keys.authentication.size() ? keys.authentication.data()[i] : 0) ^ pad);
  }
  IMB_SHA1_ONE_BLOCK(&manager, block.data(), state);
}

void expand_aes(IMB_MGR& manager, std::size_t key_len, const std::uint8_t* key, std::uint8_t* round_keys) {
  struct alignas(16) {
    SecretBytes<kRoundKeys256> round_keys;
  } decryption;  // no mode here decrypts with AES, but the library fills it
  switch (key_len) {
    case 32:
      IMB_AES_KEYEXP_256(&manager, key, round_keys, decryption.round_keys.data());
      break;
    case 24:
      IMB_AES_KEYEXP_192(&manager, key, round_keys, decryption.round_keys.data());
      break;
    default:
      IMB_AES_KEYEXP_128(&manager, key, round_keys, decryption.round_keys.data());
  }
}

void expand_hmac(IMB_MGR& manager, const Suite& suite, const SessionKeys& keys, ImbHmacKeys& expanded) {
  if (suite.encrypts()) expand_aes(manager, suite.key_len, keys.encryption.data(), expanded.round_keys.data());
  hash_pad(manager, keys, 0x36, expanded.inner.data());
  hash_pad(manager, keys, 0x5c, expanded.outer.data());
}

/// RFC 3711 4.1.2.1: the IV is encrypted under k XOR m, where m is the session salt and then 0x555...
std::unique_ptr<ImbF8Keys> expand_f8(IMB_MGR& manager, const Suite& suite, const SessionKeys& keys) {
  auto expanded = std::make_unique<ImbF8Keys>();
  expand_hmac(manager, suite, keys, *expanded);
  SecretBytes<16> masked;
  for (std::size_t i = 0; i < masked.size(); ++i) {
    const std::uint8_t mask = i < suite.salt_len ? keys.salt.data()[i] : std::uint8_t{0x55};
    masked.data()[i] = keys.encryption.data()[i] ^ mask;
  }
  expand_aes(manager, suite.key_len, masked.data(), expanded->mask_round_keys.data());
  return expanded;
}

std::unique_ptr<ImbGcmKeys> expand_gcm(IMB_MGR& manager, const Suite& suite, const SessionKeys& keys) {
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
    job.cipher_direction = IMB_DIR_ENCRYPT;
    job.chain_order = IMB_ORDER_CIPHER_HASH;
    job.hash_alg = IMB_AUTH_HMAC_SHA_1;
    job.iv_len_in_bytes = 16;
    job.auth_tag_output_len_in_bytes = kHmacTag;
  }
}

KeyRelease IpsecMbEngine::expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) {
  if (suite.cipher == Cipher::kAesGcm) return hand_over(expand_gcm(*wide_, suite, keys), record);
  if (suite.cipher == Cipher::kAesF8) return hand_over(expand_f8(*wide_, suite, keys), record);
  auto expanded = std::make_unique<ImbHmacKeys>();
  expand_hmac(*wide_, suite, keys, *expanded);
  return hand_over(std::move(expanded), record);
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

/// Encrypts or decrypts the text of the listed AES-CM jobs of one key length, which in counter mode is the same.
template <std::size_t kKeyLen>
void IpsecMbEngine::counter_mode_burst(std::span<Job> jobs, const IndexList& list) noexcept {
  std::uint32_t count = 0;
  for (std::size_t k = 0; k < list.size; ++k) {
    const Job& job = jobs[list.at[k]];
    if (job.cipher != Cipher::kAesCm || job.key_len != kKeyLen) continue;
    if (job.text_len == 0) continue;  // the library has no jobs of length 0
    IMB_JOB& imb = imb_jobs_[count++];
    imb.enc_keys = hmac_keys(job).round_keys.data();
    imb.src = job.src;
    imb.dst = job.dst;
    imb.msg_len_to_cipher_in_bytes = job.text_len;
    imb.iv = job.iv.data();
    imb.key_len_in_bytes = kKeyLen;
  }
  constexpr auto kKeySize = kKeyLen == 32 ? IMB_KEY_256_BYTES : kKeyLen == 24 ? IMB_KEY_192_BYTES : IMB_KEY_128_BYTES;
  submit_ciphers(count, IMB_CIPHER_CNTR, kKeySize);
}

void IpsecMbEngine::submit_ciphers(std::uint32_t count, IMB_CIPHER_MODE mode, IMB_KEY_SIZE_BYTES key_size) noexcept {
  if (count == 0) return;
  if constexpr (kChecked) {
    IMB_SUBMIT_CIPHER_BURST(wide_.get(), imb_jobs_.data(), count, mode, IMB_DIR_ENCRYPT, key_size);
  } else {
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(wide_.get(), imb_jobs_.data(), count, mode, IMB_DIR_ENCRYPT, key_size);
  }
}

void IpsecMbEngine::cipher(std::span<Job> jobs, const IndexList& list) noexcept {
  unsigned lengths = 0;  // bit n: AES-CM with 8 * n bytes
  IndexList f8;
  for (std::size_t k = 0; k < list.size; ++k) {
    const Job& job = jobs[list.at[k]];
    if (job.cipher == Cipher::kAesCm) lengths |= 1U << (job.key_len / 8);
    if (job.cipher == Cipher::kAesF8) f8.add(list.at[k]);
  }
  if ((lengths & 1U << 2) != 0) counter_mode_burst<16>(jobs, list);
  if ((lengths & 1U << 3) != 0) counter_mode_burst<24>(jobs, list);
  if ((lengths & 1U << 4) != 0) counter_mode_burst<32>(jobs, list);
  if (f8.size != 0) f8_.apply(*wide_, jobs, {f8.at.data(), f8.size});
}

/// Leaves HMAC-SHA1 over each listed job's authenticated region in tags_, by the job's position in the span.
void IpsecMbEngine::hash_burst(std::span<Job> jobs, const IndexList& list) noexcept {
  for (std::size_t k = 0; k < list.size; ++k) {
    const Job& job = jobs[list.at[k]];
    const ImbHmacKeys& keys = hmac_keys(job);
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
  const IndexList others = seal_gcm(jobs);
  if (others.size == 0) return;
  cipher(jobs, others);
  const IndexList hmac = hashed(jobs, others);
  hash_burst(jobs, hmac);
  for (std::size_t k = 0; k < hmac.size; ++k) {
    Job& job = jobs[hmac.at[k]];
    copy_tag(job.tag, tags_[hmac.at[k]].data(), job.tag_len);
  }
  for (std::size_t k = 0; k < others.size; ++k) jobs[others.at[k]].ok = true;
}

/// Those of the list that have a tag; without UNAUTHENTICATED_SRTP all.
IpsecMbEngine::IndexList IpsecMbEngine::hashed(std::span<const Job> jobs, const IndexList& list) noexcept {
  IndexList with_tag;
  for (std::size_t k = 0; k < list.size; ++k) {
    if (jobs[list.at[k]].tag_len != 0) with_tag.add(list.at[k]);
  }
  return with_tag;
}

/// Tags are compared after the whole burst: what was just written by vector instructions is slow to read back.
void IpsecMbEngine::open(std::span<Job> jobs) noexcept {
  const IndexList others = open_gcm(jobs);
  if (others.size != 0) hash_burst(jobs, hashed(jobs, others));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].ok = tags_equal(tags_[i].data(), jobs[i].tag, jobs[i].tag_len);
  }
  IndexList authentic;
  for (std::size_t k = 0; k < others.size; ++k) {
    if (jobs[others.at[k]].ok) authentic.add(others.at[k]);
  }
  if (authentic.size != 0) cipher(jobs, authentic);
}

}  // namespace sallyport::crypto
