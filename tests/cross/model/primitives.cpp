#include "tests/cross/model/primitives.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>
#include <stdexcept>

namespace sallyport::model {
namespace {

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

const EVP_CIPHER* ecb_of(std::size_t key_len) {
  if (key_len == 16) return EVP_aes_128_ecb();
  if (key_len == 24) return EVP_aes_192_ecb();
  require(key_len == 32, "AES key length");
  return EVP_aes_256_ecb();
}

/// A context with key and IV set and the additional data taken in.
CipherContext start_gcm(bool encrypt, const Bytes& key, const Bytes& iv, const Bytes& additional) {
  require((key.size() == 16 || key.size() == 32) && iv.size() == 12, "AES-GCM key or IV length");
  CipherContext context(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  require(EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), iv.data(), encrypt ? 1 : 0) == 1, "GCM init");
  int written = 0;
  require(
      EVP_CipherUpdate(context.get(), nullptr, &written, additional.data(), static_cast<int>(additional.size())) == 1,
      "GCM additional data");
  return context;
}

Bytes update(EVP_CIPHER_CTX* context, const Bytes& text) {
  Bytes out(text.size());
  if (text.empty()) return out;
  int written = 0;
  require(EVP_CipherUpdate(context, out.data(), &written, text.data(), static_cast<int>(text.size())) == 1, "AES");
  require(static_cast<std::size_t>(written) == text.size(), "AES output length");
  return out;
}

}  // namespace

Block aes_encrypt(const Bytes& key, const Block& block) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  require(EVP_EncryptInit_ex(context.get(), ecb_of(key.size()), nullptr, key.data(), nullptr) == 1, "AES init");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  Block out;
  int written = 0;
  require(EVP_EncryptUpdate(context.get(), out.data(), &written, block.data(), 16) == 1 && written == 16, "AES");
  return out;
}

Bytes hmac_sha1(const Bytes& key, const Bytes& message) {
  Bytes out(20);
  unsigned int length = 0;
  require(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
               &length) != nullptr &&
              length == 20,
          "HMAC-SHA1");
  return out;
}

Bytes gcm_seal(const Bytes& key, const Bytes& iv, const Bytes& additional, const Bytes& clear, std::size_t tag_len) {
  const CipherContext context = start_gcm(true, key, iv, additional);
  Bytes sealed = update(context.get(), clear);
  int written = 0;
  Block rest;
  require(EVP_CipherFinal_ex(context.get(), rest.data(), &written) == 1 && written == 0, "GCM final");
  Bytes tag(tag_len);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag_len), tag.data()) == 1,
          "GCM tag");
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  return sealed;
}

std::optional<Bytes> gcm_open(const Bytes& key, const Bytes& iv, const Bytes& additional, const Bytes& sealed,
                              std::size_t tag_len) {
  if (sealed.size() < tag_len) return std::nullopt;
  const auto tag_at = sealed.end() - static_cast<std::ptrdiff_t>(tag_len);
  Bytes tag(tag_at, sealed.end());
  const CipherContext context = start_gcm(false, key, iv, additional);
  Bytes clear = update(context.get(), Bytes(sealed.begin(), tag_at));
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag_len), tag.data()) == 1,
          "GCM tag");
  int written = 0;
  Block rest;
  if (EVP_CipherFinal_ex(context.get(), rest.data(), &written) != 1) return std::nullopt;
  return clear;
}

}  // namespace sallyport::model
