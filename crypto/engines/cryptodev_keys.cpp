#include "crypto/engines/cryptodev_keys.hpp"

#include <rte_cryptodev.h>
#include <rte_errno.h>

#include <cstring>
#include <memory>

#include "crypto/engines/cryptodev_slot.hpp"
#include "crypto/error.hpp"
#include "crypto/secret_memory.hpp"

namespace sallyport::crypto {

struct CryptodevSoftwareKey : InSecretMemory {
  CryptodevSoftwareKey() = default;
  CryptodevSoftwareKey(const CryptodevSoftwareKey&) = delete;
  CryptodevSoftwareKey& operator=(const CryptodevSoftwareKey&) = delete;
  ~CryptodevSoftwareKey() {
    if (release != nullptr) release(record);
  }
  KeyRecord record{};
  KeyRelease release = nullptr;
};

namespace {

constexpr std::uint16_t kSha1 = 20;
constexpr std::uint16_t kCounterBlock = 16;
constexpr std::uint16_t kGcmIv = 12;

const rte_cryptodev_symmetric_capability* capability(std::uint8_t device, const rte_cryptodev_sym_capability_idx& idx) {
  return rte_cryptodev_sym_capability_get(device, &idx);
}

bool has_gcm(std::uint8_t device, const Suite& suite) {
  rte_cryptodev_sym_capability_idx idx{};
  idx.type = RTE_CRYPTO_SYM_XFORM_AEAD;
  idx.algo.aead = RTE_CRYPTO_AEAD_AES_GCM;
  const auto* gcm = capability(device, idx);
  return gcm != nullptr &&
         rte_cryptodev_sym_capability_check_aead(gcm, suite.key_len, suite.rtp_tag_len, kCryptodevAadLen, kGcmIv) == 0;
}

bool has_counter_mode(std::uint8_t device, const Suite& suite) {
  rte_cryptodev_sym_capability_idx idx{};
  idx.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
  idx.algo.cipher = RTE_CRYPTO_CIPHER_AES_CTR;
  const auto* counter_mode = capability(device, idx);
  return counter_mode != nullptr &&
         rte_cryptodev_sym_capability_check_cipher(counter_mode, suite.key_len, kCounterBlock) == 0;
}

bool has_hmac(std::uint8_t device, const Suite& suite) {
  rte_cryptodev_sym_capability_idx idx{};
  idx.type = RTE_CRYPTO_SYM_XFORM_AUTH;
  idx.algo.auth = RTE_CRYPTO_AUTH_SHA1_HMAC;
  const auto* hmac = capability(device, idx);
  return hmac != nullptr && rte_cryptodev_sym_capability_check_auth(hmac, suite.auth_key_len, kSha1, 0) == 0;
}

bool chains(std::uint8_t device) {
  rte_cryptodev_info info{};
  rte_cryptodev_info_get(device, &info);
  return (info.feature_flags & RTE_CRYPTODEV_FF_SYM_OPERATION_CHAINING) != 0;
}

/// Always "encrypt": in counter mode it is the same, and a hash that is generated may only stand before encryption.
rte_crypto_sym_xform counter_mode(const Suite& suite, const SessionKeys& keys) {
  rte_crypto_sym_xform xform{};
  xform.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
  xform.cipher.op = RTE_CRYPTO_CIPHER_OP_ENCRYPT;
  xform.cipher.algo = RTE_CRYPTO_CIPHER_AES_CTR;
  xform.cipher.key.data = keys.encryption.data();
  xform.cipher.key.length = suite.key_len;
  xform.cipher.iv.offset = kCryptodevIvOffset;
  xform.cipher.iv.length = kCounterBlock;
  return xform;
}

/// Generated for opening too: we compare. The whole hash, since RTP and RTCP send different shares of it.
rte_crypto_sym_xform hmac(const Suite& suite, const SessionKeys& keys) {
  rte_crypto_sym_xform xform{};
  xform.type = RTE_CRYPTO_SYM_XFORM_AUTH;
  xform.auth.op = RTE_CRYPTO_AUTH_OP_GENERATE;
  xform.auth.algo = RTE_CRYPTO_AUTH_SHA1_HMAC;
  xform.auth.key.data = keys.authentication.data();
  xform.auth.key.length = suite.auth_key_len;
  xform.auth.digest_length = kSha1;
  return xform;
}

rte_crypto_sym_xform gcm(const Suite& suite, const SessionKeys& keys, rte_crypto_aead_operation operation) {
  rte_crypto_sym_xform xform{};
  xform.type = RTE_CRYPTO_SYM_XFORM_AEAD;
  xform.aead.op = operation;
  xform.aead.algo = RTE_CRYPTO_AEAD_AES_GCM;
  xform.aead.key.data = keys.encryption.data();
  xform.aead.key.length = suite.key_len;
  xform.aead.iv.offset = kCryptodevIvOffset;
  xform.aead.iv.length = kGcmIv;
  xform.aead.digest_length = suite.rtp_tag_len;
  xform.aead.aad_length = kCryptodevAadLen;
  return xform;
}

void* make_session(const CryptodevOptions& options, const Suite& suite, rte_crypto_sym_xform& xform) {
  void* session = rte_cryptodev_sym_session_create(options.device, &xform, options.sessions);
  if (session == nullptr) {
    throw SetupError("suite " + std::string(suite.name) + ": crypto device " + options.name +
                     " makes no session: " + rte_strerror(rte_errno));
  }
  return session;
}

void make_hmac_sessions(const CryptodevOptions& options, const Suite& suite, const SessionKeys& keys,
                        CryptodevKeys& made) {
  rte_crypto_sym_xform hash = hmac(suite, keys);
  made.digest = make_session(options, suite, hash);
  if (!suite.encrypts()) return;
  rte_crypto_sym_xform cipher = counter_mode(suite, keys);
  cipher.next = &hash;
  made.seal = make_session(options, suite, cipher);
  cipher.next = nullptr;
  hash.next = &cipher;
  made.open = make_session(options, suite, hash);
}

void make_gcm_sessions(const CryptodevOptions& options, Engine& software, const Suite& suite, const SessionKeys& keys,
                       CryptodevKeys& made) {
  rte_crypto_sym_xform encrypt = gcm(suite, keys, RTE_CRYPTO_AEAD_OP_ENCRYPT);
  made.seal = make_session(options, suite, encrypt);
  rte_crypto_sym_xform decrypt = gcm(suite, keys, RTE_CRYPTO_AEAD_OP_DECRYPT);
  made.open = make_session(options, suite, decrypt);
  auto software_key = std::make_unique<CryptodevSoftwareKey>();
  software_key->release = software.expand(suite, keys, software_key->record);
  made.software = software_key.release();
}

/// DPDK wipes a session when it frees it.
void free_all(const CryptodevKeys& keys) noexcept {
  for (void* session : {keys.seal, keys.open, keys.digest}) {
    if (session != nullptr) rte_cryptodev_sym_session_free(keys.device, session);
  }
  delete keys.software;
}

void release(KeyRecord& record) noexcept { free_all(cryptodev_keys(record)); }

}  // namespace

CryptodevKeys cryptodev_keys(const KeyRecord& record) noexcept {
  CryptodevKeys keys;
  std::memcpy(&keys, record.bytes.data(), sizeof keys);
  return keys;
}

const KeyRecord& cryptodev_software_record(const CryptodevKeys& keys) noexcept { return keys.software->record; }

bool cryptodev_supports(std::uint8_t device, const Suite& suite) noexcept {
  switch (suite.cipher) {
    case Cipher::kAesGcm:
      return has_gcm(device, suite);
    case Cipher::kAesCm:
      return has_hmac(device, suite) && has_counter_mode(device, suite) && chains(device);
    case Cipher::kNull:
      return has_hmac(device, suite);
    case Cipher::kAesF8:
      break;
  }
  return false;
}

KeyRelease cryptodev_expand(const CryptodevOptions& options, Engine& software, const Suite& suite,
                            const SessionKeys& keys, KeyRecord& record) {
  CryptodevKeys made{};
  made.device = options.device;
  try {
    if (suite.aead()) {
      make_gcm_sessions(options, software, suite, keys, made);
    } else {
      make_hmac_sessions(options, suite, keys, made);
    }
  } catch (...) {
    free_all(made);
    throw;
  }
  std::memcpy(record.bytes.data(), &made, sizeof made);
  return release;
}

}  // namespace sallyport::crypto
