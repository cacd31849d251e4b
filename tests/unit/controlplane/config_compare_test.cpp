// What a reload may change, and what it must not.
#include "controlplane/config_compare.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "config_fixture.hpp"

namespace sallyport::controlplane {
namespace {

const std::string kSrtp =
    std::string("a.suite = AES_CM_128_HMAC_SHA1_80\na.send_key = ") + kKey1 + "\na.receive_key = " + kKey2 + "\n";

class ConfigCompare : public testing::Test {
 protected:
  Config load(const std::string& text, const std::vector<std::string>& overrides = {}) const {
    return load_config(folder_.write("a.conf", text), overrides);
  }
  const TemporaryFolder folder_;
  const std::string text_ = std::string(kSoundConfig) + kSrtp;
};

TEST_F(ConfigCompare, TheSameIsTheSame) {
  const Config a = load(text_);
  const Config b = load(text_);
  EXPECT_TRUE(restart_only_changes(a, b).empty());
  EXPECT_TRUE(same_place(a.streams[0], b.streams[0]));
  EXPECT_TRUE(same_keys(a.streams[0], b.streams[0]));
}

TEST_F(ConfigCompare, NamesWhatNeedsARestart) {
  const Config running = load(text_);
  const std::pair<const char*, const char*> rows[] = {
      {"workers.idle_polls=7", "workers.idle_polls"},
      {"workers.idle_sleep_us=7", "workers.idle_sleep_us"},
      {"memory.huge_pages=never", "memory.huge_pages"},
      {"memory.size_mb=513", "memory.size_mb"},
      {"memory.mbufs=20000", "memory.mbufs"},
      {"memory.max_streams=10", "memory.max_streams"},
      {"crypto.engine=openssl", "crypto.engine"},
      {"crypto.engine.AEAD_AES_256_GCM=openssl", "crypto.engine.AEAD_AES_256_GCM"},
      {"control.socket=/tmp/x.sock", "control.socket"},
      {"port.in.device=ring:other", "port.in.device"},
      {"port.in.address=10.0.0.1/25", "port.in.address"},
      {"port.in.media_ports=20000-20010", "port.in.media_ports"},
      {"port.in.neighbour=10.0.0.9 02:00:00:00:00:aa", "port.in.neighbour"},
      {"port.out.mac=02:00:00:00:00:aa", "port.out.mac"},
      {"port.out.gateway=10.0.1.9", "port.out.gateway"},
      {"port.out.descriptors=512", "port.out.descriptors"},
      {"port.out.udp_checksum=no", "port.out.udp_checksum"},
  };
  for (const auto& [setting, name] : rows) {
    EXPECT_EQ(restart_only_changes(running, load(text_, {setting})), std::vector<std::string>{name}) << setting;
  }
}

TEST_F(ConfigCompare, NamesPortsThatComeAndGo) {
  const Config two = load(text_);
  const Config three = load(text_, {"port.x.device=ring:x", "port.x.address=10.9.0.1/24"});
  EXPECT_EQ(restart_only_changes(two, three), std::vector<std::string>{"port.x (added)"});
  EXPECT_EQ(restart_only_changes(three, two), std::vector<std::string>{"port.x (removed)"});
}

TEST_F(ConfigCompare, StreamsAndLogLevelMayChange) {
  const Config running = load(text_);
  EXPECT_TRUE(restart_only_changes(running, load(text_, {"log.level=debug", "stream.one.a.dscp=46"})).empty());
}

TEST_F(ConfigCompare, TellsARekeyFromAnotherPlace) {
  const Config running = load(text_);
  std::string rekeyed_text = text_;
  rekeyed_text.replace(rekeyed_text.find(kKey1), 40, kKey3);
  const Config rekeyed = load(rekeyed_text);
  EXPECT_TRUE(same_place(running.streams[0], rekeyed.streams[0]));
  EXPECT_FALSE(same_keys(running.streams[0], rekeyed.streams[0]));
  EXPECT_TRUE(same_keys(running.streams[0].b, rekeyed.streams[0].b));
  for (const char* setting : {"stream.one.a.local=10.0.0.1:20004", "stream.one.b.local=10.0.1.1:20004",
                              "stream.one.a.suite=AES_CM_128_HMAC_SHA1_32", "stream.one.a.rtcp=mux",
                              "stream.one.b.ssrc=0x1", "stream.one.a.session_parameters=KDR=8",
                              "stream.one.a.replay_window=256", "stream.one.a.accept_unencrypted_srtcp=yes"}) {
    EXPECT_FALSE(same_place(running.streams[0], load(text_, {setting}).streams[0])) << setting;
  }
}

TEST_F(ConfigCompare, TellsWhereKeysCanGoOn) {
  const Config running = load(text_);
  for (const auto& [setting, same] : {std::pair{"stream.one.a.local=10.0.0.1:20004", true},
                                      {"stream.one.a.rtcp=mux", true},
                                      {"stream.one.b.ssrc=0x1", true},
                                      {"stream.one.a.suite=AES_CM_128_HMAC_SHA1_32", false},
                                      {"stream.one.a.session_parameters=KDR=8", false},
                                      {"stream.one.a.replay_window=256", false}}) {
    EXPECT_EQ(same_srtp(running.streams[0].a, load(text_, {setting}).streams[0].a), same) << setting;
  }
}

TEST_F(ConfigCompare, TellsKeysByLifetimeAndMkiToo) {
  std::string with_mki = text_;
  with_mki.replace(with_mki.find(kKey1), 40, std::string(kKey1) + "|2^20|1:1");
  const Config running = load(with_mki);
  EXPECT_TRUE(same_keys(running.streams[0], load(with_mki).streams[0]));
  for (const char* other : {"|2^21|1:1", "|2^20|2:1", "|2^20|1:2", "|2^20", "|1:1", ""}) {
    std::string text = text_;
    text.replace(text.find(kKey1), 40, std::string(kKey1) + other);
    EXPECT_FALSE(same_keys(running.streams[0], load(text).streams[0])) << other;
  }
}

TEST_F(ConfigCompare, TellsOtherSettingsFromAnotherPlace) {
  const Config running = load(text_);
  EXPECT_TRUE(same_settings(running.streams[0], load(text_).streams[0]));
  for (const char* setting :
       {"stream.one.a.remote=10.0.0.9:30004", "stream.one.a.dscp=46", "stream.one.b.source_check=off",
        "stream.one.clock_rate=16000", "stream.one.media_timeout=1", "stream.one.rekey_grace_ms=1",
        "stream.one.a.receive_roc=0x1:1"}) {
    const Config wanted = load(text_, {setting});
    EXPECT_TRUE(same_place(running.streams[0], wanted.streams[0])) << setting;
    EXPECT_FALSE(same_settings(running.streams[0], wanted.streams[0])) << setting;
  }
}

}  // namespace
}  // namespace sallyport::controlplane
