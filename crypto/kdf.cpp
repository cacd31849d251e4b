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

DerivedKeys derive(const Suite& suite, const MasterKey& master, KeyLabel encryption, KeyLabel authentication,
                   KeyLabel salt) {
  DerivedKeys derived;
  derive_key(suite, master, encryption, {derived.keys.encryption.data(), suite.key_len});
  derive_key(suite, master, authentication, {derived.keys.authentication.data(), suite.auth_key_len});
  derive_key(suite, master, salt, {derived.salt.data(), suite.salt_len});
  return derived;
}

}  // namespace

void derive_key(const Suite& suite, const MasterKey& master, KeyLabel label, std::span<std::uint8_t> out) {
  if (out.empty()) return;
  // RFC 3711 4.3.1: x = (label || index DIV rate) XOR master salt. The index is 0 at rate 0, which leaves the label in
  // the eighth byte; 4.3.3: the counter block is x * 2^16. RFC 7714 11: a 96-bit salt is padded with zeros to 112.
  SecretBytes<16> counter_block;
  std::copy_n(master.salt.data(), suite.salt_len, counter_block.data());
  counter_block.data()[7] ^= static_cast<std::uint8_t>(label);

  // RFC 6188 3.1: 256-bit master keys use AES-256 in the same construction.
  const EVP_CIPHER* cipher = suite.key_len == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
  const std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter> context(EVP_CIPHER_CTX_new());
  std::ranges::fill(out, std::uint8_t{0});
  int written = 0;
  if (!context || EVP_EncryptInit_ex(context.get(), cipher, nullptr, master.key.data(), counter_block.data()) != 1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &written, out.data(), static_cast<int>(out.size())) != 1) {
    throw SetupError("key derivation: OpenSSL refused AES in counter mode");
  }
}

DerivedKeys derive_rtp_keys(const Suite& suite, const MasterKey& master) {
  return derive(suite, master, KeyLabel::kRtpEncryption, KeyLabel::kRtpAuthentication, KeyLabel::kRtpSalt);
}

DerivedKeys derive_rtcp_keys(const Suite& suite, const MasterKey& master) {
  return derive(suite, master, KeyLabel::kRtcpEncryption, KeyLabel::kRtcpAuthentication, KeyLabel::kRtcpSalt);
}

}  // namespace sallyport::crypto
