// Reloads through a running worker that has no ports: what stays, what moves with all that its keys remember, what is
// refused.
#include "controlplane/session/static_streams.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "config_fixture.hpp"
#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"
#include "drivers/eal.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {

/// Once per process, by main().
const drivers::Eal& eal();

namespace {

const std::string kOtherKey = "HBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQAA";

/// An SRTP stream on side b. `more`: lines that come behind.
std::string srtp_stream(const std::string& name, unsigned port, const std::string& send, const std::string& receive,
                        const std::string& more = "") {
  const std::string number = std::to_string(port);
  return "[stream." + name + "]\na.local = 10.0.0.1:" + number +
         "\na.remote = 10.0.0.9:30000\nb.local = 10.0.1.1:" + number +
         "\nb.remote = 10.0.1.9:30000\nb.suite = AES_CM_128_HMAC_SHA1_80\nb.send_key = " + send +
         "\nb.receive_key = " + receive + "\n" + more;
}

class StaticStreamsTest : public testing::Test {
 protected:
  StaticStreamsTest() {
    const Config config = load("");
    for (const PortConfig& port : config.ports) {
      addresses_.push_back({port.options.addresses.front().address, port.options.media_ports, 0});
    }
    dataplane_ = std::make_unique<DataplaneClient>(
        DataplaneOptions{.cores = {drivers::available_cores().front()},
                         .max_streams = 64,
                         .make_engine = [](dataplane::WorkerId) { return std::make_unique<crypto::OpenSslEngine>(); },
                         .idle_polls = 1,
                         .idle_sleep = std::chrono::microseconds(50)},
        eal(), std::vector<DataplanePort>(), addresses_);
    streams_ = std::make_unique<StaticStreams>(*dataplane_, engine_, [](auto&&...) { return NextHopWatch(); });
    DataplaneListener listener;
    listener.refused = [this](StreamHandle handle) { streams_->refused(handle); };
    listener.retired = [this](auto&&... told) { streams_->retired(told...); };
    listener.key_gone = [this](const crypto::Context* key) { streams_->key_gone(key); };
    dataplane_->set_listener(std::move(listener));
  }

  Config load(const std::string& streams) const {
    const std::string ports(kSoundConfig.substr(0, kSoundConfig.find("[stream.one]")));
    return load_config(folder_.write("a.conf", ports + streams), {});
  }
  StreamChanges reload(const std::string& streams) { return streams_->apply(load(streams).streams); }
  /// The error's text, empty where there was none.
  std::string refusal(const std::string& streams) {
    try {
      reload(streams);
      return "";
    } catch (const SetupError& error) {
      return error.what();
    }
  }
  /// Until the worker has done what it was told, and what that leads to.
  void settle() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
    while (std::chrono::steady_clock::now() < end) {
      dataplane_->poll();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::uint64_t installed() const { return dataplane_->worker(0).stats().streams.read(); }
  const StaticStream& stream(std::size_t index = 0) const { return *std::next(streams_->all().begin(), index); }

  const TemporaryFolder folder_;
  std::vector<dataplane::LocalAddress> addresses_;
  crypto::OpenSslEngine engine_;
  std::unique_ptr<DataplaneClient> dataplane_;
  std::unique_ptr<StaticStreams> streams_;
};

TEST_F(StaticStreamsTest, AnotherRemoteIsTakenInPlace) {
  dataplane_->start();
  reload(srtp_stream("one", 20000, kKey1, kKey2));
  const StreamSide before = stream().b;
  std::string moved = srtp_stream("one", 20000, kKey1, kKey2);
  moved.replace(moved.find("10.0.1.9:30000"), 14, "10.0.1.9:30004");
  const StreamChanges changes = reload(moved);
  EXPECT_EQ(changes.kept, 1U);
  EXPECT_EQ(changes.adjusted, 1U);
  EXPECT_EQ(stream().b.handle, before.handle);
  settle();
  EXPECT_EQ(stream().b.view, before.view);
  EXPECT_EQ(stream().b.view->remote.port, 30004);
}

TEST_F(StaticStreamsTest, AMovedStreamTakesItsKeysAndClockAlong) {
  dataplane_->start();
  reload(srtp_stream("one", 20000, kKey1, kKey2));
  settle();
  const StreamSide before = stream().b;
  for (const unsigned port : {20004U, 20002U, 20000U}) {
    EXPECT_EQ(reload(srtp_stream("one", port, kKey1, kKey2)).replaced, 1U);
    settle();
    EXPECT_EQ(installed(), 2U);
    EXPECT_EQ(stream().b.view, before.view) << "the same object with all that it knows";
    EXPECT_EQ(stream().b.view->local_port, port);
    EXPECT_EQ(stream().b.sending.name, before.sending.name);
    EXPECT_EQ(stream().b.receiving.name, before.receiving.name);
    EXPECT_FALSE(stream().b.handle == before.handle);
    EXPECT_EQ(stream().b.view->id, stream().b.handle.stream);
    EXPECT_EQ(stream().b.view->sink.stream, stream().a.handle.stream);
    EXPECT_EQ(stream().a.view->sink.stream, stream().b.handle.stream);
  }
}

TEST_F(StaticStreamsTest, StreamsTakeEachOthersPorts) {
  dataplane_->start();
  reload(srtp_stream("one", 20000, kKey1, kKey2) + srtp_stream("two", 20004, kKey3, kOtherKey));
  const dataplane::Stream* const one = stream(0).b.view;
  const dataplane::Stream* const two = stream(1).b.view;
  reload(srtp_stream("one", 20004, kKey1, kKey2) + srtp_stream("two", 20000, kKey3, kOtherKey));
  settle();
  EXPECT_EQ(installed(), 4U);
  EXPECT_EQ(stream(0).b.view, one);
  EXPECT_EQ(stream(1).b.view, two);
  EXPECT_EQ(one->local_port, 20004);
  EXPECT_EQ(two->local_port, 20000);
}

TEST_F(StaticStreamsTest, AMovedStreamMayHaveAnotherKey) {
  dataplane_->start();
  reload(srtp_stream("one", 20000, kKey1, kKey2));
  const StreamSide before = stream().b;
  reload(srtp_stream("one", 20004, kKey1, kKey3));
  settle();
  EXPECT_EQ(stream().b.view, before.view);
  EXPECT_EQ(stream().b.view->tx.get(), before.sending.name);
  EXPECT_EQ(stream().b.view->rx_previous.get(), before.receiving.name) << "in its grace time";
  EXPECT_EQ(stream().b.view->rx.get(), stream().b.receiving.name);
  EXPECT_FALSE(refusal(srtp_stream("one", 20004, kKey1, kKey2)).empty());
}

TEST_F(StaticStreamsTest, OnlyNewKeysGoToAnotherSuite) {
  dataplane_->start();
  reload(srtp_stream("one", 20000, kKey1, kKey2));
  const std::string kdr = "b.session_parameters = KDR=16\n";
  const std::string along =
      "is or has a key that this gateway has used before, expected one that is new, at both ends, along with another "
      "suite, session parameters, replay window or accept_unencrypted_srtcp: ";
  EXPECT_EQ(refusal(srtp_stream("one", 20000, kKey1, kKey2, kdr)),
            "stream one: b.send_key " + along + "its keystream would be used again");
  EXPECT_EQ(refusal(srtp_stream("one", 20000, kKey3, kKey2, kdr)),
            "stream one: b.receive_key " + along + "its old packets would be accepted again");
  const dataplane::Stream* const plain = stream().a.view;
  EXPECT_EQ(reload(srtp_stream("one", 20000, kKey3, kOtherKey, kdr)).replaced, 1U);
  settle();
  EXPECT_EQ(installed(), 2U);
  EXPECT_EQ(stream().a.view, plain) << "the other side is the same";
  EXPECT_EQ(stream().b.view->rx->parameters().key_derivation_rate, 16);
}

TEST_F(StaticStreamsTest, KeysDoNotComeBack) {
  dataplane_->start();
  const std::string one = srtp_stream("one", 20000, kKey1, kKey2);
  reload(one);
  EXPECT_EQ(refusal(srtp_stream("other", 20000, kKey1, kKey2)),
            "stream other: b.send_key is or has a key that this gateway has used before, expected one that is new, at "
            "both ends: its keystream would be used again");
  EXPECT_FALSE(refusal(srtp_stream("one", 20000, kKey2, kKey1)).empty()) << "the other way round";
  EXPECT_FALSE(refusal(one + srtp_stream("two", 20004, kKey3, kKey2)).empty()) << "beside itself";
  EXPECT_EQ(reload(one).kept, 1U) << "where it is it stays";
  EXPECT_EQ(reload("").removed, 1U);
  EXPECT_FALSE(refusal(one).empty());
  EXPECT_EQ(reload(srtp_stream("one", 20000, kKey3, kOtherKey)).added, 1U);
}

/// What a key asked for before it left its worker is answered where it goes: it does not ask again.
TEST_F(StaticStreamsTest, QuestionsOfMovingKeysAreAnswered) {
  const std::string kdr = "b.session_parameters = KDR=16\n";
  reload(srtp_stream("one", 20000, kKey1, kKey2, kdr));
  reload(srtp_stream("one", 20004, kKey1, kKey2, kdr));
  constexpr std::uint64_t kEpoch = 3;
  streams_->epoch_due(stream().b.handle, {.stream = stream().b.handle.stream,
                                          .context = stream().b.sending.name,
                                          .kind = crypto::PacketKind::kRtp,
                                          .epoch = kEpoch,
                                          .claimed = false});
  EXPECT_EQ(stream().b.view->tx->special_key(crypto::PacketKind::kRtp, 0, kEpoch << 16), nullptr);
  dataplane_->start();
  settle();
  EXPECT_EQ(stream().b.view->local_port, 20004);
  EXPECT_NE(stream().b.view->tx->special_key(crypto::PacketKind::kRtp, 0, kEpoch << 16), nullptr);
}

TEST_F(StaticStreamsTest, AReloadWaitsForWhatMoves) {
  reload(srtp_stream("one", 20000, kKey1, kKey2));
  reload(srtp_stream("one", 20004, kKey1, kKey2));  // nobody works yet: the stream does not come back
  EXPECT_EQ(refusal(srtp_stream("one", 20008, kKey1, kKey2)),
            "stream one: its worker has not given it back yet since the reload before, reload again");
  dataplane_->start();
  EXPECT_EQ(refusal(srtp_stream("one", 20008, kKey1, kKey2)), "");
  settle();
  EXPECT_EQ(stream().b.view->local_port, 20008);
}

}  // namespace
}  // namespace sallyport::controlplane
