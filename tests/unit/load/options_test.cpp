// The command line: defaults, values, and each error by name.
#include "perf/load/options.hpp"

#include <gtest/gtest.h>

#include "folder.hpp"
#include "perf/load/plan.hpp"

namespace sallyport::load {
namespace {

using Arguments = std::vector<std::string>;

// 30 bytes, and 30 others.
const std::string kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
const std::string kOtherKey = "HRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

Arguments plain(const Arguments& more = {}) {
  Arguments arguments{"--from", "127.0.0.1:20000", "--to", "127.0.0.1:30000", "--sink", "127.0.0.1:40000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string refusal(const Arguments& arguments) {
  try {
    const auto options = parse_options(arguments);
    if (options && !options->emit) {
      auto plan = plan_streams(*options);
      read_keys(*options, plan);
    }
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Options, Defaults) {
  const auto options = parse_options(plain());
  ASSERT_TRUE(options);
  EXPECT_EQ(options->streams, 1U);
  EXPECT_EQ(options->stream_rate, 50);
  EXPECT_EQ(options->duration, std::chrono::seconds(10));
  EXPECT_EQ(options->packets_per_stream, 0U);
  EXPECT_EQ(options->shape.size(7), 160);
  EXPECT_EQ(options->late, std::chrono::milliseconds(100));
  EXPECT_EQ(options->rtcp, RtcpMode::kOff);
  EXPECT_EQ(options->a.suite, nullptr);
  EXPECT_FALSE(options->a.link.by_port());
  EXPECT_FALSE(options->b.remote);
  EXPECT_FALSE(options->direct());
  EXPECT_FALSE(options->bidirectional);
}

TEST(Options, Values) {
  const auto options = parse_options(
      plain({"--streams", "20", "--pps", "5000", "--packets", "7", "--size", "160,32,1200", "--loss", "1.5", "--rtcp",
             "--sink-from", "127.0.0.1:50000", "--suite", "AES_CM_128_HMAC_SHA1_80", "--key", kKey, "--late", "2.5"}));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->stream_rate, 250);
  EXPECT_EQ(options->packets_per_stream, 7U);
  EXPECT_EQ(options->duration.count(), 0);
  EXPECT_EQ(options->shape.size(1), 32);
  EXPECT_EQ(options->shape.size(5), 1200);
  EXPECT_DOUBLE_EQ(options->impairment.withheld, 0.015);
  EXPECT_EQ(options->rtcp, RtcpMode::kPair);
  EXPECT_EQ(options->a.suite->name, "AES_CM_128_HMAC_SHA1_80");
  EXPECT_EQ(options->late, std::chrono::microseconds(2500));
}

TEST(Options, PacketsGoDirectlyWhereToIsTheSink) {
  const auto options =
      parse_options({"--from", "127.0.0.1:20000", "--to", "127.0.0.1:30000", "--sink", "127.0.0.1:30000"});
  EXPECT_TRUE(options->direct());
  EXPECT_EQ(options->b.remote, options->a.local);
}

TEST(Options, FlatOut) { EXPECT_EQ(parse_options(plain({"--pps", "max"}))->stream_rate, 0); }

TEST(Options, FindRate) {
  const auto options = parse_options(plain({"--find-rate", "1000-200000", "--resolution", "0.5", "--allowed-loss", "2",
                                            "--streams", "100", "--duration", "3", "--rate", "25"}));
  ASSERT_TRUE(options && options->find_rate);
  EXPECT_EQ(options->find_rate->lowest, 1000);
  EXPECT_EQ(options->find_rate->highest, 200'000);
  EXPECT_DOUBLE_EQ(options->find_rate->resolution, 0.005);
  EXPECT_DOUBLE_EQ(options->find_rate->allowed_loss, 0.02);
  EXPECT_EQ(options->duration, std::chrono::seconds(3));
  EXPECT_EQ(options->stream_rate, 25) << "what the result is told in";
  EXPECT_EQ(options->top_rate(), 2000) << "of each stream";
  const auto defaults = parse_options(plain({"--find-rate", "1-2"}));
  EXPECT_DOUBLE_EQ(defaults->find_rate->resolution, 0.01);
  EXPECT_EQ(defaults->find_rate->allowed_loss, 0);
  EXPECT_FALSE(parse_options(plain())->find_rate);
}

TEST(Options, MemifLinks) {
  const auto options =
      parse_options(plain({"--link", "memif:/run/a.sock", "--peer-mac", "02:00:00:00:00:02", "--sink-from",
                           "127.0.0.1:50000", "--sink-link", "memif-server:/run/b.sock", "--sink-peer-mac",
                           "02:00:00:00:00:03", "--sink-mac", "02:00:00:00:00:04"}));
  EXPECT_EQ(options->a.link.device, "/run/a.sock");
  EXPECT_FALSE(options->a.link.server);
  EXPECT_TRUE(options->b.link.server);
  EXPECT_EQ(options->b.link.mac.to_string(), "02:00:00:00:00:04");
}

TEST(Options, NicsAndRings) {
  const auto nic = parse_options(
      plain({"--link", "pci:0000:00:04.0", "--peer-mac", "02:00:00:00:00:02", "--sink-from", "127.0.0.1:50000"}));
  EXPECT_EQ(nic->a.link.kind, LinkKind::kPci);
  EXPECT_EQ(nic->a.link.device, "0000:00:04.0");
  EXPECT_EQ(nic->a.link, nic->b.link) << "the same NIC";
  const auto ring = parse_options(
      {"--from", "10.0.0.1:20000", "--to", "10.0.0.2:30000", "--sink", "10.0.0.2:30000", "--link", "ring"});
  EXPECT_EQ(ring->b.link.kind, LinkKind::kRing);
}

TEST(Options, ErrorsNameOptionAndWhatWasExpected) {
  const struct {
    Arguments arguments;
    std::string expected;
  } cases[] = {
      {{}, "--from is missing"},
      {{"--from", "127.0.0.1:1"}, "--to is missing"},
      {plain({"--bogus"}), "unrecognised option '--bogus'"},
      {plain({"stray"}), "too many positional"},
      {plain({"--streams", "0"}), "--streams '0': expected a number from 1 to"},
      {plain({"--streams", "x"}), "--streams 'x'"},
      {plain({"--streams", "20000"}), "--to: 20000 streams from port 30000 on would end at port"},
      {plain({"--from", "10.0.0.1"}), "cannot be specified more than once"},
      {{"--from", "10.0.0.1"}, "--from '10.0.0.1': expected an address and UDP port"},
      {plain({"--size", "31"}), "--size '31': expected payload bytes from 32 to"},
      {plain({"--size", "160,,20"}), "--size '160,,20'"},
      {plain({"--size", "1433"}), "--size '1433'"},
      {plain({"--rate", "0"}), "--rate '0': expected a number"},
      {plain({"--rate", "nan"}), "--rate 'nan'"},
      {plain({"--rate", "50", "--pps", "100"}), "--rate and --pps: expected one of them"},
      {plain({"--find-rate", "1000"}), "--find-rate '1000': expected two rates above 0"},
      {plain({"--find-rate", "2000-1000"}), "--find-rate '2000-1000'"},
      {plain({"--find-rate", "0-1000"}), "--find-rate '0-1000'"},
      {plain({"--find-rate", "100-nan"}), "--find-rate '100-nan'"},
      {plain({"--find-rate", "100-200x"}), "--find-rate '100-200x'"},
      {plain({"--find-rate", "100-200", "--resolution", "0"}), "--resolution '0'"},
      {plain({"--find-rate", "100-200", "--pps", "max"}), "--find-rate and --pps: expected one of them"},
      {plain({"--find-rate", "100-200", "--packets", "5"}), "--find-rate and --packets: expected --duration"},
      {plain({"--find-rate", "100-200", "--streams", "201", "--duration", "2"}), "not offer a packet of each stream"},
      {plain({"--find-rate", "100-1e8", "--duration", "10"}), "more than 4e9 packets of a stream"},
      {plain({"--allowed-loss", "1"}), "--allowed-loss: expected only with --find-rate"},
      {plain({"--loss", "101"}), "--loss '101'"},
      {plain({"--loss", "-1"}), "--loss '-1'"},
      {plain({"--loss", "60", "--duplicate", "60"}), "at most 100 percent together"},
      {plain({"--bad-tag", "1"}), "--bad-tag: expected a suite"},
      {plain({"--malformed", "60", "--loss", "60"}), "expected at most 100 percent together"},
      {plain({"--rtcp=maybe"}), "--rtcp 'maybe': expected off, pair or mux"},
      {plain({"--rtcp", "--port-step", "1"}), "--port-step 1 leaves no port for RTCP"},
      {plain({"--suite", "AES"}), "--suite 'AES': expected one of RTP, AEAD_AES_256_GCM"},
      {plain({"--suite", "AES_CM_128_HMAC_SHA1_80"}), "--key or --keys is missing"},
      {plain({"--key", kKey}), "a key without --suite"},
      {plain({"--session-parameters", "KDR=8"}), "session parameters or an MKI without --suite"},
      {plain({"--session-parameters", "KDR=3"}), "--session-parameters: session parameter 1: expected one of"},
      {plain({"--suite", "AEAD_AES_128_GCM", "--session-parameters", "UNAUTHENTICATED_SRTP"}),
       "UNAUTHENTICATED_SRTP is not possible"},
      {plain({"--suite", "AEAD_AES_128_GCM", "--mki", "1:1"}), "--mki: expected only with --emit-config"},
      {plain({"--suite", "AEAD_AES_128_GCM", "--mki", "256:1", "--emit-config", "/tmp/x", "--sink-from",
              "127.0.0.1:50000"}),
       "--mki '256:1': key"},
      {plain({"--sink-key", kKey}), "a key without --sink-suite"},
      {plain({"--bidirectional"}), "--sink-from is missing"},
      {plain({"--sink-from", "[::1]:4"}), "--sink and --sink-from: expected addresses of one family"},
      {plain({"--link", "memif"}), "--link 'memif': expected udp, memif:/PATH"},
      {plain({"--link", "pci:4.0"}), "--link 'pci:4.0': expected udp, memif:/PATH, memif-server:/PATH, pci:ADDRESS"},
      {plain({"--link", "pci:0000:00:04.0"}), "--peer-mac is missing"},
      {plain({"--link", "ring", "--sink-from", "127.0.0.1:50000"}), "--link ring: expected no gateway"},
      {plain({"--pps", "max", "--pauses-of", "/run/x.sock"}), "--pauses-of: expected --rate or --pps with a number"},
      {plain({"--link", "memif:relative"}), "--link 'memif:relative'"},
      {plain({"--link", "memif:/run/a.sock"}), "--peer-mac is missing"},
      {plain({"--link", "memif:/run/a.sock", "--peer-mac", "ff:ff:ff:ff:ff:ff"}), "--peer-mac 'ff:ff:ff:ff:ff:ff'"},
      {plain({"--engine", "slide-rule"}), "--engine: "},
      {plain({"--config", "/nowhere/load.conf"}), "--config: cannot read '/nowhere/load.conf'"},
      {plain({"--emit-config", "/tmp/x", "--sink-from", "127.0.0.1:50000", "--port-config", "c=linux:x"}),
       "--port-config 'c=linux:x'"},
      {plain({"--emit-config", "/tmp/x", "--sink-from", "127.0.0.1:50000", "--port-config", "b=linux:x"}),
       "--port-config: expected a=DEVICE, too"},
  };
  for (const auto& each : cases) {
    EXPECT_NE(refusal(each.arguments).find(each.expected), std::string::npos)
        << "expected: " << each.expected << "\n     got: " << refusal(each.arguments);
  }
}

TEST(Options, AFileGivesOptionsAndTheCommandLineIsStronger) {
  const Folder folder;
  const std::string file = folder.write("load.conf", "streams = 9\nrate = 25\n");
  const auto options = parse_options(plain({"--config", file, "--rate", "100"}));
  EXPECT_EQ(options->streams, 9U);
  EXPECT_EQ(options->stream_rate, 100);
}

TEST(Options, AFileMustNotHoldKeys) {
  const Folder folder;
  const std::string file = folder.write("load.conf", "key = " + kKey + "\n");
  const std::string text = refusal(plain({"--config", file, "--suite", "AES_CM_128_HMAC_SHA1_80"}));
  EXPECT_NE(text.find("holds a key in 'key'"), std::string::npos) << text;
  EXPECT_EQ(text.find(kKey), std::string::npos) << "the key is shown";
}

TEST(Keys, FromTheCommandLineAreForAllStreams) {
  const auto options = parse_options(plain({"--streams", "3", "--suite", "AES_CM_128_HMAC_SHA1_80", "--key", kKey}));
  auto plan = plan_streams(*options);
  read_keys(*options, plan);
  for (const StreamPlan& stream : plan) {
    EXPECT_EQ(stream.a.send_keys.at(0).master.key.data()[15], 15);
    EXPECT_EQ(stream.a.send_keys.at(0).master.salt.data()[13], 29);
  }
}

TEST(Keys, FilesOfOthersAreRefused) {
  const Folder folder;
  const Arguments suite{"--suite", "AES_CM_128_HMAC_SHA1_80", "--key"};
  const auto with = [&suite](const std::string& file) {
    Arguments arguments = plain(suite);
    arguments.push_back("file:" + file);
    return refusal(arguments);
  };
  EXPECT_EQ(with(folder.write("good", kKey + "\n")), "accepted");
  EXPECT_NE(with(folder.write("open", kKey, 0640)).find("has mode 0640"), std::string::npos);
  EXPECT_NE(with(folder.file("none")).find("key file"), std::string::npos);
  const std::string text = with(folder.write("short", kKey.substr(4)));
  EXPECT_NE(text.find("expected 40 base64 characters"), std::string::npos) << text;
  EXPECT_EQ(text.find(kKey.substr(4, 8)), std::string::npos) << "the key is shown";
}

TEST(Keys, AFileWithALinePerStream) {
  const Folder folder;
  const auto with = [&folder](const std::string& lines, unsigned mode = 0600) {
    return refusal(
        plain({"--streams", "2", "--suite", "AES_CM_128_HMAC_SHA1_80", "--keys", folder.write("keys", lines, mode)}));
  };
  const std::string line = kKey + ' ' + kOtherKey + " - -\n";
  EXPECT_EQ(with("# comment\n" + line + "\n" + line), "accepted");
  EXPECT_NE(with(line + line, 0604).find("has mode 0604"), std::string::npos);
  EXPECT_NE(with(line).find("has lines for 1 streams, expected 2"), std::string::npos);
  EXPECT_NE(with(line + kKey + " - - -\n").find("keys:2: expected a key for each side"), std::string::npos);
  EXPECT_NE(with(line + kKey + "\n").find("keys:2: expected four keys"), std::string::npos);
  EXPECT_NE(with(line + kKey + ' ' + kOtherKey + " - - x\n").find("nothing else"), std::string::npos);
}

TEST(Plan, StreamsAreAStepApart) {
  const auto options = parse_options(plain({"--streams", "3", "--port-step", "4", "--sink-from", "127.0.0.1:50000"}));
  const auto plan = plan_streams(*options);
  EXPECT_EQ(plan[2].a.local.port, 20008);
  EXPECT_EQ(plan[2].a.remote->port, 30008);
  EXPECT_EQ(plan[2].b.local.port, 40008);
  EXPECT_EQ(plan[2].b.remote->port, 50008);
}

TEST(Options, AGatewayThatIsDrivenTellsEndpointsAndKeys) {
  const Arguments driven{"--gateway", "rtpengine=127.0.0.1:2223", "--from",       "127.0.0.1:20000",
                         "--sink",    "127.0.0.1:40000",          "--sink-suite", "AEAD_AES_128_GCM"};
  const auto with = [&driven](const Arguments& more) {
    Arguments arguments = driven;
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  const auto options = parse_options(with({"--bidirectional"}));
  ASSERT_TRUE(options);
  EXPECT_EQ(options->ng_gateway->to_string(), "127.0.0.1:2223");
  EXPECT_FALSE(options->a.remote);
  EXPECT_EQ(refusal(with({"--to", "127.0.0.1:30000"})), "--gateway and --to: expected one of them");
  EXPECT_EQ(refusal(with({"--sink-key", kKey})), "--gateway and --sink-key: expected one of them");
  EXPECT_EQ(refusal(with({"--emit-config", "x"})), "--gateway and --emit-config: expected one of them");
  EXPECT_EQ(refusal(with({"--rtcp", "mux"})), "--gateway: expected --link udp, and --rtcp off or pair");
  for (const char* wrong : {"", "rtpengine", "rtpengine=", "rtpengine=127.0.0.1", "asterisk=127.0.0.1:2223"}) {
    const Arguments arguments{"--gateway", wrong, "--from", "127.0.0.1:20000", "--sink", "127.0.0.1:40000"};
    EXPECT_EQ(refusal(arguments), "--gateway '" + std::string(wrong) +
                                      "': expected rtpengine= and the address and UDP port of its ng socket");
  }
}

}  // namespace
}  // namespace sallyport::load
