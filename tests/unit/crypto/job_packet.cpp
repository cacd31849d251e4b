#include "tests/unit/crypto/job_packet.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "tests/unit/crypto/job_reference.hpp"

namespace sallyport::crypto::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kUntouched = 0xa5;

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
    : suite_(&suite), shape_(shape) {
  std::mt19937 random(seed);
  header_ = random_bytes(shape.header, random);
  clear_ = random_bytes(shape.text, random);
  for (std::uint8_t& byte : iv_) byte = static_cast<std::uint8_t>(random());
  for (std::uint8_t& byte : trailer_) byte = static_cast<std::uint8_t>(random());
  iv_[14] = iv_[15] = 0;  // SRTP's counters begin at a multiple of 2^16 (RFC 3711 4.1.1)
  const Cipher cipher = shape.encrypted ? suite.cipher : Cipher::kNull;
  SealedText sealed = seal_by_openssl(suite, cipher, keys, iv_, header_, clear_, trailer_, shape.tag);
  sealed_ = std::move(sealed.text);
  expected_tag_ = std::move(sealed.tag);
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
