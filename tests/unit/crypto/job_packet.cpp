#include "tests/unit/crypto/job_packet.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>

namespace sallyport::crypto::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kUntouched = 0xa5;

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refuses");
}

const EVP_CIPHER* evp_cipher(const Suite& suite) {
  if (suite.cipher == Cipher::kAesGcm) return suite.key_len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  return suite.key_len == 32 ? EVP_aes_256_ctr() : suite.key_len == 24 ? EVP_aes_192_ctr() : EVP_aes_128_ctr();
}

/// Encrypts; with GCM the header is authenticated too and `tag` is filled.
Bytes encrypt(const Suite& suite, const SessionKeys& keys, const std::uint8_t* iv, const Bytes& header,
              const Bytes& text, Bytes& tag) {
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Bytes out(text.size() + 16);
  int length = 0;
  require(EVP_EncryptInit_ex(context.get(), evp_cipher(suite), nullptr, keys.encryption.data(), iv) == 1);
  if (suite.aead()) {
    require(EVP_EncryptUpdate(context.get(), nullptr, &length, header.data(), static_cast<int>(header.size())) == 1);
  }
  require(EVP_EncryptUpdate(context.get(), out.data(), &length, text.data(), static_cast<int>(text.size())) == 1);
  out.resize(static_cast<std::size_t>(length));
  Bytes rest(16);
  require(EVP_EncryptFinal_ex(context.get(), rest.data(), &length) == 1);
  if (suite.aead()) {
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()), tag.data()) == 1);
  }
  return out;
}

template <std::size_t N>
void fill(SecretBytes<N>& secret, std::mt19937& random) {
  for (std::size_t i = 0; i < N; ++i) secret.data()[i] = static_cast<std::uint8_t>(random());
}

Bytes random_bytes(std::size_t length, std::mt19937& random) {
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace

SessionKeys make_session_keys(const Suite&, std::uint32_t seed) {
  std::mt19937 random(seed);
  SessionKeys keys;
  fill(keys.encryption, random);
  fill(keys.authentication, random);
  fill(keys.salt, random);
  return keys;
}

JobPacket::JobPacket(const Suite& suite, const SessionKeys& keys, const JobShape& shape, std::uint32_t seed)
    : suite_(&suite), shape_(shape), expected_tag_(shape.tag) {
  std::mt19937 random(seed);
  header_ = random_bytes(shape.header, random);
  clear_ = random_bytes(shape.text, random);
  for (std::uint8_t& byte : iv_) byte = static_cast<std::uint8_t>(random());
  for (std::uint8_t& byte : trailer_) byte = static_cast<std::uint8_t>(random());
  iv_[14] = iv_[15] = 0;  // SRTP's counters begin at a multiple of 2^16 (RFC 3711 4.1.1)
  sealed_ =
      suite.encrypts() && shape.encrypted ? encrypt(suite, keys, iv_.data(), header_, clear_, expected_tag_) : clear_;
  if (suite.aead()) return;
  Bytes signed_part = header_;
  signed_part.insert(signed_part.end(), sealed_.begin(), sealed_.end());
  signed_part.insert(signed_part.end(), trailer_.begin(), trailer_.end());
  Bytes hash(20);
  unsigned length = 0;
  require(HMAC(EVP_sha1(), keys.authentication.data(), 20, signed_part.data(), signed_part.size(), hash.data(),
               &length) != nullptr);
  std::copy_n(hash.begin(), shape.tag, expected_tag_.begin());
}

Job JobPacket::common_job(const KeyRecord& keys, EngineKind engine) {
  Job job{};
  std::uint8_t* const packet = memory_.data() + kMargin;
  job.keys = &keys;
  job.auth = packet;
  job.auth_len = static_cast<std::uint16_t>(suite_->aead() ? shape_.header : shape_.header + shape_.text + 4);
  job.src = packet + shape_.header;
  job.dst = packet + shape_.header;
  job.text_len = static_cast<std::uint16_t>(shape_.text);
  job.tag_len = static_cast<std::uint8_t>(shape_.tag);
  job.cipher = shape_.encrypted ? suite_->cipher : Cipher::kNull;
  job.key_len = suite_->key_len;
  job.engine = engine;
  job.iv = iv_;
  return job;
}

Job JobPacket::seal_job(const KeyRecord& keys, EngineKind engine) {
  memory_.assign(2 * kMargin + shape_.header + shape_.text + std::max<std::size_t>(shape_.tag, 4), kUntouched);
  std::copy(header_.begin(), header_.end(), memory_.begin() + kMargin);
  aside_ = clear_;
  if (!shape_.aside) std::copy(clear_.begin(), clear_.end(), memory_.begin() + kMargin + shape_.header);
  std::uint8_t* const trailer = memory_.data() + kMargin + shape_.header + shape_.text;
  if (!suite_->aead()) std::copy(trailer_.begin(), trailer_.end(), trailer);
  Job job = common_job(keys, engine);
  if (shape_.aside) job.src = aside_.data();
  job.tag = trailer;
  return job;
}

Job JobPacket::open_job(const KeyRecord& keys, EngineKind engine) {
  memory_.assign(2 * kMargin + shape_.header + shape_.text + 4, kUntouched);
  std::copy(header_.begin(), header_.end(), memory_.begin() + kMargin);
  std::copy(sealed_.begin(), sealed_.end(), memory_.begin() + kMargin + shape_.header);
  aside_ = sealed_;
  if (!suite_->aead()) {
    std::copy(trailer_.begin(), trailer_.end(), memory_.begin() + kMargin + shape_.header + shape_.text);
  }
  std::copy(expected_tag_.begin(), expected_tag_.end(), tag_.begin());
  Job job = common_job(keys, engine);
  if (shape_.aside) job.dst = aside_.data();
  job.tag = tag_.data();
  return job;
}

bool JobPacket::is_sealed() const {
  const auto text = memory_.begin() + kMargin + shape_.header;
  return std::equal(sealed_.begin(), sealed_.end(), text) &&
         std::equal(expected_tag_.begin(), expected_tag_.end(), text + shape_.text);
}

bool JobPacket::is_open() const {
  const auto text = shape_.aside ? aside_.begin() : memory_.begin() + kMargin + shape_.header;
  return std::equal(clear_.begin(), clear_.end(), text);
}

bool JobPacket::is_intact() const {
  const auto untouched = [](std::uint8_t byte) { return byte == kUntouched; };
  return std::all_of(memory_.begin(), memory_.begin() + kMargin, untouched) &&
         std::all_of(memory_.end() - kMargin, memory_.end(), untouched) &&
         std::equal(header_.begin(), header_.end(), memory_.begin() + kMargin);
}

}  // namespace sallyport::crypto::test
