// Every engine against every other: bursts of 1 to 64 packets of mixed suites, keys, kinds and sizes, each packet hard
// against a guard page, sealed by one engine and opened by another.
#include <gtest/gtest.h>

#include <random>

#include "tests/cross/guarded_buffer.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto::test {
namespace {

/// The keys of one engine: per suite two streams.
class Keyring {
 public:
  explicit Keyring(Engine& engine) : engine_(&engine), workspace_(make_workspace()) {
    for (std::uint32_t i = 0; i < 2 * kSuites.size(); ++i) {
      contexts_.push_back(std::make_unique<Context>(engine, kSuites[i % kSuites.size()], make_master(i)));
    }
  }
  Engine& engine() { return *engine_; }
  Workspace& workspace() { return *workspace_; }
  Context& context(std::size_t i) { return *contexts_[i % contexts_.size()]; }
  std::size_t size() const { return contexts_.size(); }

 private:
  Engine* engine_;
  std::vector<std::unique_ptr<Context>> contexts_;
  WorkspacePtr workspace_;
};

struct Plan {
  PacketKind kind;
  std::size_t key;
  Bytes clear;
};

std::size_t random_size(std::mt19937& random) {
  constexpr std::size_t kSizes[] = {0, 1, 15, 16, 17, 20, 160, 160, 160, 1200, 1400};
  return random() % 2 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 1401;
}

std::vector<Plan> random_burst(std::mt19937& random, std::size_t packets, std::size_t keys, std::uint16_t& sequence) {
  std::vector<Plan> burst;
  for (std::size_t i = 0; i < packets; ++i) {
    const PacketKind kind = random() % 5 == 0 ? PacketKind::kRtcp : PacketKind::kRtp;
    const std::size_t size = random_size(random);
    const auto extras = static_cast<std::uint8_t>(random() % 3 == 0 ? random() % 4 : 0);
    Bytes clear = kind == PacketKind::kRtcp ? make_rtcp(5, size)
                                            : make_rtp({.ssrc = static_cast<std::uint32_t>(random() % 3),
                                                        .sequence = ++sequence,
                                                        .payload = size,
                                                        .csrcs = extras,
                                                        .extension_words = extras});
    burst.push_back({kind, random() % keys, std::move(clear)});
  }
  return burst;
}

/// The burst's packets in guarded memory: by turns their first byte behind a guard and their last before one.
class GuardedBurst {
 public:
  explicit GuardedBurst(std::size_t packets) { buffers_ = std::make_unique<GuardedBuffer[]>(packets); }

  SrtpPacket place(std::size_t i, PacketKind kind, const Bytes& content, std::size_t room, Context& context) {
    const auto memory = i % 2 == 0 ? buffers_[i].at_end(room) : buffers_[i].at_start(room);
    std::copy(content.begin(), content.end(), memory.begin());
    return describe(kind, memory.data(), content.size(), room, context);
  }

 private:
  std::unique_ptr<GuardedBuffer[]> buffers_;
};

std::vector<Bytes> seal(Keyring& keys, GuardedBurst& memory, const std::vector<Plan>& plan) {
  std::vector<SrtpPacket> burst;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    Context& context = keys.context(plan[i].key);
    const std::size_t room = plan[i].clear.size() + srtp_overhead(context.suite(), plan[i].kind);
    burst.push_back(memory.place(i, plan[i].kind, plan[i].clear, room, context));
  }
  protect(keys.engine(), keys.workspace(), burst);
  std::vector<Bytes> sealed;
  for (const SrtpPacket& packet : burst) {
    EXPECT_EQ(packet.verdict, Verdict::kOk);
    sealed.emplace_back(packet.data, packet.data + packet.length);
  }
  return sealed;
}

void open_and_compare(Keyring& keys, GuardedBurst& memory, const std::vector<Plan>& plan,
                      const std::vector<Bytes>& sealed) {
  std::vector<SrtpPacket> burst;
  for (std::size_t i = 0; i < plan.size(); ++i) {
    burst.push_back(memory.place(i, plan[i].kind, sealed[i], sealed[i].size(), keys.context(plan[i].key)));
  }
  unprotect(keys.engine(), keys.workspace(), burst);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    ASSERT_EQ(burst[i].verdict, Verdict::kOk) << i;
    ASSERT_EQ(Bytes(burst[i].data, burst[i].data + burst[i].length), plan[i].clear) << i;
  }
}

class EnginePairs : public testing::Test {
 protected:
  std::vector<NamedEngine> engines_ = all_engines();
};

TEST_F(EnginePairs, MixedBurstsOfEverySizeBetweenGuardPages) {
  for (const NamedEngine& sealer : engines_) {
    for (const NamedEngine& opener : engines_) {
      SCOPED_TRACE(sealer.name + " -> " + opener.name);
      std::mt19937 random(11);
      Keyring sealing(*sealer.engine);
      Keyring opening(*opener.engine);
      GuardedBurst memory(kMaxBurst);
      std::uint16_t sequence = 65000;  // wraps on the way
      for (std::size_t packets = 1; packets <= kMaxBurst; ++packets) {
        const std::vector<Plan> plan = random_burst(random, packets, sealing.size(), sequence);
        const std::vector<Bytes> sealed = seal(sealing, memory, plan);
        open_and_compare(opening, memory, plan, sealed);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_F(EnginePairs, AllEnginesMakeTheSameBytes) {
  std::mt19937 random(12);
  std::uint16_t sequence = 0;
  const std::vector<Plan> plan = random_burst(random, kMaxBurst, 2 * kSuites.size(), sequence);
  std::vector<Bytes> expected;
  for (const NamedEngine& named : engines_) {
    Keyring keys(*named.engine);
    GuardedBurst memory(kMaxBurst);
    const std::vector<Bytes> sealed = seal(keys, memory, plan);
    if (expected.empty()) expected = sealed;
    EXPECT_EQ(sealed, expected) << named.name;
  }
}

/// Only what is authentic is decrypted, whatever else is in the burst.
TEST_F(EnginePairs, ForgeriesAreSingledOut) {
  for (const NamedEngine& named : engines_) {
    SCOPED_TRACE(named.name);
    std::mt19937 random(13);
    Keyring sealing(*named.engine);
    Keyring opening(*named.engine);
    GuardedBurst memory(kMaxBurst);
    std::uint16_t sequence = 0;
    const std::vector<Plan> plan = random_burst(random, kMaxBurst, sealing.size(), sequence);
    std::vector<Bytes> sealed = seal(sealing, memory, plan);
    std::vector<SrtpPacket> burst;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      if (i % 3 == 0) sealed[i][2] ^= 1;
      burst.push_back(memory.place(i, plan[i].kind, sealed[i], sealed[i].size(), opening.context(plan[i].key)));
    }
    unprotect(opening.engine(), opening.workspace(), burst);
    for (std::size_t i = 0; i < plan.size(); ++i) {
      ASSERT_EQ(burst[i].verdict, i % 3 == 0 ? Verdict::kAuthFailed : Verdict::kOk) << i;
      if (i % 3 == 0) continue;
      ASSERT_EQ(Bytes(burst[i].data, burst[i].data + burst[i].length), plan[i].clear) << i;
    }
  }
}

/// Whatever arrives, nothing is opened, learned, or touched beyond the packet.
TEST_F(EnginePairs, GarbageIsRefused) {
  for (const NamedEngine& named : engines_) {
    SCOPED_TRACE(named.name);
    std::mt19937 random(14);
    Keyring keys(*named.engine);
    GuardedBurst memory(kMaxBurst);
    for (int round = 0; round < 100; ++round) {
      std::vector<SrtpPacket> burst;
      for (std::size_t i = 0; i < kMaxBurst; ++i) {
        Bytes garbage(1 + random() % (round % 2 == 0 ? 40 : 300));
        for (std::uint8_t& byte : garbage) byte = static_cast<std::uint8_t>(random());
        if (random() % 4 != 0) garbage[0] = static_cast<std::uint8_t>(0x80 | (garbage[0] & 0x3f));
        const PacketKind kind = random() % 2 == 0 ? PacketKind::kRtp : PacketKind::kRtcp;
        burst.push_back(memory.place(i, kind, garbage, garbage.size(), keys.context(random())));
        if (random() % 2 == 0) burst.back().fallback = &keys.context(random());
      }
      unprotect(keys.engine(), keys.workspace(), burst);
      for (const SrtpPacket& packet : burst) ASSERT_NE(packet.verdict, Verdict::kOk);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys.context(i).ssrcs().size(), 0U);
  }
}

/// A text need not be opened or sealed in place (shared prompts, scratch).
TEST_F(EnginePairs, SourceAndDestinationMayDiffer) {
  for (const NamedEngine& named : engines_) {
    SCOPED_TRACE(named.name);
    for (const Suite& suite : kSuites) {
      Keyring keys(*named.engine);
      Context context(*named.engine, suite, make_master(3));
      const Bytes header = make_rtp({.payload = 0});
      const Bytes clear = make_rtp({.sequence = 9, .payload = 148});
      Bytes packet = header;
      packet.resize(header.size() + clear.size() + 4);
      Job job{};
      job.keys = context.rtp_keys();
      std::array<std::uint8_t, 16> tag{};
      job.tag = tag.data();
      job.auth = suite.aead() ? header.data() : packet.data();
      job.auth_len = static_cast<std::uint16_t>(suite.aead() ? header.size() : packet.size());
      job.src = clear.data();
      job.dst = packet.data() + header.size();
      job.text_len = static_cast<std::uint16_t>(clear.size());
      job.tag_len = suite.rtp_tag_len;
      job.cipher = suite.cipher;
      job.key_len = suite.key_len;
      named.engine->seal({&job, 1});
      ASSERT_NE(Bytes(job.dst, job.dst + clear.size()), clear);

      Bytes opened(clear.size());
      job.src = job.dst;
      job.dst = opened.data();
      named.engine->open({&job, 1});
      EXPECT_TRUE(job.ok);
      EXPECT_EQ(opened, clear);
    }
  }
}

/// AES-256-CM is in no suite yet; the engines agree on it already.
TEST_F(EnginePairs, CounterModeWith256BitKeysMixesWith128) {
  constexpr Suite kCm256{"AES_256_CM_HMAC_SHA1_80", Cipher::kAesCm, 32, 14, 20, 10, 10};
  std::vector<Bytes> expected;
  for (const NamedEngine& named : engines_) {
    Context long_key(*named.engine, kCm256, make_master(1));
    Context short_key(*named.engine, kSuites[2], make_master(2));
    const WorkspacePtr workspace = make_workspace();
    std::vector<Bytes> packets;
    std::vector<SrtpPacket> burst;
    for (std::uint16_t i = 0; i < 40; ++i) packets.push_back(make_rtp({.sequence = i, .payload = i * 7U}));
    for (std::size_t i = 0; i < packets.size(); ++i) {
      const std::size_t length = packets[i].size();
      packets[i].resize(length + 10);
      burst.push_back(
          describe(PacketKind::kRtp, packets[i].data(), length, length + 10, i % 3 == 0 ? long_key : short_key));
    }
    protect(*named.engine, *workspace, burst);
    if (expected.empty()) expected = packets;
    EXPECT_EQ(packets, expected) << named.name;
  }
}

}  // namespace
}  // namespace sallyport::crypto::test
