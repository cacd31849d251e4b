// What new agreements do to a call's streams in a running worker that has no ports: what goes on, what comes back with
// all that its keys remember (requirements M4, M5; field case 13).
#include "controlplane/session/call_media.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"
#include "drivers/eal.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {

/// Once per process, by main().
const drivers::Eal& eal();

namespace {

using dataplane::RtcpMode;

const crypto::Suite& suite_80() { return *crypto::find_suite("AES_CM_128_HMAC_SHA1_80"); }

std::vector<crypto::MasterKeyEntry> keys_of(std::uint8_t number) {
  crypto::MasterKey key;
  std::fill_n(key.key.data(), suite_80().key_len, number);
  std::fill_n(key.salt.data(), suite_80().salt_len, static_cast<std::uint8_t>(number + 1));
  std::vector<crypto::MasterKeyEntry> keys;
  keys.push_back({std::move(key), {}, {}});
  return keys;
}

LegLine plain_line(std::uint16_t party_port) {
  LegLine line;
  line.kind = MediaKind::kAudio;
  line.active = true;
  line.remote = Endpoint{*drivers::IpAddress::parse("10.0.0.9"), party_port};
  line.direction = Direction::kSendRecv;
  return line;
}

/// `change`: of both keys, as negotiation says it.
LegLine secure_line(std::uint16_t party_port, KeyChange change, std::uint8_t send = 1, std::uint8_t receive = 2) {
  LegLine line = plain_line(party_port);
  line.srtp.suite = &suite_80();
  line.srtp.send = {keys_of(send), {}, change};
  line.srtp.receive = {keys_of(receive), {}, change};
  return line;
}

LegLine off_line() {
  LegLine line;
  line.kind = MediaKind::kAudio;
  return line;
}

LegMedia media_of(LegLine line) {
  LegMedia media;
  media.push_back(std::move(line));
  return media;
}

class CallMediaTest : public testing::Test {
 protected:
  CallMediaTest() {
    const drivers::IpAddress address = *drivers::IpAddress::parse("10.0.0.1");
    const drivers::PortRange range{20000, 20099};
    dataplane_ = std::make_unique<DataplaneClient>(
        DataplaneOptions{.cores = {drivers::available_cores().front()},
                         .max_streams = 64,
                         .make_engine = [](dataplane::WorkerId) { return std::make_unique<crypto::OpenSslEngine>(); },
                         .idle_polls = 1,
                         .idle_sleep = std::chrono::microseconds(50)},
        eal(), std::vector<DataplanePort>(), std::vector<dataplane::LocalAddress>{{address, range, 0}});
    gate_ = std::make_unique<MediaGate>(
        *dataplane_, engine_, std::vector<MediaPool>{{"test", {address}, range}}, [](auto&&...) { return nullptr; },
        std::chrono::milliseconds(0), std::chrono::seconds(0));
    DataplaneListener listener;
    listener.retired = [this](StreamHandle handle, std::unique_ptr<dataplane::Stream>& stream) {
      if (stream->tx != nullptr) {
        secure_retired_.push_back(stream.get());
        secure_rtcp_ = stream->rtcp;
      }
      gate_->retired(handle, stream);
    };
    listener.key_gone = [this](const crypto::Context* key) {
      ++keys_gone_;
      gate_->key_gone(key);
    };
    dataplane_->set_listener(std::move(listener));
    media_ = std::make_unique<CallMedia>(*gate_, 1, std::array<std::uint16_t, 2>{0, 0});
    media_->reserve({true});
    dataplane_->start();
  }

  /// An agreement: the first leg as given, the other one plain.
  void agree(LegLine line) {
    apply(media_of(std::move(line)), media_of(plain_line(31000)));
    settle();
  }
  void apply(const LegMedia& first, const LegMedia& second) { media_->apply(first, second, {}, 0); }
  /// Until the worker has done what it was told, and what that leads to.
  void settle() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
    while (std::chrono::steady_clock::now() < end) {
      dataplane_->poll();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::uint64_t installed() const { return dataplane_->worker(0).stats().streams.read(); }

  crypto::OpenSslEngine engine_;
  std::unique_ptr<DataplaneClient> dataplane_;
  std::unique_ptr<MediaGate> gate_;
  std::unique_ptr<CallMedia> media_;
  std::vector<const dataplane::Stream*> secure_retired_;  ///< in the order in which they left the worker
  RtcpMode secure_rtcp_ = RtcpMode::kOff;                 ///< of the last of them
  unsigned keys_gone_ = 0;
};

TEST_F(CallMediaTest, RtcpChangesUnderTheStreamThatIsThere) {
  agree(secure_line(30000, KeyChange::kNew));
  for (const RtcpMode mode : {RtcpMode::kMux, RtcpMode::kPair, RtcpMode::kMux}) {
    LegLine line = secure_line(30000, KeyChange::kKeep);
    line.rtcp = mode;
    agree(std::move(line));
    EXPECT_TRUE(secure_retired_.empty()) << "ROC, replay window and transmitted indices are this stream's";
    EXPECT_EQ(keys_gone_, 0U);
  }
  media_.reset();
  settle();
  ASSERT_EQ(secure_retired_.size(), 1U);
  EXPECT_EQ(secure_rtcp_, RtcpMode::kMux);
  EXPECT_EQ(keys_gone_, 2U);
  EXPECT_EQ(installed(), 0U);
}

/// By way of RTP and back, with the key that was there before.
TEST_F(CallMediaTest, KeysThatComeBackStillKnowWhatTheyWereUsedFor) {
  agree(secure_line(30000, KeyChange::kNew));
  agree(plain_line(30000));
  ASSERT_EQ(secure_retired_.size(), 1U);
  EXPECT_EQ(keys_gone_, 0U) << "kept with the call";
  agree(secure_line(30000, KeyChange::kNew, 1, 2));
  EXPECT_EQ(installed(), 2U);
  agree(plain_line(30000));
  ASSERT_EQ(secure_retired_.size(), 2U);
  EXPECT_EQ(secure_retired_[0], secure_retired_[1]) << "the same stream with the same keys";
  EXPECT_EQ(keys_gone_, 0U);
  agree(secure_line(30000, KeyChange::kNew, 5, 2));
  EXPECT_EQ(keys_gone_, 1U) << "our key is new, the party's stays";
  media_.reset();
  settle();
  EXPECT_EQ(keys_gone_, 3U);
}

/// Hold by port 0 (field case 8): the other leg's line stays agreed with its keys, and so does what they remember.
TEST_F(CallMediaTest, ALineThatIsOffKeepsTheKeysOfTheOtherLeg) {
  apply(media_of(plain_line(31000)), media_of(secure_line(30000, KeyChange::kNew)));
  settle();
  for (unsigned turn = 1; turn <= 20; ++turn) {
    apply(media_of(off_line()), media_of(secure_line(30000, KeyChange::kKeep)));
    settle();
    EXPECT_EQ(installed(), 0U);
    apply(media_of(plain_line(31000)), media_of(secure_line(30000, KeyChange::kKeep)));
    settle();
    EXPECT_EQ(installed(), 2U);
    ASSERT_EQ(secure_retired_.size(), turn);
    EXPECT_EQ(secure_retired_.front(), secure_retired_.back());
    EXPECT_EQ(keys_gone_, 0U);
  }
}

/// Nothing is made anew under a key whose past is still with the worker.
TEST_F(CallMediaTest, ALineIsRefusedBeforeItsKeysAreBack) {
  agree(secure_line(30000, KeyChange::kNew));
  apply(media_of(off_line()), media_of(off_line()));
  EXPECT_THROW(apply(media_of(secure_line(30000, KeyChange::kNew)), media_of(plain_line(31000))), SetupError);
  settle();
  EXPECT_NO_THROW(apply(media_of(secure_line(30000, KeyChange::kNew)), media_of(plain_line(31000))));
}

/// A party cannot take all ports of the gateway with one offer.
TEST_F(CallMediaTest, SoManyLinesAreServedAndNoMore) {
  media_->reserve(std::vector<bool>(64, true));
  const auto local = media_->local(0);
  ASSERT_EQ(local.size(), 64U);
  for (std::size_t i = 0; i < local.size(); ++i) EXPECT_EQ(local[i].has_value(), i < CallMedia::kMostLines) << i;
  const std::size_t free = gate_->ports().available(0, PortAllocator::Clock::now());
  EXPECT_EQ(free, 50 - 2 * CallMedia::kMostLines);
}

TEST_F(CallMediaTest, PortsOfLinesThatNobodyUsesAreGivenBack) {
  const auto taken = [this] { return 50 - gate_->ports().available(0, PortAllocator::Clock::now()); };
  media_->reserve({true, true, true});
  LegMedia first = media_of(plain_line(31000));
  LegMedia second = media_of(plain_line(31002));
  for (LegMedia* media : {&first, &second}) media->push_back(off_line());
  apply(first, second);
  EXPECT_EQ(taken(), 6U);
  media_->give_back_unused(first, second);
  EXPECT_EQ(taken(), 2U) << "declined, or not agreed on at all";
  // One leg's line off is a hold: the other one's description still says the port.
  const LegMedia off = media_of(off_line());
  apply(off, second);
  media_->give_back_unused(off, second);
  EXPECT_EQ(taken(), 2U);
  apply(off, off);
  media_->give_back_unused(off, off);
  EXPECT_EQ(taken(), 0U);
  media_->reserve({true});
  EXPECT_EQ(taken(), 2U);
  apply(first, second);
  settle();
  EXPECT_EQ(installed(), 2U);
}

TEST_F(CallMediaTest, ALegIsSilentWhereItIsToSend) {
  StreamHandle heard;
  LegMedia first = media_of(plain_line(31000));
  const LegMedia second = media_of(plain_line(31002));
  apply(first, second);
  for (std::uint32_t index = 0; index < 64; ++index) {
    for (std::uint32_t generation = 1; generation < 3; ++generation) {
      const StreamHandle handle{0, {index, generation}};
      if (media_->heard(handle, true) == std::size_t{0}) heard = handle;
    }
  }
  EXPECT_FALSE(media_->silent(0, first));
  EXPECT_EQ(media_->heard(heard, false), std::size_t{0});
  EXPECT_TRUE(media_->silent(0, first));
  EXPECT_FALSE(media_->silent(1, second));
  for (const Direction held : {Direction::kSendOnly, Direction::kInactive}) {
    first[0].direction = held;
    EXPECT_FALSE(media_->silent(0, first)) << "on hold";
  }
  first[0].direction = Direction::kRecvOnly;
  EXPECT_TRUE(media_->silent(0, first));
  EXPECT_EQ(media_->heard(heard, true), std::size_t{0});
  EXPECT_FALSE(media_->silent(0, first));
}

TEST_F(CallMediaTest, ACallThatEndsLeavesNothingThatIsAwaited) {
  agree(secure_line(30000, KeyChange::kNew));
  apply(media_of(off_line()), media_of(off_line()));
  media_.reset();
  settle();
  EXPECT_EQ(keys_gone_, 2U);
  EXPECT_EQ(installed(), 0U);
}

}  // namespace
}  // namespace sallyport::controlplane
