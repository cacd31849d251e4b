#include "crypto/kdf.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

struct CipherContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};

SessionKeys derive(const Suite& suite, const MasterKey& master, std::uint64_t epoch, KeyLabel encryption,
                   KeyLabel authentication, KeyLabel salt) {
  SessionKeys keys;
  derive_key(suite, master, encryption, epoch, {keys.encryption.data(), suite.encryption_key_len()});
  derive_key(suite, master, authentication, epoch, {keys.authentication.data(), suite.auth_key_len});
  derive_key(suite, master, salt, epoch, {keys.salt.data(), suite.salt_len});
  return keys;
}

/// RFC 6188 3.1: longer master keys use AES with their length in the same construction.
const EVP_CIPHER* counter_mode(const Suite& suite) {
  switch (suite.key_len) {
    case 32:
      return EVP_aes_256_ctr();
    case 24:
      return EVP_aes_192_ctr();
    default:
      return EVP_aes_128_ctr();
  }
}

}  // namespace

void derive_key(const Suite& suite, const MasterKey& master, KeyLabel label, std::uint64_t epoch,
                std::span<std::uint8_t> out) {
  if (out.empty()) return;
  // RFC 3711 4.3.1: x = (label || epoch) XOR master salt, where the epoch has 48 bits and ends with the salt; 4.3.3:
  // the counter block is x * 2^16. RFC 7714 11: a 96-bit salt is padded with zeros to 112.
  SecretBytes<16> counter_block;
  std::copy_n(master.salt.data(), suite.salt_len, counter_block.data());
  counter_block.data()[7] ^= static_cast<std::uint8_t>(label);
  for (std::size_t i = 0; i < 6; ++i) counter_block.data()[13 - i] ^= static_cast<std::uint8_t>(epoch >> (8 * i));

  const std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter> context(EVP_CIPHER_CTX_new());
  std::ranges::fill(out, std::uint8_t{0});
  int written = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), counter_mode(suite), nullptr, master.key.data(), counter_block.data()) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &written, out.data(), static_cast<int>(out.size())) != 1) {
    throw SetupError("key derivation: OpenSSL refused AES in counter mode");
  }
}

KeyFingerprint fingerprint_of(const Suite& suite, const MasterKey& master) {
  KeyFingerprint fingerprint;
  derive_key(suite, master, KeyLabel::kFingerprint, 0, fingerprint);
  return fingerprint;
}

SessionKeys derive_rtp_keys(const Suite& suite, const MasterKey& master, std::uint64_t epoch) {
  return derive(suite, master, epoch, KeyLabel::kRtpEncryption, KeyLabel::kRtpAuthentication, KeyLabel::kRtpSalt);
}

SessionKeys derive_rtcp_keys(const Suite& suite, const MasterKey& master, std::uint64_t epoch) {
  return derive(suite, master, epoch, KeyLabel::kRtcpEncryption, KeyLabel::kRtcpAuthentication, KeyLabel::kRtcpSalt);
}

}  // namespace sallyport::crypto
