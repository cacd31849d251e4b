#include "crypto/engines/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string>

#include "crypto/error.hpp"
#include "crypto/tag.hpp"

namespace sallyport::crypto {
namespace {

struct Deleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};

/// The contexts are working state of the one thread that uses the schedule, hence not const inside a const object.
struct OpenSslKeys final : KeySchedule {
  std::unique_ptr<EVP_CIPHER_CTX, Deleter> cipher;
  std::unique_ptr<EVP_MAC_CTX, Deleter> mac;  ///< HMAC suites only
};

const OpenSslKeys& keys_of(const Job& job) noexcept { return *static_cast<const OpenSslKeys*>(job.keys); }

const EVP_CIPHER* evp_cipher(const Suite& suite) {
  const bool long_key = suite.key_len == 32;
  if (suite.cipher == Cipher::kAesGcm) return long_key ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  return long_key ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
}

std::unique_ptr<EVP_MAC_CTX, Deleter> make_hmac(const Suite& suite, const SessionKeys& keys) {
  const std::unique_ptr<EVP_MAC, Deleter> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  std::unique_ptr<EVP_MAC_CTX, Deleter> context(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
  char digest[] = "SHA1";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), keys.authentication.data(), suite.auth_key_len, parameters) != 1) {
    throw SetupError("suite " + std::string(suite.name) + ": OpenSSL has no HMAC-SHA1");
  }
  return context;
}

/// Sets the job's IV on its key's context and runs the text through it.
bool apply_counter_mode(const Job& job) noexcept {
  EVP_CIPHER_CTX* context = keys_of(job).cipher.get();
  int length = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, job.iv.data(), 1) != 1) return false;
  return job.text_len == 0 || EVP_CipherUpdate(context, job.dst, &length, job.src, job.text_len) == 1;
}

bool compute_hmac(const Job& job, std::array<std::uint8_t, 20>& tag) noexcept {
  EVP_MAC_CTX* context = keys_of(job).mac.get();
  std::size_t length = 0;
  return EVP_MAC_init(context, nullptr, 0, nullptr) == 1 && EVP_MAC_update(context, job.auth, job.auth_len) == 1 &&
         EVP_MAC_final(context, tag.data(), &length, tag.size()) == 1;
}

/// IV, additional data and text, up to but without the tag.
bool apply_gcm(const Job& job, bool encrypt) noexcept {
  EVP_CIPHER_CTX* context = keys_of(job).cipher.get();
  int length = 0;
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, job.iv.data(), encrypt ? 1 : 0) == 1 &&
         (job.auth_len == 0 || EVP_CipherUpdate(context, nullptr, &length, job.auth, job.auth_len) == 1) &&
         (job.text_len == 0 || EVP_CipherUpdate(context, job.dst, &length, job.src, job.text_len) == 1);
}

bool seal_gcm(Job& job) noexcept {
  EVP_CIPHER_CTX* context = keys_of(job).cipher.get();
  std::uint8_t nothing[16];
  int length = 0;
  return apply_gcm(job, true) && EVP_CipherFinal_ex(context, nothing, &length) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, job.tag_len, job.tag) == 1;
}

/// EVP gives no tag away when decrypting; its final step compares, in constant time.
bool open_gcm(Job& job) noexcept {
  EVP_CIPHER_CTX* context = keys_of(job).cipher.get();
  std::uint8_t nothing[16];
  int length = 0;
  return apply_gcm(job, false) && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, job.tag_len, job.tag) == 1 &&
         EVP_CipherFinal_ex(context, nothing, &length) == 1;
}

bool seal_hmac(Job& job) noexcept {
  std::array<std::uint8_t, 20> tag;
  if (!apply_counter_mode(job) || !compute_hmac(job, tag)) return false;
  copy_tag(job.tag, tag.data(), job.tag_len);
  return true;
}

bool open_hmac(const Job& job) noexcept {
  std::array<std::uint8_t, 20> tag;
  return compute_hmac(job, tag) && ct_equal(tag.data(), job.tag, job.tag_len) && apply_counter_mode(job);
}

}  // namespace

bool OpenSslEngine::supports(const Suite& suite) const noexcept {
  const bool key = suite.key_len == 16 || suite.key_len == 32;
  return key && suite.auth_key_len == (suite.cipher == Cipher::kAesCm ? 20 : 0);
}

std::unique_ptr<KeySchedule> OpenSslEngine::expand(const Suite& suite, const SessionKeys& keys) {
  if (!supports(suite)) throw SetupError("suite " + std::string(suite.name) + ": engine openssl does not have it");
  auto expanded = std::make_unique<OpenSslKeys>();
  expanded->cipher.reset(EVP_CIPHER_CTX_new());
  if (!expanded->cipher ||
      EVP_CipherInit_ex(expanded->cipher.get(), evp_cipher(suite), nullptr, keys.encryption.data(), nullptr, 1) != 1) {
    throw SetupError("suite " + std::string(suite.name) + ": OpenSSL has not its cipher");
  }
  if (!suite.aead()) expanded->mac = make_hmac(suite, keys);
  return expanded;
}

void OpenSslEngine::seal(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) {
    job.ok = job.cipher == Cipher::kAesGcm ? seal_gcm(job) : seal_hmac(job);
  }
}

void OpenSslEngine::open(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) {
    job.ok = job.cipher == Cipher::kAesGcm ? open_gcm(job) : open_hmac(job);
  }
}

}  // namespace sallyport::crypto
