#include "crypto/engines/libsrtp.hpp"

#include <srtp2/auth.h>
#include <srtp2/cipher.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "crypto/error.hpp"
#include "crypto/tag.hpp"

// Exported by the library; their header is not installed.
extern "C" {
srtp_err_status_t srtp_crypto_kernel_init();
const srtp_cipher_type_t* srtp_crypto_kernel_get_cipher_type(srtp_cipher_type_id_t id);
const srtp_auth_type_t* srtp_crypto_kernel_get_auth_type(srtp_auth_type_id_t id);
srtp_err_status_t srtp_crypto_kernel_alloc_cipher(srtp_cipher_type_id_t id, srtp_cipher_pointer_t* cipher, int key_len,
                                                  int tag_len);
srtp_err_status_t srtp_crypto_kernel_alloc_auth(srtp_auth_type_id_t id, srtp_auth_pointer_t* auth, int key_len,
                                                int tag_len);
}

namespace sallyport::crypto {
namespace {

constexpr std::size_t kSha1 = 20;
constexpr std::size_t kLongestText = 65535;

/// A key's contexts, in its record.
struct LibSrtpKeys {
  srtp_cipher_t* cipher;  ///< null for the NULL suites
  srtp_auth_t* auth;      ///< null for AEAD
};
static_assert(sizeof(LibSrtpKeys) <= sizeof(KeyRecord));

LibSrtpKeys load(const KeyRecord& record) noexcept {
  LibSrtpKeys keys;
  std::memcpy(&keys, record.bytes.data(), sizeof keys);
  return keys;
}

/// The library wipes its contexts when it frees them.
void release(KeyRecord& record) noexcept {
  const LibSrtpKeys keys = load(record);
  if (keys.cipher != nullptr) srtp_cipher_dealloc(keys.cipher);
  if (keys.auth != nullptr) srtp_auth_dealloc(keys.auth);
}

/// The library's cipher for that suite, null where this build of it has none.
const srtp_cipher_type_t* cipher_type(const Suite& suite) noexcept {
  const auto pick = [&suite](srtp_cipher_type_id_t for_16, srtp_cipher_type_id_t for_24, srtp_cipher_type_id_t for_32) {
    return srtp_crypto_kernel_get_cipher_type(suite.key_len == 32 ? for_32 : suite.key_len == 24 ? for_24 : for_16);
  };
  switch (suite.cipher) {
    case Cipher::kAesCm:
      return pick(SRTP_AES_ICM_128, SRTP_AES_ICM_192, SRTP_AES_ICM_256);
    case Cipher::kAesGcm:
      return suite.key_len == 24 ? nullptr : pick(SRTP_AES_GCM_128, SRTP_AES_GCM_128, SRTP_AES_GCM_256);
    case Cipher::kNull:
      return srtp_crypto_kernel_get_cipher_type(SRTP_NULL_CIPHER);
    case Cipher::kAesF8:
      break;
  }
  return nullptr;
}

/// The library wants "key || salt" and adds the salt to every counter; our IVs contain the salt already, so its is
/// zero.
bool make_cipher(const Suite& suite, const SessionKeys& keys, srtp_cipher_t*& cipher) {
  SecretBytes<32 + 14> key_and_salt;
  std::memcpy(key_and_salt.data(), keys.encryption.data(), suite.key_len);
  return srtp_crypto_kernel_alloc_cipher(cipher_type(suite)->id, &cipher, static_cast<int>(suite.master_len()),
                                         suite.aead() ? suite.rtp_tag_len : 0) == srtp_err_status_ok &&
         srtp_cipher_init(cipher, key_and_salt.data()) == srtp_err_status_ok;
}

bool make_auth(const Suite& suite, const SessionKeys& keys, srtp_auth_t*& auth) {
  return srtp_crypto_kernel_alloc_auth(SRTP_HMAC_SHA1, &auth, suite.auth_key_len, kSha1) == srtp_err_status_ok &&
         srtp_auth_init(auth, keys.authentication.data()) == srtp_err_status_ok;
}

/// Encrypts or decrypts, which in counter mode is the same.
bool apply_cipher(Job& job) noexcept {
  if (job.cipher == Cipher::kNull || job.text_len == 0) return true;
  srtp_cipher_t* const cipher = load(*job.keys).cipher;
  std::uint32_t length = job.text_len;
  if (job.dst != job.src) std::copy_n(job.src, job.text_len, job.dst);
  return srtp_cipher_set_iv(cipher, job.iv.data(), srtp_direction_encrypt) == srtp_err_status_ok &&
         srtp_cipher_encrypt(cipher, job.dst, &length) == srtp_err_status_ok;
}

bool compute_hmac(const Job& job, std::array<std::uint8_t, kSha1>& tag) noexcept {
  srtp_auth_t* const auth = load(*job.keys).auth;
  return srtp_auth_start(auth) == srtp_err_status_ok &&
         srtp_auth_compute(auth, job.auth, job.auth_len, tag.data()) == srtp_err_status_ok;
}

bool seal_hmac(Job& job) noexcept {
  std::array<std::uint8_t, kSha1> tag;
  if (!apply_cipher(job)) return false;
  if (job.tag_len == 0) return true;
  if (!compute_hmac(job, tag)) return false;
  copy_tag(job.tag, tag.data(), job.tag_len);
  return true;
}

bool open_hmac(Job& job) noexcept {
  std::array<std::uint8_t, kSha1> tag;
  if (job.tag_len != 0 && (!compute_hmac(job, tag) || !tags_equal(tag.data(), job.tag, job.tag_len))) return false;
  return apply_cipher(job);
}

bool set_iv_and_aad(srtp_cipher_t* cipher, Job& job, srtp_cipher_direction_t direction) noexcept {
  return srtp_cipher_set_iv(cipher, job.iv.data(), direction) == srtp_err_status_ok &&
         srtp_cipher_set_aad(cipher, job.auth, job.auth_len) == srtp_err_status_ok;
}

/// Where the library may work: on NSS it writes the tag behind the text before it is asked for it.
bool in_place(const Job& job) noexcept { return job.src == job.dst && job.tag == job.dst + job.text_len; }

}  // namespace

/// A text with its tag behind it.
class LibSrtpEngine::TextAndTag {
 public:
  std::array<std::uint8_t, kLongestText + kMaxTag> bytes;
};

LibSrtpEngine::LibSrtpEngine() : aside_(std::make_unique<TextAndTag>()) {
  // Not srtp_init(), which fails for whoever calls it second.
  const bool runs = srtp_crypto_kernel_get_cipher_type(SRTP_NULL_CIPHER) != nullptr;
  if (!runs && srtp_crypto_kernel_init() != srtp_err_status_ok)
    throw SetupError("crypto engine libsrtp: the library does not start");
  const srtp_cipher_type_t* gcm = srtp_crypto_kernel_get_cipher_type(SRTP_AES_GCM_128);
  description_ = std::string("libsrtp (") + srtp_get_version_string() + ", " +
                 (gcm == nullptr ? "no GCM" : gcm->description) + ", one packet at a time)";
}

LibSrtpEngine::~LibSrtpEngine() = default;

bool LibSrtpEngine::supports(const Suite& suite) const noexcept {
  if (cipher_type(suite) == nullptr) return false;
  return suite.aead() || (suite.auth_key_len == kSha1 && srtp_crypto_kernel_get_auth_type(SRTP_HMAC_SHA1) != nullptr);
}

KeyRelease LibSrtpEngine::expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) {
  if (!supports(suite)) throw SetupError("suite " + std::string(suite.name) + ": engine libsrtp does not have it");
  LibSrtpKeys made{};
  const bool ok = (!suite.encrypts() || make_cipher(suite, keys, made.cipher)) &&
                  (suite.aead() || make_auth(suite, keys, made.auth));
  std::memcpy(record.bytes.data(), &made, sizeof made);
  if (!ok) {
    release(record);
    throw SetupError("suite " + std::string(suite.name) + ": libSRTP could not make its contexts");
  }
  return release;
}

bool LibSrtpEngine::seal_gcm(Job& job) noexcept {
  srtp_cipher_t* const cipher = load(*job.keys).cipher;
  std::uint8_t* const text = in_place(job) ? job.dst : aside_->bytes.data();
  std::uint32_t length = job.text_len;
  std::uint32_t tag_len = 0;
  if (text != job.src) std::copy_n(job.src, job.text_len, text);
  if (!set_iv_and_aad(cipher, job, srtp_direction_encrypt) ||
      srtp_cipher_encrypt(cipher, length == 0 ? nullptr : text, &length) != srtp_err_status_ok ||
      srtp_cipher_get_tag(cipher, text + job.text_len, &tag_len) != srtp_err_status_ok || tag_len != job.tag_len) {
    return false;
  }
  if (text != job.dst) {
    std::copy_n(text, job.text_len, job.dst);
    copy_tag(job.tag, text + job.text_len, job.tag_len);
  }
  return true;
}

/// The library gives no tag away when it decrypts; it compares, in constant time.
bool LibSrtpEngine::open_gcm(Job& job) noexcept {
  srtp_cipher_t* const cipher = load(*job.keys).cipher;
  std::uint8_t* const text = in_place(job) ? job.dst : aside_->bytes.data();
  std::uint32_t length = std::uint32_t{job.text_len} + job.tag_len;
  if (text != job.src) {
    std::copy_n(job.src, job.text_len, text);
    copy_tag(text + job.text_len, job.tag, job.tag_len);
  }
  if (!set_iv_and_aad(cipher, job, srtp_direction_decrypt) ||
      srtp_cipher_decrypt(cipher, text, &length) != srtp_err_status_ok) {
    return false;
  }
  if (text != job.dst) std::copy_n(text, job.text_len, job.dst);
  return true;
}

void LibSrtpEngine::seal(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) job.ok = job.cipher == Cipher::kAesGcm ? seal_gcm(job) : seal_hmac(job);
}

void LibSrtpEngine::open(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) job.ok = job.cipher == Cipher::kAesGcm ? open_gcm(job) : open_hmac(job);
}

}  // namespace sallyport::crypto
