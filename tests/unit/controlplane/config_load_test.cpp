// Sound configurations: values, defaults, the command line over the file, key files and who may read them.
#include <gtest/gtest.h>
#include <unistd.h>

#include "config_fixture.hpp"
#include "controlplane/admin/control_socket.hpp"
#include "controlplane/config_compare.hpp"
#include "crypto/master_key.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::IpAddress;

std::string sound() { return std::string(kSoundConfig); }

std::string srtp(const std::string& send, const std::string& receive) {
  return "a.suite = AES_CM_128_HMAC_SHA1_80\na.send_key = " + send + "\na.receive_key = " + receive + "\n";
}

TEST(ConfigLoad, FillsInDefaults) {
  const TemporaryFolder folder;
  const Config config = load_config(folder.write("a.conf", kSoundConfig), {});
  EXPECT_EQ(config.file, folder.file("a.conf"));
  EXPECT_EQ(config.log_level, "info");
  EXPECT_EQ(config.workers.cores, drivers::process_cores());
  EXPECT_EQ(config.workers.idle_polls, 64U);
  EXPECT_EQ(config.workers.idle_sleep.count(), 50);
  EXPECT_EQ(config.huge_pages, drivers::HugePages::kAuto);
  EXPECT_EQ(config.memory_mb, 512U);
  EXPECT_EQ(config.mbufs, 0U);
  EXPECT_EQ(config.max_streams, 4096U);
  EXPECT_FALSE(config.engines.preferred) << "the fastest that the host has";
  EXPECT_EQ(config.control_socket, "/run/sallyport/control.sock");
  EXPECT_FALSE(config.clear_media) << "nobody is shown media in the clear unless it is asked for";
  EXPECT_TRUE(config.warnings.empty());
  ASSERT_EQ(config.ports.size(), 2U);
  EXPECT_EQ(config.ports[0].options.media_ports, (drivers::PortRange{20000, 39999}));
  EXPECT_EQ(config.ports[0].options.descriptors, 4096);
  EXPECT_EQ(config.ports[0].options.punt_limit_pps, 100000U);
  EXPECT_TRUE(config.ports[0].udp_checksum);
  ASSERT_EQ(config.streams.size(), 1U);
  const StreamConfig& stream = config.streams[0];
  EXPECT_EQ(stream.clock_rate, 8000U);
  EXPECT_EQ(stream.media_timeout.count(), 10);
  EXPECT_EQ(stream.rekey_grace.count(), 5000);
  EXPECT_EQ(stream.a.suite, nullptr);
  EXPECT_EQ(stream.a.rtcp, RtcpMode::kPair);
  EXPECT_EQ(stream.a.source_check, SourceCheck::kAddress);
  EXPECT_FALSE(stream.a.dscp.has_value());
  EXPECT_FALSE(stream.a.ssrc.has_value());
}

TEST(ConfigLoad, DefaultsAreThoseOfTheStructures) {
  const TemporaryFolder folder;
  const Config loaded = load_config(folder.write("a.conf", kSoundConfig), {});
  const Config built;
  EXPECT_EQ(loaded.memory_mb, built.memory_mb);
  EXPECT_EQ(loaded.mbufs, built.mbufs);
  EXPECT_EQ(loaded.max_streams, built.max_streams);
  EXPECT_EQ(loaded.control_socket, built.control_socket);
  EXPECT_EQ(built.control_socket, kDefaultControlSocket) << "what the command line tool expects";
  EXPECT_EQ(loaded.workers.idle_polls, built.workers.idle_polls);
  EXPECT_EQ(loaded.workers.idle_sleep, built.workers.idle_sleep);
  EXPECT_EQ(loaded.ports[0].options.descriptors, drivers::PortOptions{}.descriptors);
  EXPECT_EQ(loaded.ports[0].options.punt_limit_pps, drivers::PortOptions{}.punt_limit_pps);
}

TEST(ConfigLoad, ReadsEveryKey) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.conf", R"(
[log]
level = debug
[workers]
cores = 0
idle_polls = 0
idle_sleep_us = 10000
[memory]
huge_pages = never
size_mb = 64
mbufs = 1024
max_streams = 2
[crypto]
engine = openssl
engine.AEAD_AES_128_GCM = cryptodev
device = crypto_aesni_gcm
device_mode = cpu
device_keys = 64
[control]
socket = "/tmp/with blank.sock"
[port.veth]
device = linux:veth0
mode = af_packet
kernel_path = shared
address = 192.0.2.1/24
address = 2001:db8::1/64
gateway = 192.0.2.254
gateway = 2001:db8::fe
media_ports = 10000-10999
descriptors = 64
udp_checksum = no
[port.mem]
device = memif:/run/m.sock,queues=2
role = client
tap = twin0
mac = 02:00:00:00:00:77
punt_limit = 0
address = 198.51.100.1/30
[stream.lab-1]
a.local = 192.0.2.1:10000
a.remote = 192.0.2.2:5004
a.rtcp = mux
a.source_check = off
a.dscp = 46
a.ssrc = 0xdeadBEEF
b.local = [2001:db8::1]:10002
b.remote = [2001:db8:1::2]:5004
b.source_check = address_and_port
b.rtcp = off
clock_rate = 48000
media_timeout = 0
rekey_grace_ms = 250
)");
  const Config config = load_config(path, {});
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.workers.cores, std::vector<unsigned>{0});
  EXPECT_EQ(config.workers.idle_sleep.count(), 10000);
  EXPECT_EQ(config.huge_pages, drivers::HugePages::kNever);
  EXPECT_EQ(config.engines.preferred, crypto::EngineKind::kOpenSsl);
  const auto engine_of = [&](const char* suite) {
    return config.engines.by_suite[crypto::suite_index(*crypto::find_suite(suite))];
  };
  EXPECT_EQ(engine_of("AEAD_AES_128_GCM"), crypto::EngineKind::kCryptodev);
  EXPECT_FALSE(engine_of("AEAD_AES_256_GCM"));
  EXPECT_EQ(config.crypto_device.device, "crypto_aesni_gcm");
  EXPECT_EQ(config.crypto_device.mode, crypto::CryptodevMode::kCpu);
  EXPECT_EQ(config.crypto_device.max_keys, 64U);
  EXPECT_EQ(config.control_socket, "/tmp/with blank.sock");
  ASSERT_EQ(config.ports.size(), 2U);
  const drivers::PortOptions& veth = config.ports[0].options;
  EXPECT_EQ(veth.name, "veth");
  EXPECT_EQ(veth.kind, drivers::DeviceKind::kLinux);
  EXPECT_EQ(veth.device, "veth0");
  EXPECT_EQ(veth.linux_mode, drivers::LinuxMode::kAfPacket);
  EXPECT_EQ(veth.kernel_path, drivers::KernelPathKind::kShared);
  ASSERT_EQ(veth.addresses.size(), 2U);
  EXPECT_EQ(veth.addresses[1].to_string(), "2001:db8::1/64");
  ASSERT_EQ(veth.gateways.size(), 2U);
  EXPECT_FALSE(config.ports[0].udp_checksum);
  const drivers::PortOptions& memif = config.ports[1].options;
  EXPECT_EQ(memif.device, "/run/m.sock,queues=2");
  EXPECT_FALSE(memif.memif_server);
  EXPECT_EQ(memif.tap_name, "twin0");
  EXPECT_EQ(memif.mac.to_string(), "02:00:00:00:00:77");
  EXPECT_EQ(memif.punt_limit_pps, 0U);
  const StreamConfig& stream = config.streams.at(0);
  EXPECT_EQ(stream.a.local.to_string(), "192.0.2.1:10000");
  EXPECT_EQ(stream.b.local.to_string(), "[2001:db8::1]:10002");
  EXPECT_EQ(stream.a.rtcp, RtcpMode::kMux);
  EXPECT_EQ(stream.b.rtcp, RtcpMode::kOff);
  EXPECT_EQ(stream.a.source_check, SourceCheck::kOff);
  EXPECT_EQ(stream.b.source_check, SourceCheck::kAddressAndPort);
  EXPECT_EQ(stream.a.dscp, std::uint8_t{46});
  EXPECT_EQ(stream.a.ssrc, 0xdeadbeefU);
  EXPECT_EQ(stream.clock_rate, 48000U);
  EXPECT_EQ(stream.media_timeout.count(), 0);
  EXPECT_EQ(stream.rekey_grace.count(), 250);
}

TEST(ConfigLoad, CommandLineIsStrongerThanTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.conf", sound() + "[log]\nlevel = error\n");
  const Config config = load_config(path, {"log.level=trace", "memory.size_mb=128",
                                           "port.in.neighbour=10.0.0.9 02:00:00:00:00:aa", "stream.one.a.dscp=8"});
  EXPECT_EQ(config.log_level, "trace");
  EXPECT_EQ(config.memory_mb, 128U);
  ASSERT_EQ(config.ports[0].neighbours.size(), 1U) << "a list is replaced, not added to";
  EXPECT_EQ(config.ports[0].neighbours[0].mac.to_string(), "02:00:00:00:00:aa");
  EXPECT_EQ(config.streams[0].a.dscp, std::uint8_t{8});
}

TEST(ConfigLoad, CommandLineMayAddSections) {
  const TemporaryFolder folder;
  const Config config = load_config(folder.write("a.conf", kSoundConfig),
                                    {"port.third.device=ring:third", "port.third.address=10.0.2.1/24"});
  ASSERT_EQ(config.ports.size(), 3U);
  EXPECT_EQ(config.ports[2].options.name, "third");
}

TEST(ConfigLoad, FaultsOfTheCommandLineSaySo) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.conf", kSoundConfig);
  EXPECT_EQ(
      faults_of(path, {"log.level=loud", "log.levl=info", "codec.g711=yes"}),
      (std::vector<std::string>{"command line: unknown key 'log.levl': expected perhaps 'level'",
                                "command line: key 'log.level' = 'loud': expected trace, debug, info, warning or error",
                                "command line: unknown section 'codec': expected one of [log], [workers], [memory], "
                                "[crypto], [control], [store], [capture], "
                                "[port.NAME], [stream.NAME], [sip], [srtp], [tls], [line.NAME], [trunk.NAME], "
                                "[user.NAME], [route.NAME], [profile.NAME]"}));
  const auto faults =
      faults_of(path, {"stream.one.a.suite=AES_CM_128_HMAC_SHA1_80", std::string("stream.one.a.send_key=") + kKey1,
                       "stream.one.a.receive_key=file:/none"});
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0],
            "command line: key 'stream.one.a.send_key': a key on the command line is seen by every user of the host: "
            "expected file:PATH");
}

TEST(ConfigLoad, ReadsKeysInlineAndFromFiles) {
  const TemporaryFolder folder;
  folder.write("send.key", std::string(kKey1) + "\n");
  const Config config = load_config(folder.write("a.conf", sound() + srtp("file:send.key", kKey2)), {});
  const crypto::Suite& suite = *crypto::find_suite("AES_CM_128_HMAC_SHA1_80");
  const StreamSideConfig& side = config.streams[0].a;
  EXPECT_EQ(side.suite, &suite);
  const crypto::MasterKey send = crypto::parse_master_key(suite, kKey1);
  const crypto::MasterKey receive = crypto::parse_master_key(suite, kKey2);
  ASSERT_EQ(side.send_keys.size(), 1U);
  EXPECT_TRUE(same_key(side.send_keys[0].master, send));
  ASSERT_EQ(side.receive_keys.size(), 1U);
  EXPECT_TRUE(same_key(side.receive_keys[0].master, receive));
}

TEST(ConfigLoad, ReadsAllThatSrtpCanBeToldBesideItsKeys) {
  const TemporaryFolder folder;
  const std::string keys = "inline:" + std::string(kKey1) + "|2^20|1:4;inline:" + kKey3 + "|2:4";
  const std::string text = sound() + srtp(keys, kKey2) +
                           "a.send_with = 2\na.session_parameters = UNENCRYPTED_SRTCP WSH=64\n"
                           "a.accept_unencrypted_srtcp = yes\na.replay_window = 1024\n"
                           "a.receive_roc = 0x1234abcd:3\na.receive_roc = 0x2:4294967295\n";
  const Config config = load_config(folder.write("a.conf", text), {});
  const StreamSideConfig& side = config.streams[0].a;
  ASSERT_EQ(side.send_keys.size(), 2U);
  EXPECT_EQ(side.send_keys[0].lifetime, 1U << 20);
  EXPECT_EQ(side.send_keys[0].mki, crypto::Mki(1, 4));
  EXPECT_EQ(side.send_keys[1].mki, crypto::Mki(2, 4));
  EXPECT_EQ(side.send_with, 2);
  EXPECT_TRUE(side.parameters.unencrypted_srtcp && side.parameters.accept_unencrypted_srtcp);
  EXPECT_FALSE(side.parameters.unencrypted_srtp);
  EXPECT_EQ(side.parameters.replay_window, 1024) << "WSH is a hint that a wider window satisfies";
  EXPECT_EQ(side.receive_rocs, (std::vector<ReceiveRoc>{{0x1234abcd, 3}, {2, ~0U}}));
  EXPECT_EQ(config.streams[0].b.parameters.replay_window, 128);
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_NE(config.warnings[0].find(":18: [stream.one] a.session_parameters leaves RTCP unencrypted"),
            std::string::npos)
      << config.warnings[0];
}

/// Requirement M10, and a lifetime that is a slip of the pen (field case 4).
TEST(ConfigLoad, WarnsOfWhatOthersCanReadOrForge) {
  const TemporaryFolder folder;
  const std::string keys = "a.send_key = " + std::string(kKey1) + "|31\na.receive_key = " + kKey2 + "\n";
  const Config config =
      load_config(folder.write("a.conf", sound() + "a.suite = NULL_HMAC_SHA1_80\n" + keys +
                                             "a.session_parameters = UNENCRYPTED_SRTP UNAUTHENTICATED_SRTP\n"),
                  {});
  const std::vector<std::string> expected = {"14: [stream.one] a.suite authenticates without encrypting",
                                             "17: [stream.one] a.session_parameters leaves RTP unencrypted",
                                             "17: [stream.one] a.session_parameters leaves RTP unauthenticated",
                                             "15: [stream.one] a.send_key lives for 31 packets only"};
  ASSERT_EQ(config.warnings.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NE(config.warnings[i].find(expected[i]), std::string::npos) << config.warnings[i];
  }
}

TEST(ConfigLoad, RefusesKeyFilesThatOthersCanRead) {
  const TemporaryFolder folder;
  const std::string conf = folder.write("a.conf", sound() + srtp("file:send.key", "file:receive.key"));
  for (const unsigned mode : {0640U, 0604U, 0620U, 0601U}) {
    folder.write("send.key", kKey1, mode);
    folder.write("receive.key", kKey2, 0400);
    const auto faults = faults_of(conf);
    ASSERT_EQ(faults.size(), 1U) << std::oct << mode;
    EXPECT_NE(faults[0].find("FILE:15: key 'stream.one.a.send_key': key file"), std::string::npos) << faults[0];
    EXPECT_NE(faults[0].find("so that others may use it: expected 0600 (chmod 600)"), std::string::npos) << faults[0];
  }
}

TEST(ConfigLoad, RefusesForeignKeyFiles) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give a file to another user";
  const TemporaryFolder folder;
  const std::string key = folder.write("send.key", kKey1);
  ASSERT_EQ(::chown(key.c_str(), 65534, 65534), 0);
  const auto faults = faults_of(folder.write("a.conf", sound() + srtp("file:send.key", kKey2)));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].find("belongs to user 65534: expected root or the gateway's own user"), std::string::npos)
      << faults[0];
}

TEST(ConfigLoad, RefusesAReadableConfigurationThatHoldsKeys) {
  const TemporaryFolder folder;
  EXPECT_EQ(
      faults_of(folder.write("a.conf", sound() + srtp(kKey1, kKey2), 0644)),
      (std::vector<std::string>{"FILE:15: key 'stream.one.a.send_key': the configuration file holds a key and has mode "
                                "0644, so that others may use it: expected 0600 (chmod 600)"}));
  folder.write("send.key", kKey1);
  folder.write("receive.key", kKey2);
  EXPECT_TRUE(faults_of(folder.write("b.conf", sound() + srtp("file:send.key", "file:receive.key"), 0644)).empty());
}

TEST(ConfigLoad, NeverShowsAKey) {
  const TemporaryFolder folder;
  const std::string key = kKey1;
  const std::string broken = key.substr(0, 39);
  folder.write("broken.key", broken);
  const std::vector<std::string> endings = {srtp(key, key),
                                            srtp(broken, key),
                                            srtp("inline:" + key + "|2^99", key),
                                            srtp("inline:" + key + "|1:200", key),
                                            srtp(key + ";" + key, key),
                                            srtp(key, "x") + "a.session_parameters = FEC_KEY=inline:" + key,
                                            srtp("file:broken.key", key),
                                            "a.suite = " + key,
                                            "a.sendkey = " + key,
                                            key,
                                            key + "=",
                                            "[" + key + "]",
                                            "[stream." + key + "]\n",
                                            "[stream." + key + "]\na.dscp = \"x",
                                            "a.dscp = \"" + key,
                                            "a.send_key = \"" + key,
                                            "a.dscp = x" + key,
                                            "a.remote = " + key + ":1"};
  for (const std::string& ending : endings) {
    const auto faults = faults_of(folder.write("a.conf", sound() + ending + "\n"));
    EXPECT_FALSE(faults.empty()) << ending;
    for (const std::string& fault : faults) EXPECT_EQ(fault.find(key.substr(0, 12)), std::string::npos) << fault;
  }
}

TEST(ConfigLoad, WarnsOfAFixedSsrc) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("a.conf", sound() + srtp(kKey1, kKey2) + "a.ssrc = 0x1\nallow_index_reuse_in_lab = yes\n");
  const Config config = load_config(path, {});
  ASSERT_EQ(config.warnings.size(), 1U);
  EXPECT_EQ(config.warnings[0].find(path + ":17: [stream.one] a.ssrc is fixed on an SRTP side"), 0U)
      << config.warnings[0];
}

TEST(ConfigLoad, ALabMayLoopAKeyFromOneSideToAnother) {
  const TemporaryFolder folder;
  const std::string b =
      "b.suite = AES_CM_128_HMAC_SHA1_80\nb.send_key = " + std::string(kKey3) + "\nb.receive_key = " + kKey1 + "\n";
  const std::string text = sound() + srtp(kKey1, kKey2) + b;
  EXPECT_EQ(faults_of(folder.write("a.conf", text)).size(), 1U);
  EXPECT_TRUE(faults_of(folder.write("b.conf", text + "allow_index_reuse_in_lab = yes\n")).empty());
}

TEST(ConfigLoad, OneKeyUnderTwoSuitesIsStillOneKey) {
  const TemporaryFolder folder;
  const std::string b =
      "b.suite = AEAD_AES_128_GCM\nb.send_key = " + std::string(kGcmKey1) + "\nb.receive_key = " + kKey3 + "\n";
  const auto faults = faults_of(folder.write("a.conf", sound() + srtp(kKey1, kKey2) + b));
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_NE(faults[0].find("b.send_key': expected a key of its own"), std::string::npos) << faults[0];
  EXPECT_NE(faults[1].find("b.receive_key': master key for AEAD_AES_128_GCM"), std::string::npos) << faults[1];
}

TEST(ConfigLoad, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(faults_of(folder.file("none.conf")),
            std::vector<std::string>{"FILE: the configuration file cannot be read: No such file or directory"});
  EXPECT_EQ(faults_of(folder.file("")),
            std::vector<std::string>{"FILE: the configuration file is a directory: expected a file"});
  EXPECT_EQ(faults_of("/dev/null"), std::vector<std::string>{"FILE: the configuration file is not a regular file"});
  EXPECT_EQ(faults_of(folder.write("empty.conf", "")),
            std::vector<std::string>{"FILE:1: no port: expected at least one section [port.NAME]"});
  EXPECT_EQ(faults_of(folder.write("large.conf", std::string((16U << 20) + 1, '\n'))),
            std::vector<std::string>{"FILE: the configuration file is too large: expected at most 16777216 bytes"});
}

TEST(ConfigReference, NamesEveryKeyWithItsDefault) {
  const std::string text = config_reference();
  for (const char* part : {"[log]\n", "[workers]\n", "[memory]\n", "[crypto]\n", "[control]\n", "[capture]\n",
                           "[port.NAME]\n", "[stream.NAME]\n", "  level\n", "  a.local, b.local\n",
                           "default: 20000-39999", "unit: microseconds; default: 50", "may be given several times"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace sallyport::controlplane
