// Every engine, in every form that this host has, with every suite: each payload length from 0 to 1500 as the model has
// it, and bursts of 1 to 64 packets of mixed suites, keys, kinds and sizes from every engine to every other. Each
// packet lies hard against a guard page, by turns at its end and at its start.
#include <gtest/gtest.h>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/fixed_traffic.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using crypto::kMaxBurst;
using crypto::test::engines_here;
using crypto::test::NamedEngine;
using crypto::test::suites_of;

constexpr std::size_t kLargest = 1500;

/// One packet of each size, in an order in which neighbours differ much; every third with CSRCs and an extension.
std::vector<Item> every_size(Kind kind) {
  std::vector<Item> items;
  for (std::size_t i = 0; i <= kLargest; ++i) {
    const std::size_t size = i * 1009 % (kLargest + 1);
    const std::size_t extras = i % 3 == 0 ? 1 + i % 4 : 0;
    const Shape shape{.sequence = static_cast<std::uint16_t>(i), .csrcs = extras, .extension_words = extras};
    items.push_back({0, kind, kind == Kind::kRtp ? fixed_rtp(shape, size) : fixed_rtcp(7, size)});
  }
  return items;
}

/// In bursts of up to 64, the first one of `first`.
template <class Pass>
std::vector<Outcome> in_bursts(const std::vector<Item>& items, std::size_t first, Pass pass) {
  std::vector<Outcome> outcomes;
  std::size_t count = first;
  for (std::size_t done = 0; done < items.size(); done += count, count = kMaxBurst) {
    count = std::min(count, items.size() - done);
    const auto begin = items.begin() + static_cast<std::ptrdiff_t>(done);
    for (Outcome& outcome : pass(std::vector<Item>(begin, begin + static_cast<std::ptrdiff_t>(count)))) {
      outcomes.push_back(std::move(outcome));
    }
  }
  return outcomes;
}

std::vector<Item> with_packets(std::vector<Item> items, const std::vector<Outcome>& outcomes) {
  for (std::size_t i = 0; i < items.size(); ++i) items[i].packet = outcomes[i].packet;
  return items;
}

class EverySize : public testing::TestWithParam<std::string> {
 protected:
  /// What goes in and what comes out, by the model.
  void check(Kind kind, std::size_t mki_len) {
    const Agreement agreement = fixed_agreement(GetParam(), 1, mki_len);
    const std::vector<Item> clear = every_size(kind);
    ModelSender model;
    model.set_keys(0, agreement, false);
    const std::vector<Item> sealed = with_packets(clear, model.protect(clear));
    for (const NamedEngine& named : engines_here()) {
      if (!named.engine->supports(*crypto::find_suite(GetParam()))) continue;
      SCOPED_TRACE(named.name);
      // So that each packet ends and begins at a guard page once.
      for (const std::size_t first : {kMaxBurst, kMaxBurst - 1}) check(*named.engine, agreement, clear, sealed, first);
    }
  }

 private:
  static void check(crypto::Engine& engine, const Agreement& agreement, const std::vector<Item>& clear,
                    const std::vector<Item>& sealed, std::size_t first) {
    ProductSender sender(engine);
    ProductReceiver receiver(engine);
    sender.set_keys(0, agreement, false);
    receiver.set_keys(0, agreement, false);
    const auto sent = in_bursts(clear, first, [&](const auto& burst) { return sender.protect(burst); });
    const auto received = in_bursts(sealed, first, [&](const auto& burst) { return receiver.unprotect(burst); });
    for (std::size_t i = 0; i < clear.size(); ++i) {
      ASSERT_TRUE(sent[i].accepted) << clear[i].packet.size();
      ASSERT_EQ(sent[i].packet, sealed[i].packet) << clear[i].packet.size();
      ASSERT_TRUE(received[i].accepted) << clear[i].packet.size();
      ASSERT_EQ(received[i].packet, clear[i].packet) << clear[i].packet.size();
    }
  }
};

TEST_P(EverySize, Rtp) { check(Kind::kRtp, 0); }
TEST_P(EverySize, Rtcp) { check(Kind::kRtcp, 0); }
TEST_P(EverySize, RtpWithMki) { check(Kind::kRtp, 4); }
TEST_P(EverySize, RtcpWithMki) { check(Kind::kRtcp, 4); }

std::vector<std::string> all_suites() { return suites_of({}); }

INSTANTIATE_TEST_SUITE_P(EverySuite, EverySize, testing::ValuesIn(all_suites()),
                         [](const auto& tested) { return tested.param; });

TEST(Engines, TheModelKnowsEverySuite) {
  EXPECT_EQ(model::suites().size(), crypto::kSuites.size());
  for (const crypto::Suite& suite : crypto::kSuites) {
    const model::Suite& known = model::suite_named(suite.name);
    EXPECT_EQ(known.key_len, suite.key_len) << suite.name;
    EXPECT_EQ(known.salt_len, suite.salt_len) << suite.name;
    EXPECT_EQ(known.rtp_tag_len, suite.rtp_tag_len) << suite.name;
    EXPECT_EQ(known.rtcp_tag_len, suite.rtcp_tag_len) << suite.name;
  }
}

TEST(Engines, EverySuiteIsServed) {
  for (const crypto::Suite& suite : crypto::kSuites) {
    std::size_t serving = 0;
    for (const NamedEngine& named : engines_here()) serving += named.engine->supports(suite) ? 1 : 0;
    EXPECT_GE(serving, 4U) << suite.name;  // OpenSSL, and IPsec-MB in three forms on a host with AVX-512
  }
}

/// A job on memory of its own: 12 bytes of header, `length` of text, the trailer, and the text's other place.
struct AsideJob {
  AsideJob(const crypto::Suite& suite, const crypto::KeyRecord& keys, crypto::EngineKind engine, std::size_t length)
      : packet(fixed_rtp({}, length + 4)), text(fixed_rtp({.sequence = 9}, length)) {
    opened.reserve(length + 1);  // so that it has an address where there is no text
    opened.resize(length);
    text.erase(text.begin(), text.begin() + 12);
    job.keys = &keys;
    job.auth = packet.data();
    job.auth_len = static_cast<std::uint16_t>(suite.aead() ? 12 : packet.size());
    job.src = text.data();
    job.dst = packet.data() + 12;
    job.tag = tag.data();
    job.text_len = static_cast<std::uint16_t>(length);
    job.tag_len = suite.rtp_tag_len;
    job.cipher = suite.cipher;
    job.engine = engine;
    job.key_len = suite.key_len;
    job.iv.fill(0x5a);
  }
  void turn() {
    job.src = packet.data() + 12;
    job.dst = opened.data();
  }

  crypto::Job job{};
  Bytes packet;
  Bytes text;
  Bytes opened;
  std::array<std::uint8_t, 16> tag{};
};

/// A text need not be sealed or opened in place (shared prompts, scratch). Where nothing is encrypted nothing is moved.
TEST(Engines, SourceAndDestinationMayDiffer) {
  for (const NamedEngine& named : engines_here()) {
    for (const crypto::Suite& suite : crypto::kSuites) {
      if (!suite.encrypts() || !named.engine->supports(suite)) continue;
      SCOPED_TRACE(named.name + " " + std::string(suite.name));
      crypto::SessionKeys keys;
      std::fill_n(keys.encryption.data(), suite.encryption_key_len(), 0x17);
      std::fill_n(keys.authentication.data(), suite.auth_key_len, 0x18);
      std::fill_n(keys.salt.data(), suite.salt_len, 0x19);
      crypto::KeyRecord record{};
      const crypto::KeyRelease release = named.engine->expand(suite, keys, record);
      std::vector<std::unique_ptr<AsideJob>> jobs;
      std::vector<crypto::Job> burst;
      for (std::size_t i = 0; i < kMaxBurst; ++i) {
        jobs.push_back(std::make_unique<AsideJob>(suite, record, named.engine->kind_for(suite), i * 23 % 400));
        burst.push_back(jobs.back()->job);
      }
      named.engine->seal(burst);
      for (std::size_t i = 0; i < kMaxBurst; ++i) {
        ASSERT_TRUE(burst[i].ok);
        jobs[i]->turn();
        burst[i].src = jobs[i]->job.src;
        burst[i].dst = jobs[i]->job.dst;
        burst[i].ok = false;
      }
      named.engine->open(burst);
      for (std::size_t i = 0; i < kMaxBurst; ++i) {
        EXPECT_TRUE(burst[i].ok) << i;
        EXPECT_EQ(jobs[i]->opened, jobs[i]->text) << i;
      }
      if (release != nullptr) release(record);
    }
  }
}

Bytes random_packet(Kind kind, std::uint16_t sequence, Random& random) {
  static const std::vector<std::size_t> kSizes{0, 1, 15, 16, 17, 20, 160, 160, 160, 1200, 1400};
  const std::size_t size = random.percent(50) ? random.one_of(kSizes) : random.below(kLargest + 1);
  if (kind == Kind::kRtcp) return fixed_rtcp(5, size);
  const std::size_t extras = random.percent(30) ? random.below(4) : 0;
  const auto ssrc = static_cast<std::uint32_t>(random.below(3));
  return fixed_rtp({.ssrc = ssrc, .sequence = sequence, .csrcs = extras, .extension_words = extras}, size);
}

/// Two streams per suite that both engines have.
std::vector<Agreement> mixed_agreements(const crypto::Engine* sealing, const crypto::Engine* opening) {
  std::vector<Agreement> agreements;
  for (const std::string& suite : suites_of({sealing, opening})) {
    for (const std::size_t mki_len : {0U, 3U}) agreements.push_back(fixed_agreement(suite, agreements.size(), mki_len));
  }
  return agreements;
}

TEST(Engines, MixedBurstsFromEachToEach) {
  for (const NamedEngine& sealing : engines_here()) {
    for (const NamedEngine& opening : engines_here()) {
      SCOPED_TRACE(sealing.name + " -> " + opening.name);
      ProductSender sender(*sealing.engine);
      ProductReceiver receiver(*opening.engine);
      const std::vector<Agreement> agreements = mixed_agreements(sealing.engine.get(), opening.engine.get());
      for (std::size_t i = 0; i < agreements.size(); ++i) {
        sender.set_keys(i, agreements[i], false);
        receiver.set_keys(i, agreements[i], false);
      }
      Random random(11);
      std::uint16_t sequence = 65000;  // wraps on the way
      for (std::size_t packets = 1; packets <= kMaxBurst; ++packets) {
        std::vector<Item> clear;
        for (std::size_t i = 0; i < packets; ++i) {
          const Kind kind = random.percent(20) ? Kind::kRtcp : Kind::kRtp;
          clear.push_back({random.below(agreements.size()), kind, random_packet(kind, ++sequence, random)});
        }
        const std::vector<Item> sealed = with_packets(clear, sender.protect(clear));
        const std::vector<Outcome> opened = receiver.unprotect(sealed);
        for (std::size_t i = 0; i < packets; ++i) {
          ASSERT_TRUE(opened[i].accepted) << packets << " " << i;
          ASSERT_EQ(opened[i].packet, clear[i].packet) << packets << " " << i;
        }
      }
    }
  }
}

/// Whatever arrives, nothing is opened, and nothing is touched beyond the packet.
TEST(Engines, GarbageIsRefused) {
  for (const NamedEngine& named : engines_here()) {
    SCOPED_TRACE(named.name);
    const std::vector<Agreement> agreements = mixed_agreements(named.engine.get(), named.engine.get());
    ProductReceiver receiver(*named.engine);
    for (std::size_t i = 0; i < agreements.size(); ++i) receiver.set_keys(i, agreements[i], false);
    // Every other stream in the grace time after a re-key.
    for (std::size_t i = 0; i < agreements.size(); i += 2) {
      receiver.set_keys(i, fixed_agreement(agreements[i].session.suite.name, 100 + i), true);
    }
    Random random(14);
    for (int round = 0; round < 100; ++round) {
      std::vector<Item> garbage;
      for (std::size_t i = 0; i < kMaxBurst; ++i) {
        Bytes packet = random.bytes(random.between(1, round % 2 == 0 ? 40 : 300));
        if (random.percent(75)) packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x3f));
        const Kind kind = random.percent(50) ? Kind::kRtp : Kind::kRtcp;
        garbage.push_back({random.below(agreements.size()), kind, std::move(packet)});
      }
      for (const Outcome& outcome : receiver.unprotect(garbage)) ASSERT_FALSE(outcome.accepted);
    }
  }
}

}  // namespace
}  // namespace sallyport::traffic
