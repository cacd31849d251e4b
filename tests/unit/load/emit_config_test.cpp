// --emit-config: the gateway takes what is written, and both ends hold the same keys.
#include "perf/load/emit_config.hpp"

#include <gtest/gtest.h>

#include "controlplane/config.hpp"
#include "folder.hpp"
#include "perf/load/plan.hpp"

namespace sallyport::load {
namespace {

constexpr std::uint32_t kStreams = 5;

std::vector<std::string> arguments_for(const Folder& folder, const std::string& suite_a, const std::string& suite_b) {
  return {"--emit-config", folder.file("out"),
          "--streams",     std::to_string(kStreams),
          "--rtcp",        "mux",
          "--from",        "10.0.0.1:20000",
          "--to",          "10.0.0.254:30000",
          "--sink",        "10.0.1.1:40000",
          "--sink-from",   "10.0.1.254:50000",
          "--suite",       suite_a,
          "--sink-suite",  suite_b,
          "--port-config", "a=linux:left",
          "--port-config", "b=linux:right"};
}

bool same(const std::vector<crypto::MasterKeyEntry>& x, const std::vector<crypto::MasterKeyEntry>& y) {
  if (x.empty() || y.empty()) return x.empty() && y.empty();
  return x[0].master.key.equals(y[0].master.key) && x[0].master.salt.equals(y[0].master.salt) && x[0].mki == y[0].mki;
}

TEST(EmitConfig, BothEndsAgree) {
  for (const auto& [suite_a, suite_b] : {std::pair<std::string, std::string>{"RTP", "AES_CM_128_HMAC_SHA1_80"},
                                         {"AEAD_AES_128_GCM", "AEAD_AES_256_GCM"},
                                         {"RTP", "RTP"}}) {
    const Folder folder;
    emit_config(*parse_options(arguments_for(folder, suite_a, suite_b)));
    const controlplane::Config gateway = controlplane::load_config(folder.file("out/streams.conf"), {});
    const auto load = parse_options({"--config", folder.file("out/load.conf")});
    auto plan = plan_streams(*load);
    read_keys(*load, plan);

    ASSERT_EQ(gateway.ports.size(), 2U);
    ASSERT_EQ(gateway.streams.size(), kStreams);
    ASSERT_EQ(plan.size(), kStreams);
    for (std::size_t i = 0; i < kStreams; ++i) {
      const controlplane::StreamConfig& stream = gateway.streams[i];
      EXPECT_EQ(stream.a.local, plan[i].a.remote);
      EXPECT_EQ(stream.a.remote, plan[i].a.local);
      EXPECT_EQ(stream.b.local, plan[i].b.remote);
      EXPECT_EQ(stream.b.remote, plan[i].b.local);
      EXPECT_EQ(stream.a.suite, load->a.suite);
      EXPECT_EQ(stream.b.suite, load->b.suite);
      EXPECT_EQ(stream.a.rtcp, RtcpMode::kMux);
      EXPECT_EQ(load->rtcp, RtcpMode::kMux);
      EXPECT_TRUE(same(stream.a.receive_keys, plan[i].a.send_keys));
      EXPECT_TRUE(same(stream.a.send_keys, plan[i].a.receive_keys));
      EXPECT_TRUE(same(stream.b.receive_keys, plan[i].b.send_keys));
      EXPECT_TRUE(same(stream.b.send_keys, plan[i].b.receive_keys));
    }
    if (load->b.suite != nullptr) {
      EXPECT_FALSE(same(plan[0].b.send_keys, plan[0].b.receive_keys)) << "a key per direction";
      EXPECT_FALSE(same(plan[0].b.send_keys, plan[1].b.send_keys)) << "a key per stream";
    }
  }
}

TEST(EmitConfig, BothEndsAgreeOnSessionParametersAndMkis) {
  const Folder folder;
  auto arguments = arguments_for(folder, "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM");
  for (const char* word : {"--session-parameters", "UNENCRYPTED_SRTCP KDR=16 WSH=512", "--sink-mki", "7:4"}) {
    arguments.emplace_back(word);
  }
  emit_config(*parse_options(arguments));
  const controlplane::Config gateway = controlplane::load_config(folder.file("out/streams.conf"), {});
  const auto load = parse_options({"--config", folder.file("out/load.conf")});
  auto plan = plan_streams(*load);
  read_keys(*load, plan);
  const controlplane::StreamConfig& stream = gateway.streams.at(0);
  for (const crypto::SessionParameters& parameters : {stream.a.parameters, load->a.parameters}) {
    EXPECT_TRUE(parameters.unencrypted_srtcp);
    EXPECT_EQ(parameters.key_derivation_rate, 16);
    EXPECT_EQ(parameters.replay_window, 512);
  }
  EXPECT_FALSE(stream.b.parameters.unencrypted_srtcp);
  EXPECT_EQ(stream.b.send_keys.at(0).mki, crypto::Mki(7, 4));
  EXPECT_TRUE(same(stream.b.receive_keys, plan[0].b.send_keys));
  EXPECT_TRUE(same(stream.a.receive_keys, plan[0].a.send_keys));
}

TEST(EmitConfig, FilesAreForTheirOwnerOnly) {
  const Folder folder;
  emit_config(*parse_options(arguments_for(folder, "RTP", "AEAD_AES_128_GCM")));
  for (const char* name : {"out/streams.conf", "out/load.keys", "out/load.conf"}) {
    struct stat status {};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
  }
}

TEST(EmitConfig, ASharedPortCarriesBothSides) {
  const Folder folder;
  auto arguments = arguments_for(folder, "RTP", "RTP");
  arguments.resize(arguments.size() - 2);
  emit_config(*parse_options(arguments));
  const controlplane::Config gateway = controlplane::load_config(folder.file("out/streams.conf"), {});
  ASSERT_EQ(gateway.ports.size(), 1U);
  EXPECT_EQ(gateway.ports[0].options.addresses.size(), 2U);
  EXPECT_EQ(gateway.ports[0].options.media_ports, (drivers::PortRange{30000, 50008}));
}

TEST(EmitConfig, MemifPortsKnowTheGeneratorsMac) {
  const Folder folder;
  auto arguments = arguments_for(folder, "RTP", "RTP");
  arguments.resize(arguments.size() - 4);
  for (const char* more : {"--link", "memif:/run/x.sock", "--mac", "02:00:00:00:00:01", "--peer-mac",
                           "02:00:00:00:00:02", "--port-config", "a=memif:/run/x.sock"}) {
    arguments.emplace_back(more);
  }
  emit_config(*parse_options(arguments));
  const controlplane::Config gateway = controlplane::load_config(folder.file("out/streams.conf"), {});
  ASSERT_EQ(gateway.ports.size(), 1U);
  EXPECT_EQ(gateway.ports[0].options.mac.to_string(), "02:00:00:00:00:02");
  ASSERT_EQ(gateway.ports[0].neighbours.size(), 2U);
  EXPECT_EQ(gateway.ports[0].neighbours[0].mac.to_string(), "02:00:00:00:00:01");
  const auto load = parse_options({"--config", folder.file("out/load.conf")});
  EXPECT_EQ(load->a.link, load->b.link);
  EXPECT_EQ(load->a.link.device, "/run/x.sock");
}

TEST(EmitConfig, SaysWhatItCannotWrite) {
  const Folder folder;
  folder.write("out", "a file, not a folder");
  try {
    emit_config(*parse_options(arguments_for(folder, "RTP", "RTP")));
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("--emit-config: cannot"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace sallyport::load
