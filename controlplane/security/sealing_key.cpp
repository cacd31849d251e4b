#include "controlplane/security/sealing_key.hpp"

#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "controlplane/hex.hpp"
#include "controlplane/random_bytes.hpp"
#include "controlplane/secret_text.hpp"
#include "controlplane/security/openssl_handles.hpp"
#include "controlplane/security/secret_file.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, OpensslFreer<EVP_CIPHER_CTX_free>>;

constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kLongestSecret = 4096;
constexpr std::string_view kVersion = "sealed1:";

void check(bool done) {
  if (!done) throw SetupError("a secret cannot be sealed: " + take_openssl_error());
}

int length_of(std::string_view text) noexcept { return static_cast<int>(text.size()); }
const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Four bytes of a MAC under the key.
std::string key_label(const crypto::HiddenBytes<32>& key) {
  constexpr std::string_view kPurpose = "sallyport key label";
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  check(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(kPurpose), kPurpose.size(), mac.data(),
             &size) != nullptr);
  return std::string(kVersion) + to_hex(std::span(mac).first(4)) + ":";
}

/// Ready for the text: key, nonce, and as associated data the label and the record.
template <bool Sealing>
Cipher start(const crypto::HiddenBytes<32>& key, const std::uint8_t* nonce, std::string_view label,
             std::string_view record) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  int ignored = 0;
  check(cipher &&
        EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce, Sealing ? 1 : 0) == 1 &&
        EVP_CipherUpdate(cipher.get(), nullptr, &ignored, bytes_of(label), length_of(label)) == 1 &&
        EVP_CipherUpdate(cipher.get(), nullptr, &ignored, bytes_of(record), length_of(record)) == 1);
  return cipher;
}

}  // namespace

SealingKey::SealingKey(const std::string& path, MissingKey missing) {
  if (!name_is_taken(path)) {
    if (missing == MissingKey::kIsError) {
      throw SetupError("key file '" + path +
                       "' is missing, and without it the stored credentials cannot be read: expected its backup");
    }
    make(path);
  } else {
    const SecretString text = read_secret_file(path);
    std::string_view digits(text.data(), text.size());
    if (digits.ends_with('\n')) digits.remove_suffix(1);
    if (!read_hex(digits, {key_.data(), key_.size()})) {
      throw SetupError("'" + path + "' is no key file: expected 64 hex digits");
    }
  }
  label_ = key_label(key_);
}

void SealingKey::make(const std::string& path) {
  fill_random({key_.data(), key_.size()});
  SecretString text(2 * key_.size(), '0');
  write_hex({key_.data(), key_.size()}, text.data());
  text += '\n';
  write_file(path, {text.data(), text.size()}, kSecretMode, ExistingFile::kKept);
}

std::string SealingKey::seal(std::string_view record, std::string_view secret) const {
  if (secret.size() > kLongestSecret) {
    throw SetupError("the secret of " + std::string(record) + " is too long: expected at most " +
                     std::to_string(kLongestSecret) + " bytes");
  }
  // nonce | text | tag; 96 random bits are good for 2^32 secrets under one key (NIST SP 800-38D 8.3).
  std::vector<std::uint8_t> bytes(kNonceSize + secret.size() + kTagSize);
  fill_random(std::span(bytes).first(kNonceSize));
  const Cipher cipher = start<true>(key_, bytes.data(), label_, record);
  std::uint8_t* const text = bytes.data() + kNonceSize;
  int written = 0;
  check(EVP_CipherUpdate(cipher.get(), text, &written, bytes_of(secret), length_of(secret)) == 1);
  check(EVP_CipherFinal_ex(cipher.get(), text + written, &written) == 1);
  check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, text + secret.size()) == 1);
  return label_ + to_hex(bytes);
}

SecretValue SealingKey::open(std::string_view record, std::string_view sealed) const {
  const std::string whose = "the stored secret of " + std::string(record);
  if (!sealed.starts_with(label_)) {
    throw SetupError(whose + (sealed.starts_with(kVersion) ? " was sealed under another key file" : " is damaged"));
  }
  const std::string_view digits = sealed.substr(label_.size());
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  if (bytes.size() < kNonceSize + kTagSize || bytes.size() > kNonceSize + kLongestSecret + kTagSize ||
      !read_hex(digits, bytes)) {
    throw SetupError(whose + " is damaged");
  }
  const std::size_t size = bytes.size() - kNonceSize - kTagSize;
  const Cipher cipher = start<false>(key_, bytes.data(), label_, record);
  // Not an answer before the tag was checked.
  std::vector<unsigned char, WipingAllocator<unsigned char>> text(size + 1);
  unsigned char* const out = text.data();
  int written = 0;
  check(EVP_CipherUpdate(cipher.get(), out, &written, bytes.data() + kNonceSize, static_cast<int>(size)) == 1);
  check(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, bytes.data() + kNonceSize + size) == 1);
  if (EVP_CipherFinal_ex(cipher.get(), out + written, &written) != 1) {
    ERR_clear_error();
    throw SetupError(whose + " was changed or belongs to another record");
  }
  return SecretValue({reinterpret_cast<const char*>(out), size});
}

}  // namespace sallyport::controlplane
