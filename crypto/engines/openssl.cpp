#include "crypto/engines/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>
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

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Deleter>;

/// The contexts are working state of the one thread that uses the key, hence not const inside a const object. The
/// engine's records hold a pointer to one of these.
struct OpenSslKeys {
  CipherContext cipher;                       ///< F8: AES of single blocks under the session key
  CipherContext mask;                         ///< F8: under the session key XOR m
  std::unique_ptr<EVP_MAC_CTX, Deleter> mac;  ///< HMAC suites only
};

const OpenSslKeys& keys_of(const KeyRecord& record) noexcept {
  const OpenSslKeys* keys;
  std::memcpy(&keys, record.bytes.data(), sizeof keys);
  return *keys;
}
const OpenSslKeys& keys_of(const Job& job) noexcept { return keys_of(*job.keys); }

const EVP_CIPHER* evp_cipher(const Suite& suite) {
  if (suite.cipher == Cipher::kAesF8) return EVP_aes_128_ecb();
  const bool gcm = suite.cipher == Cipher::kAesGcm;
  switch (suite.key_len) {
    case 32:
      return gcm ? EVP_aes_256_gcm() : EVP_aes_256_ctr();
    case 24:
      return EVP_aes_192_ctr();
    default:
      return gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
  }
}

CipherContext make_cipher(const Suite& suite, const std::uint8_t* key) {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!context || EVP_CipherInit_ex(context.get(), evp_cipher(suite), nullptr, key, nullptr, 1) != 1) {
    throw SetupError("suite " + std::string(suite.name) + ": OpenSSL has not its cipher");
  }
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

/// RFC 3711 4.1.2.1: the IV is encrypted under k XOR m, where m is the session salt and then 0x555...
CipherContext make_mask(const Suite& suite, const SessionKeys& keys) {
  SecretBytes<16> masked;
  for (std::size_t i = 0; i < masked.size(); ++i) {
    const std::uint8_t mask = i < suite.salt_len ? keys.salt.data()[i] : std::uint8_t{0x55};
    masked.data()[i] = keys.encryption.data()[i] ^ mask;
  }
  return make_cipher(suite, masked.data());
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

using Block = std::array<std::uint8_t, 16>;

bool encrypt_block(EVP_CIPHER_CTX* context, const Block& in, Block& out) noexcept {
  int length = 0;
  return EVP_CipherUpdate(context, out.data(), &length, in.data(), static_cast<int>(in.size())) == 1;
}

/// RFC 3711 4.1.2: IV' = E(k ^ m, IV), S(j) = E(k, IV' ^ j ^ S(j-1)), by the book.
bool apply_f8(const Job& job) noexcept {
  const OpenSslKeys& keys = keys_of(job);
  Block iv;
  if (!encrypt_block(keys.mask.get(), job.iv, iv)) return false;
  Block stream{};
  for (std::size_t offset = 0; offset < job.text_len; offset += stream.size()) {
    Block in;
    for (std::size_t i = 0; i < in.size(); ++i) in[i] = iv[i] ^ stream[i];
    store_be32(in.data() + 12, load_be32(in.data() + 12) ^ static_cast<std::uint32_t>(offset / stream.size()));
    if (!encrypt_block(keys.cipher.get(), in, stream)) return false;
    const std::size_t length = std::min(stream.size(), job.text_len - offset);
    for (std::size_t i = 0; i < length; ++i) job.dst[offset + i] = job.src[offset + i] ^ stream[i];
  }
  return true;
}

/// The text of an HMAC suite's job.
bool apply_cipher(const Job& job) noexcept {
  switch (job.cipher) {
    case Cipher::kAesCm:
      return apply_counter_mode(job);
    case Cipher::kAesF8:
      return apply_f8(job);
    case Cipher::kNull:
    case Cipher::kAesGcm:
      break;
  }
  return true;
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
  if (!apply_cipher(job)) return false;
  if (job.tag_len == 0) return true;  // UNAUTHENTICATED_SRTP
  std::array<std::uint8_t, 20> tag;
  if (!compute_hmac(job, tag)) return false;
  copy_tag(job.tag, tag.data(), job.tag_len);
  return true;
}

bool open_hmac(const Job& job) noexcept {
  std::array<std::uint8_t, 20> tag;
  if (job.tag_len != 0 && !(compute_hmac(job, tag) && ct_equal(tag.data(), job.tag, job.tag_len))) return false;
  return apply_cipher(job);
}

/// OpenSSL leaves states of HMAC in the vector registers, and a core dump has the registers of each thread.
void clear_registers() noexcept {
  asm volatile(
      "pxor %%xmm0, %%xmm0; pxor %%xmm1, %%xmm1; pxor %%xmm2, %%xmm2; pxor %%xmm3, %%xmm3;"
      "pxor %%xmm4, %%xmm4; pxor %%xmm5, %%xmm5; pxor %%xmm6, %%xmm6; pxor %%xmm7, %%xmm7;"
      "pxor %%xmm8, %%xmm8; pxor %%xmm9, %%xmm9; pxor %%xmm10, %%xmm10; pxor %%xmm11, %%xmm11;"
      "pxor %%xmm12, %%xmm12; pxor %%xmm13, %%xmm13; pxor %%xmm14, %%xmm14; pxor %%xmm15, %%xmm15"
      :
      :
      : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
        "xmm13", "xmm14", "xmm15");
}

}  // namespace

KeyRelease OpenSslEngine::expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) {
  auto expanded = std::make_unique<OpenSslKeys>();
  if (suite.encrypts()) expanded->cipher = make_cipher(suite, keys.encryption.data());
  if (suite.cipher == Cipher::kAesF8) expanded->mask = make_mask(suite, keys);
  if (!suite.aead()) expanded->mac = make_hmac(suite, keys);
  const OpenSslKeys* const pointer = expanded.release();
  std::memcpy(record.bytes.data(), &pointer, sizeof pointer);
  return [](KeyRecord& owner) noexcept { delete &keys_of(owner); };
}

void OpenSslEngine::seal(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) {
    job.ok = job.cipher == Cipher::kAesGcm ? seal_gcm(job) : seal_hmac(job);
  }
  clear_registers();
}

void OpenSslEngine::open(std::span<Job> jobs) noexcept {
  for (Job& job : jobs) {
    job.ok = job.cipher == Cipher::kAesGcm ? open_gcm(job) : open_hmac(job);
  }
  clear_registers();
}

}  // namespace sallyport::crypto
