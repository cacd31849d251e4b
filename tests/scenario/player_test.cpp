// Prompts that are played to legs (requirements M7, M8): what leaves, in which order with relayed media, under which
// keys; and players that come back.
#include <gtest/gtest.h>

#include <thread>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::Play;
using dataplane::Player;
using dataplane::PlayerRetired;
using dataplane::Prompt;
using dataplane::RemoveStream;
using dataplane::StopPlaying;

constexpr std::uint8_t kType = 0;
constexpr std::size_t kFrame = 160;

/// Each frame is full of its number.
std::shared_ptr<const Prompt> prompt(std::uint32_t frames) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> ends;
  for (std::uint32_t i = 0; i < frames; ++i) {
    bytes.insert(bytes.end(), kFrame, static_cast<std::uint8_t>(i));
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  return std::make_shared<const Prompt>("test", std::move(bytes), std::move(ends), 160);
}

std::vector<Bytes> clear(std::vector<Received> packets) {
  std::vector<Bytes> all;
  for (Received& packet : packets) all.push_back(std::move(packet.clear));
  return all;
}

class Playing : public testing::TestWithParam<std::string> {
 protected:
  Playing()
      : call_({.max_streams = 4},
              {GetParam().empty() ? plain_leg("west") : secure_leg("west", GetParam()), plain_leg("east")}) {}

  void play(std::uint32_t frames, bool loops, std::uint32_t ssrc = 0x1234) {
    auto player = std::make_unique<Player>();
    player->prompt = prompt(frames);
    player->stream = west();
    player->ssrc = ssrc;
    player->payload_type = kType;
    player->loops = loops;
    ASSERT_TRUE(call_.gateway().command(0, Play{std::move(player)}));
  }
  /// Lets time go by until so many packets came to west, a second at most.
  std::vector<Bytes> hear(std::size_t packets) {
    std::vector<Bytes> all;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (all.size() < packets && std::chrono::steady_clock::now() < end) {
      call_.gateway().pass();
      for (Bytes& packet : clear(call_.received("west"))) all.push_back(std::move(packet));
      for (auto& event : call_.gateway().events()) {
        if (auto* gone = std::get_if<PlayerRetired>(&event)) retired_.push_back(std::move(*gone));
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    EXPECT_TRUE(call_.gateway().balanced());
    return all;
  }
  dataplane::StreamId west() { return call_.gateway().sink_of("west").stream; }

  Call call_;
  std::vector<PlayerRetired> retired_;
};

TEST_P(Playing, FramesComeInOrderAndLoop) {
  play(3, true);
  const auto heard = hear(8);
  ASSERT_EQ(heard.size(), 8U);
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const std::uint8_t* rtp = heard[i].data();
    ASSERT_EQ(heard[i].size(), crypto::kRtpFixedHeader + kFrame);
    EXPECT_EQ(rtp[1], i == 0 ? 0x80 | kType : kType) << "the marker is on the first packet alone";
    EXPECT_EQ(rtp[12], i % 3) << i;
    EXPECT_EQ(crypto::rtp_ssrc(rtp), crypto::rtp_ssrc(heard[0].data()));
    if (i == 0) continue;
    const auto steps =
        static_cast<std::uint32_t>(crypto::rtp_timestamp(rtp) - crypto::rtp_timestamp(heard[i - 1].data()));
    EXPECT_EQ(steps % 160, 0U);
    EXPECT_EQ(crypto::rtp_sequence(rtp), static_cast<std::uint16_t>(crypto::rtp_sequence(heard[i - 1].data()) + 1));
  }
}

TEST_P(Playing, EndsOnce) {
  play(4, false);
  ASSERT_EQ(hear(5).size(), 4U) << "no fifth one came within a second";
  ASSERT_EQ(retired_.size(), 1U);
  EXPECT_TRUE(retired_.front().finished);
  EXPECT_EQ(retired_.front().player->prompt.use_count(), 1);
}

TEST_P(Playing, Stops) {
  play(4, true);
  ASSERT_EQ(hear(2).size(), 2U);
  ASSERT_TRUE(call_.gateway().command(0, StopPlaying{west()}));
  EXPECT_EQ(hear(1).size(), 0U);
  ASSERT_EQ(retired_.size(), 1U);
  EXPECT_FALSE(retired_.front().finished);
}

TEST_P(Playing, AnotherPromptGoesOnWithoutAGap) {
  play(50, true);
  const auto before = hear(3);
  play(50, true, 0x9999);
  const auto after = hear(3);
  ASSERT_EQ(retired_.size(), 1U);
  ASSERT_EQ(after.size(), 3U);
  EXPECT_EQ(after.front()[12], 0U) << "from its beginning";
  EXPECT_EQ(crypto::rtp_sequence(after.front().data()),
            static_cast<std::uint16_t>(crypto::rtp_sequence(before.back().data()) + 1));
  EXPECT_EQ(crypto::rtp_ssrc(after.front().data()), crypto::rtp_ssrc(before.back().data()));
}

TEST_P(Playing, LegThatIsRemovedGivesItsPlayerBack) {
  play(4, true);
  ASSERT_EQ(hear(2).size(), 2U);
  ASSERT_TRUE(call_.gateway().command(0, RemoveStream{west()}));
  hear(1);
  ASSERT_EQ(retired_.size(), 1U);
  play(4, true);
  hear(1);
  EXPECT_EQ(retired_.size(), 2U) << "a leg that is gone is not played to";
}

TEST_P(Playing, HoldAndResumeNeverUseAnIndexTwice) {
  std::map<std::uint32_t, std::uint32_t> highest;
  std::uint16_t sequence = 100;
  const auto look = [&](const std::vector<Bytes>& packets) {
    for (const Bytes& packet : packets) {
      const std::uint32_t ssrc = crypto::rtp_ssrc(packet.data());
      const std::uint32_t number = crypto::rtp_sequence(packet.data());
      EXPECT_TRUE(!highest.contains(ssrc) || number > highest[ssrc]) << "an index that was used";
      highest[ssrc] = number;
    }
  };
  for (int turn = 0; turn < 20; ++turn) {
    for (int i = 0; i < 3; ++i) call_.send("east", Rtp().ssrc(0x77).sequence(sequence++).bytes());
    look(clear(call_.received("west")));
    play(4, true, 0x1000U + static_cast<std::uint32_t>(turn));
    look(hear(2));
    ASSERT_TRUE(call_.gateway().command(0, StopPlaying{west()}));
    look(clear(call_.received("west")));
  }
}

INSTANTIATE_TEST_SUITE_P(Suites, Playing,
                         testing::Values("", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"),
                         [](const auto& suite) { return suite.param.empty() ? "Plain" : suite.param; });

}  // namespace
}  // namespace sallyport::scenario
