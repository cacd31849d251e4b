// The lanes engine against OpenSSL, job by job: every suite, lengths around all edges and at random, mixed bursts, and
// memory that ends where a job's regions end.
#include "crypto/engines/lanes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "crypto/error.hpp"
#include "tests/cross/guarded_buffer.hpp"
#include "tests/unit/crypto/engine_job_checks.hpp"
#include "tests/unit/crypto/job_reference.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto::test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;

Bytes random_bytes(std::size_t length, Random& random) {
  Bytes bytes(length);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

SessionKeys random_keys(Random& random) {
  SessionKeys keys;
  const auto fill = [&](std::uint8_t* to, std::size_t n) { std::ranges::copy(random_bytes(n, random), to); };
  fill(keys.encryption.data(), 32);
  fill(keys.authentication.data(), 20);
  fill(keys.salt.data(), 14);
  return keys;
}

Bytes join(const Bytes& a, const Bytes& b, const Bytes& c) {
  Bytes all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

// Packets.

struct Shape {
  std::size_t header;
  std::size_t text;
  std::size_t tag;
  Cipher cipher;
  bool aside;
  bool at_end;  ///< of its memory, else at its start
};

/// header | text | trailer (HMAC suites) or tag, between guard pages; clear and sealed.
class GuardedPacket {
 public:
  GuardedPacket(Engine& engine, const Suite& suite, const Shape& shape, Random& random)
      : suite_(suite), shape_(shape), keys_(random_keys(random)), key_(engine, suite, keys_) {
    header_ = random_bytes(shape.header, random);
    clear_ = random_bytes(shape.text, random);
    iv_ = random_bytes(16, random);
    if (shape.cipher == Cipher::kAesCm) iv_[14] = iv_[15] = 0;  // RFC 3711 4.1.1
    if (!suite.aead()) trailer_ = random_bytes(4, random);
    sealed_ = seal_by_openssl(suite, shape.cipher, keys_, iv_, header_, clear_, trailer_, shape.tag);
  }

  Job seal_job() {
    const std::size_t behind = std::max(shape_.tag, trailer_.size());
    packet_ = place(memory_, join(header_, shape_.aside ? Bytes(shape_.text) : clear_, trailer_),
                    header_.size() + clear_.size() + behind);
    Job job = common_job();
    job.src = shape_.aside ? place(other_memory_, clear_, clear_.size()).data() : job.dst;
    job.tag = packet_.data() + header_.size() + clear_.size();
    return job;
  }
  bool is_sealed() const {
    const Bytes expected = join(header_, sealed_.text, sealed_.tag);
    return std::equal(expected.begin(), expected.end(), packet_.begin());
  }

  Job open_job() {
    packet_ = place(memory_, join(header_, sealed_.text, trailer_), header_.size() + clear_.size() + trailer_.size());
    Job job = common_job();
    if (shape_.aside) job.dst = place(other_memory_, {}, clear_.size()).data();
    result_ = job.dst;
    job.tag = place(tag_memory_, sealed_.tag, shape_.tag).data();
    return job;
  }
  bool is_open() const { return std::equal(clear_.begin(), clear_.end(), result_); }
  /// Still (or again) as open_job() laid it out.
  bool is_untouched() const { return std::equal(sealed_.text.begin(), sealed_.text.end(), result_); }

  const Shape& shape() const { return shape_; }
  std::string describe() const {
    return std::string(suite_.name) + " cipher " + std::to_string(static_cast<int>(shape_.cipher)) + " header " +
           std::to_string(shape_.header) + " text " + std::to_string(shape_.text) + " tag " +
           std::to_string(shape_.tag) + (shape_.aside ? " aside" : "") + (shape_.at_end ? " at end" : " at start");
  }

 private:
  std::span<std::uint8_t> place(GuardedBuffer& memory, const Bytes& bytes, std::size_t length) {
    const auto span = shape_.at_end ? memory.at_end(length) : memory.at_start(length);
    std::ranges::copy(bytes, span.begin());
    return span;
  }
  Job common_job() {
    Job job{};
    job.keys = &key_.record();
    job.auth = packet_.data();
    job.auth_len = static_cast<std::uint16_t>(header_.size() + (suite_.aead() ? 0 : clear_.size() + trailer_.size()));
    job.src = job.dst = packet_.data() + header_.size();
    job.text_len = static_cast<std::uint16_t>(clear_.size());
    job.tag_len = static_cast<std::uint8_t>(shape_.tag);
    job.cipher = shape_.cipher;
    job.engine = EngineKind::kLanes;
    job.key_len = suite_.key_len;
    std::ranges::copy(iv_, job.iv.begin());
    return job;
  }

  const Suite& suite_;
  Shape shape_;
  SessionKeys keys_;
  ExpandedKey key_;
  Bytes header_;
  Bytes clear_;
  Bytes iv_;
  Bytes trailer_;
  SealedText sealed_;
  GuardedBuffer memory_{1};
  GuardedBuffer other_memory_{1};
  GuardedBuffer tag_memory_{1};
  std::span<std::uint8_t> packet_;
  std::uint8_t* result_ = nullptr;
};

using Packets = std::vector<std::unique_ptr<GuardedPacket>>;

void check_burst(Engine& engine, Packets& packets) {
  std::vector<Job> jobs;
  for (auto& packet : packets) jobs.push_back(packet->seal_job());
  engine.seal(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ASSERT_TRUE(jobs[i].ok) << packets[i]->describe();
    ASSERT_TRUE(packets[i]->is_sealed()) << packets[i]->describe() << ", " << i << " of " << jobs.size();
  }
  jobs.clear();
  for (auto& packet : packets) jobs.push_back(packet->open_job());
  engine.open(jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ASSERT_TRUE(jobs[i].ok) << packets[i]->describe() << ", " << i << " of " << jobs.size();
    ASSERT_TRUE(packets[i]->is_open()) << packets[i]->describe() << ", " << i << " of " << jobs.size();
  }
}

class Lanes : public testing::Test {
 protected:
  void SetUp() override {
    if (!lanes_available()) GTEST_SKIP() << "this processor has not what the engine needs";
    engine_ = std::make_unique<LanesEngine>();
  }
  std::unique_ptr<LanesEngine> engine_;
};

Shape random_shape(const Suite& suite, std::size_t text, Random& random) {
  Shape shape{12, text, suite.rtp_tag_len, suite.cipher, random() % 4 == 0, random() % 2 == 0};
  if (random() % 2 == 0) shape.header = random() % 100;
  if (random() % 16 == 0) shape.header = random() % 1000;
  if (suite.aead()) return shape;
  if (random() % 8 == 0) shape.tag = 0;
  if (random() % 8 == 0) shape.tag = suite.rtcp_tag_len;
  if (random() % 8 == 0) shape.cipher = Cipher::kNull;
  if (shape.cipher == Cipher::kNull) shape.aside = false;
  return shape;
}

TEST_F(Lanes, EverySuiteIsServed) {
  for (const Suite& suite : kSuites) {
    EXPECT_TRUE(engine_->supports(suite)) << suite.name;
    EXPECT_EQ(engine_->kind_for(suite), EngineKind::kLanes);
  }
  Suite long_f8 = *find_suite("F8_128_HMAC_SHA1_80");
  long_f8.key_len = 32;
  EXPECT_FALSE(engine_->supports(long_f8));
  KeyRecord record{};
  EXPECT_THROW(engine_->expand(long_f8, SessionKeys{}, record), SetupError);
}

TEST_F(Lanes, EveryLengthOfTextInBurstsOfOneLength) {
  Random random(1);
  for (const Suite& suite : kSuites) {
    for (std::size_t text = 0; text <= 1500; text += text < 420 ? 1 : 37) {
      Packets packets;
      const std::size_t burst = 1 + random() % 6;
      for (std::size_t i = 0; i < burst; ++i) {
        packets.push_back(std::make_unique<GuardedPacket>(*engine_, suite, random_shape(suite, text, random), random));
      }
      ASSERT_NO_FATAL_FAILURE(check_burst(*engine_, packets));
    }
  }
}

TEST_F(Lanes, EveryLengthOfAdditionalData) {
  Random random(2);
  for (const Suite& suite : kSuites) {
    if (!suite.aead()) continue;
    for (std::size_t header = 0; header <= 300; ++header) {
      Packets packets;
      for (const std::size_t text : {std::size_t{0}, std::size_t{random() % 200}}) {
        const Shape shape{header, text, suite.rtp_tag_len, suite.cipher, false, random() % 2 == 0};
        packets.push_back(std::make_unique<GuardedPacket>(*engine_, suite, shape, random));
      }
      ASSERT_NO_FATAL_FAILURE(check_burst(*engine_, packets));
    }
  }
}

/// Counters go beyond 8 and 12 bits, which no packet of a usual network needs.
TEST_F(Lanes, TextsOfManyBlocks) {
  Random random(3);
  for (const Suite& suite : kSuites) {
    const SessionKeys keys = random_keys(random);
    const ExpandedKey key(*engine_, suite, keys);
    for (const std::size_t length : {4000, 4096, 9000, 65519}) {
      Bytes iv = random_bytes(16, random);
      iv[14] = iv[15] = 0;
      Bytes text = random_bytes(length, random);
      const Bytes expected = seal_by_openssl(suite, suite.cipher, keys, iv, {}, text, {}, suite.rtp_tag_len).text;
      Bytes tag(16);
      Job job{};
      job.keys = &key.record();
      job.auth = job.src = job.dst = text.data();
      job.text_len = static_cast<std::uint16_t>(length);
      job.tag = tag.data();
      job.tag_len = suite.aead() ? 16 : 0;
      job.cipher = suite.cipher;
      job.key_len = suite.key_len;
      std::ranges::copy(iv, job.iv.begin());
      engine_->seal({&job, 1});
      ASSERT_EQ(text, expected) << suite.name << " " << length;
    }
  }
}

class LanesBursts : public Lanes, public testing::WithParamInterface<std::size_t> {};

/// Every burst size, all suites and lengths in one burst.
TEST_P(LanesBursts, MixedSuitesAndLengths) {
  Random random(static_cast<unsigned>(100 + GetParam()));
  for (int round = 0; round < 6; ++round) {
    Packets packets;
    for (std::size_t i = 0; i < GetParam(); ++i) {
      const Suite& suite = kSuites[random() % kSuites.size()];
      const std::size_t text = random() % (round < 3 ? 300 : 1500);
      packets.push_back(std::make_unique<GuardedPacket>(*engine_, suite, random_shape(suite, text, random), random));
    }
    ASSERT_NO_FATAL_FAILURE(check_burst(*engine_, packets));
  }
}

TEST_P(LanesBursts, OneSuiteAndTwoLengths) {
  Random random(static_cast<unsigned>(200 + GetParam()));
  for (const Suite& suite : kSuites) {
    Packets packets;
    for (std::size_t i = 0; i < GetParam(); ++i) {
      const Shape shape{12, random() % 2 == 0 ? 160u : 60u, suite.rtp_tag_len, suite.cipher, false, true};
      packets.push_back(std::make_unique<GuardedPacket>(*engine_, suite, shape, random));
    }
    ASSERT_NO_FATAL_FAILURE(check_burst(*engine_, packets));
  }
}

INSTANTIATE_TEST_SUITE_P(UpTo64, LanesBursts, testing::Range(std::size_t{1}, kMaxBurst + 1));

/// Each bit of tag and text matters, and HMAC suites write nothing where the tag was wrong.
TEST_F(Lanes, EveryWrongBitIsNoticed) {
  Random random(4);
  for (const Suite& suite : kSuites) {
    const Shape shape{12, 21, suite.rtp_tag_len, suite.cipher, false, true};
    GuardedPacket packet(*engine_, suite, shape, random);
    const std::size_t bits = 8 * (shape.tag + shape.text);
    for (std::size_t bit = 0; bit < bits; ++bit) {
      Job job = packet.open_job();
      std::uint8_t* const byte = bit / 8 < shape.tag ? job.tag + bit / 8 : job.dst + (bit / 8 - shape.tag);
      const auto flip = static_cast<std::uint8_t>(1u << bit % 8);
      *byte ^= flip;
      engine_->open({&job, 1});
      EXPECT_FALSE(job.ok) << suite.name << " bit " << bit;
      if (suite.aead() || bit / 8 < shape.tag) continue;
      *byte ^= flip;
      EXPECT_TRUE(packet.is_untouched()) << suite.name << " bit " << bit;
    }
  }
}

struct KeystreamVector {
  std::string_view name;
  std::string_view suite;
  std::string_view key;
  std::string_view salt;
  std::string_view iv;
  std::string_view clear;
  std::string_view sealed;
};

constexpr KeystreamVector kVectors[] = {
    {"Rfc3711B2", "AES_CM_128_HMAC_SHA1_80", "2B7E151628AED2A6ABF7158809CF4F3C", "", "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000",
     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
     "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0"},
    {"Rfc3711B2Carry", "AES_CM_128_HMAC_SHA1_80", "2B7E151628AED2A6ABF7158809CF4F3C", "",
     "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF",
     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
     "EC8CDF7398607CB0F2D21675EA9EA1E4362B7C3C6773516318A077D7FC5073AE6A2CC3787889374FBEB4C81B17BA6C44"},
    {"Rfc3711B1", "F8_128_HMAC_SHA1_80", "234829008467be186c3de14aae72d62c", "32f2870d55555555555555555555",
     "006e5cba50681de55c621599d462564a",
     "70736575646f72616e646f6d6e65737320697320746865206e6578742062657374207468696e67",
     "019ce7a26e7854014a6366aa95d4eefd1ad4172a14f9faf455b7f1d4b62bd08f562c0eef7c4802"},
    {"Sp80038aF53Ctr192", "AES_192_CM_HMAC_SHA1_80", "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "",
     "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
     "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e94"},
    {"Sp80038aF55Ctr256", "AES_256_CM_HMAC_SHA1_80", "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
     "", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
     "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"},
};

class LanesVectors : public Lanes, public testing::WithParamInterface<KeystreamVector> {};

TEST_P(LanesVectors, Ciphertext) {
  const KeystreamVector& vector = GetParam();
  const Suite& suite = *find_suite(vector.suite);
  SessionKeys keys;
  std::ranges::copy(from_hex(vector.key), keys.encryption.data());
  std::ranges::copy(from_hex(vector.salt), keys.salt.data());
  const ExpandedKey key(*engine_, suite, keys);
  Bytes text = from_hex(vector.clear);
  Job job{};
  job.keys = &key.record();
  job.src = job.dst = text.data();
  job.text_len = static_cast<std::uint16_t>(text.size());
  job.cipher = suite.cipher;
  job.key_len = suite.key_len;
  std::ranges::copy(from_hex(vector.iv), job.iv.begin());
  engine_->seal({&job, 1});
  EXPECT_TRUE(job.ok);
  EXPECT_EQ(text, from_hex(vector.sealed));
}

INSTANTIATE_TEST_SUITE_P(Rfc, LanesVectors, testing::ValuesIn(kVectors),
                         [](const auto& test) { return std::string(test.param.name); });

/// RFC 7714 16.1.1 and 16.2.1.
TEST_F(Lanes, GcmOfRfc7714) {
  const Bytes header = from_hex("8040f17b8041f8d35501a0b2");
  const Bytes clear = from_hex("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  const Bytes iv = from_hex("51753c6580c2726f2071841400000000");
  const auto check = [&](std::string_view name, std::string_view sealed, std::string_view tag_hex) {
    const Suite& suite = *find_suite(name);
    SessionKeys keys;
    for (std::uint8_t i = 0; i < suite.key_len; ++i) keys.encryption.data()[i] = i;
    const ExpandedKey key(*engine_, suite, keys);
    Bytes text = clear;
    Bytes tag(16);
    Job job{};
    job.keys = &key.record();
    job.auth = header.data();
    job.auth_len = static_cast<std::uint16_t>(header.size());
    job.src = job.dst = text.data();
    job.text_len = static_cast<std::uint16_t>(text.size());
    job.tag = tag.data();
    job.tag_len = 16;
    job.cipher = suite.cipher;
    job.key_len = suite.key_len;
    std::ranges::copy(iv, job.iv.begin());
    engine_->seal({&job, 1});
    EXPECT_EQ(text, from_hex(sealed));
    EXPECT_EQ(tag, from_hex(tag_hex));
    engine_->open({&job, 1});
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(text, clear);
  };
  check("AEAD_AES_128_GCM", "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
        "899d7f27beb16a9152cf765ee4390cce");
  check("AEAD_AES_256_GCM", "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b",
        "7aa3db36dfffd6b0f9bb7878d7a76c13");
}

}  // namespace
}  // namespace sallyport::crypto::test
