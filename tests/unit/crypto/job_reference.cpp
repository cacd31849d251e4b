#include "tests/unit/crypto/job_reference.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace sallyport::crypto::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

constexpr std::size_t kBlock = 16;

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refuses");
}

CipherContext start(const EVP_CIPHER* cipher, const std::uint8_t* key, const std::uint8_t* iv) {
  CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  require(EVP_EncryptInit_ex(context.get(), cipher, nullptr, key, iv) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  return context;
}

Bytes update(const CipherContext& context, View in) {
  Bytes out(in.size() + kBlock);
  int length = 0;
  require(EVP_EncryptUpdate(context.get(), out.data(), &length, in.data(), static_cast<int>(in.size())) == 1);
  out.resize(static_cast<std::size_t>(length));
  return out;
}

SealedText seal_gcm(const Suite& suite, const SessionKeys& keys, View iv, View header, View text, std::size_t tag_len) {
  const EVP_CIPHER* cipher = suite.key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  const CipherContext context = start(cipher, keys.encryption.data(), iv.data());
  int length = 0;
  require(EVP_EncryptUpdate(context.get(), nullptr, &length, header.data(), static_cast<int>(header.size())) == 1);
  SealedText sealed{update(context, text), Bytes(tag_len)};
  Bytes nothing(kBlock);
  require(EVP_EncryptFinal_ex(context.get(), nothing.data(), &length) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_len), sealed.tag.data()) == 1);
  return sealed;
}

/// RFC 3711 4.1.2 to the letter: m is the session salt and then 0x55..., IV' = E(k ^ m, IV), S(j) = E(k, IV' ^ j ^
/// S(j-1)).
Bytes encrypt_f8(const SessionKeys& keys, View iv, View text) {
  std::array<std::uint8_t, kBlock> masked_key;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const std::uint8_t m = i < keys.salt.size() ? keys.salt.data()[i] : std::uint8_t{0x55};
    masked_key[i] = static_cast<std::uint8_t>(keys.encryption.data()[i] ^ m);
  }
  const Bytes first = update(start(EVP_aes_128_ecb(), masked_key.data(), nullptr), iv.first(kBlock));
  const CipherContext blocks = start(EVP_aes_128_ecb(), keys.encryption.data(), nullptr);
  Bytes stream(kBlock);
  Bytes out(text.begin(), text.end());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % kBlock == 0) {
      for (std::size_t k = 0; k < kBlock; ++k) stream[k] ^= first[k];
      stream[14] ^= static_cast<std::uint8_t>(i / kBlock >> 8);
      stream[15] ^= static_cast<std::uint8_t>(i / kBlock);
      stream = update(blocks, stream);
    }
    out[i] ^= stream[i % kBlock];
  }
  return out;
}

Bytes encrypt(const Suite& suite, Cipher cipher, const SessionKeys& keys, View iv, View text) {
  if (cipher == Cipher::kNull) return {text.begin(), text.end()};
  if (cipher == Cipher::kAesF8) return encrypt_f8(keys, iv, text);
  const EVP_CIPHER* evp = suite.key_len == 32   ? EVP_aes_256_ctr()
                          : suite.key_len == 24 ? EVP_aes_192_ctr()
                                                : EVP_aes_128_ctr();
  return update(start(evp, keys.encryption.data(), iv.data()), text);
}

Bytes hmac_sha1(const SessionKeys& keys, const Bytes& message, std::size_t tag_len) {
  Bytes tag(20);
  unsigned length = 0;
  const int key_len = static_cast<int>(keys.authentication.size());
  require(HMAC(EVP_sha1(), keys.authentication.data(), key_len, message.data(), message.size(), tag.data(), &length) !=
          nullptr);
  tag.resize(tag_len);
  return tag;
}

}  // namespace

SealedText seal_by_openssl(const Suite& suite, Cipher cipher, const SessionKeys& keys, View iv, View header, View text,
                           View trailer, std::size_t tag_len) {
  if (suite.aead()) return seal_gcm(suite, keys, iv, header, text, tag_len);
  SealedText sealed{encrypt(suite, cipher, keys, iv, text), {}};
  Bytes message(header.begin(), header.end());
  message.insert(message.end(), sealed.text.begin(), sealed.text.end());
  message.insert(message.end(), trailer.begin(), trailer.end());
  sealed.tag = hmac_sha1(keys, message, tag_len);
  return sealed;
}

}  // namespace sallyport::crypto::test
