// What a crypto device may still be using stays, and no more than that.
#include "dataplane/quarantine.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "dataplane/parking.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::Context;
using crypto::ContextOptions;
using crypto::EpochKey;
using crypto::PacketKind;

constexpr std::size_t kJobs = 4;

class QuarantineTest : public testing::Test {
 protected:
  std::unique_ptr<Context> make_context(const ContextOptions& options = {}) {
    return std::make_unique<Context>(*engine_, suite_, master_, options);
  }
  std::unique_ptr<EpochKey> make_epoch(std::uint64_t epoch) {
    return std::make_unique<EpochKey>(*engine_, suite_, master_, PacketKind::kRtp, epoch);
  }

  /// A packet of that sequence number whose job was begun under `context`.
  ParkedPacket& begin(Context& context, std::uint16_t sequence = 1) {
    ParkedPacket& parked = parked_.emplace_back();
    auto& bytes = bytes_.emplace_back();
    bytes = {0x80, 0, static_cast<std::uint8_t>(sequence >> 8), static_cast<std::uint8_t>(sequence)};
    crypto::SrtpPacket& packet = parked.pending.packet();
    packet = {};
    packet.context = &context;
    packet.data = bytes.data();
    packet.length = 60;
    packet.header_len = 12;
    packet.room = static_cast<std::uint16_t>(bytes.size());
    packet.kind = PacketKind::kRtp;
    EXPECT_TRUE(parked.pending.begin_unprotect());
    return parked;
  }
  bool keeps(Event&& event) {
    const bool kept = quarantine_.keep(event);
    EXPECT_EQ(kept, std::holds_alternative<std::monostate>(event));
    return kept;
  }
  /// The events that may go.
  std::vector<Event> freed() {
    std::vector<Event> events;
    for (Event event; quarantine_.take_free(event);) events.push_back(std::move(event));
    EXPECT_FALSE(quarantine_.has_free());
    return events;
  }

  const crypto::Suite& suite_ = *crypto::find_suite("AES_CM_128_HMAC_SHA1_80");
  crypto::MasterKey master_;
  std::unique_ptr<crypto::Engine> engine_ = crypto::make_engine(crypto::EngineKind::kOpenSsl);
  std::deque<ParkedPacket> parked_;
  std::deque<std::array<std::uint8_t, 80>> bytes_;
  Quarantine quarantine_{kJobs};
};

TEST_F(QuarantineTest, KeepsAKeyUntilItsLastJobIsBack) {
  auto used = make_context();
  ParkedPacket& first = begin(*used);
  ParkedPacket& second = begin(*used, 2);
  quarantine_.enter(first);
  quarantine_.enter(second);
  EXPECT_EQ(quarantine_.size(), 2U);
  EXPECT_FALSE(keeps(ContextRetired{make_context()})) << "no job has anything of it";
  EXPECT_TRUE(keeps(ContextRetired{std::move(used)}));
  quarantine_.leave(first);
  EXPECT_TRUE(freed().empty());
  quarantine_.leave(second);
  EXPECT_EQ(freed().size(), 1U);
  EXPECT_EQ(quarantine_.size(), 0U);
}

TEST_F(QuarantineTest, KeepsAStreamWithAnyOfItsKeys) {
  for (const auto key : {&Stream::rx, &Stream::rx_previous, &Stream::tx}) {
    auto stream = std::make_unique<Stream>();
    stream.get()->*key = make_context();
    ParkedPacket& parked = begin(*(stream.get()->*key));
    quarantine_.enter(parked);
    EXPECT_FALSE(keeps(StreamRetired{std::make_unique<Stream>(), false}));
    EXPECT_TRUE(keeps(StreamRetired{std::move(stream), false}));
    quarantine_.leave(parked);
    EXPECT_EQ(freed().size(), 1U);
  }
}

TEST_F(QuarantineTest, KnowsWhichOfTwoKeysAJobIsUnder) {
  auto newer = make_context();
  auto previous = make_context();
  ParkedPacket& parked = begin(*newer);
  parked.pending.packet().fallback = previous.get();
  parked.pending.job().ok = false;
  ASSERT_TRUE(parked.pending.continue_unprotect());
  quarantine_.enter(parked);
  EXPECT_FALSE(keeps(ContextRetired{std::move(newer)}));
  EXPECT_TRUE(keeps(ContextRetired{std::move(previous)}));
  quarantine_.leave(parked);
}

/// Keys of epochs are retired by themselves; their context need not stay for them.
TEST_F(QuarantineTest, KeepsTheKeysOfAnEpochByThemselves) {
  auto context = make_context({.parameters = {.key_derivation_rate = 8}});
  ParkedPacket& parked = begin(*context);
  quarantine_.enter(parked);
  auto other = context->install(make_epoch(1));
  ASSERT_NE(other, nullptr);
  EXPECT_FALSE(keeps(EpochKeyRetired{std::move(other)}));
  auto used = context->install(make_epoch(0));
  ASSERT_NE(used, nullptr);
  EXPECT_TRUE(keeps(EpochKeyRetired{std::move(used)}));
  EXPECT_FALSE(keeps(ContextRetired{std::move(context)}));
  quarantine_.leave(parked);
  const std::vector<Event> events = freed();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<EpochKeyRetired>(events[0]));
}

/// A place for each job is enough, whatever comes and goes.
TEST_F(QuarantineTest, IsNeverFuller) {
  for (int turn = 0; turn < 3; ++turn) {
    std::vector<ParkedPacket*> packets;
    for (std::size_t i = 0; i < kJobs; ++i) {
      auto context = make_context();
      packets.push_back(&begin(*context));
      quarantine_.enter(*packets.back());
      EXPECT_TRUE(keeps(ContextRetired{std::move(context)}));
    }
    for (const std::size_t i : {2U, 0U, 3U, 1U}) {
      quarantine_.leave(*packets[i]);
      EXPECT_EQ(freed().size(), 1U);
    }
  }
}

}  // namespace
}  // namespace sallyport::dataplane
