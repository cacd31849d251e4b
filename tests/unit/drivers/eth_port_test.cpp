// EAL, pools and those ports that need no rights: rings and pcap files, memif between two ports of this process.
#include "drivers/eth_port.hpp"

#include <gtest/gtest.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/error.hpp"
#include "drivers/kernel_path.hpp"
#include "drivers/ring_port.hpp"
#include "drivers/topology.hpp"
#include "eal_environment.hpp"

namespace sallyport::drivers {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "unit_drivers_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::vector<rte_mbuf*> make_frames(MbufPool& pool, unsigned count) {
  std::vector<rte_mbuf*> frames;
  for (unsigned i = 0; i < count; ++i) {
    rte_mbuf* frame = rte_pktmbuf_alloc(pool.get());
    auto* bytes = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(frame, 100));
    std::memset(bytes, 0, 100);
    bytes[99] = static_cast<std::uint8_t>(i);
    frames.push_back(frame);
  }
  return frames;
}

std::string refusal(const PortOptions& options, MbufPool& pool) {
  try {
    const EthPort port(options, 1, pool);
  } catch (const SetupError& error) {
    return error.what();
  }
  return "";
}

PortOptions ring_options(const std::string& name) {
  PortOptions options;
  options.name = name;
  options.kind = DeviceKind::kRing;
  options.mac = *MacAddress::parse("02:00:00:00:00:0a");
  return options;
}

TEST(Eal, LeavesTheCallersCoresAlone) {
  EXPECT_EQ(available_cores(), test::cores());
  EXPECT_FALSE(test::eal().huge_pages_in_use());
}

TEST(Eal, PinsTheWorkerToItsCore) {
  std::vector<unsigned> seen;
  const unsigned lcore = test::eal().lcore_of_core(test::worker_core());
  EXPECT_EQ(lcore, 1U);
  const auto look = [](void* cores) {
    *static_cast<std::vector<unsigned>*>(cores) = available_cores();
    return 0;
  };
  ASSERT_EQ(rte_eal_remote_launch(look, &seen, lcore), 0);
  rte_eal_wait_lcore(lcore);
  EXPECT_EQ(seen, std::vector<unsigned>{test::worker_core()});
  EXPECT_THROW(static_cast<void>(test::eal().lcore_of_core(100000)), SetupError);
}

TEST(MbufPool, HasRoomForMetadataAndTrailer) {
  MbufPool pool(1024, -1);
  EXPECT_EQ(pool.capacity(), 1024U);
  EXPECT_EQ(pool.available(), 1024U);
  EXPECT_EQ(rte_pktmbuf_priv_size(pool.get()), kPacketMetaSize);
  rte_mbuf* frame = rte_pktmbuf_alloc(pool.get());
  EXPECT_EQ(pool.available(), 1023U);
  ASSERT_NE(rte_pktmbuf_append(frame, 1518), nullptr);
  EXPECT_GE(rte_pktmbuf_tailroom(frame), 256U + 144U);  // MKI and tag are at most 144 bytes; AF_XDP takes 256 in front
  rte_pktmbuf_free(frame);
}

/// net_af_xdp describes a pool to the kernel as count * object size: no object may lie beyond.
TEST(MbufPool, OnePerPageLeavesNoGaps) {
  constexpr unsigned kCount = 1024;
  MbufPool pool(kCount, -1, MbufLayout::kOnePerPage);
  std::vector<rte_mbuf*> all(kCount);
  ASSERT_EQ(rte_pktmbuf_alloc_bulk(pool.get(), all.data(), kCount), 0);
  const auto [first, last] = std::minmax_element(all.begin(), all.end());
  const std::uint32_t object = rte_mempool_calc_obj_size(pool.get()->elt_size, pool.get()->flags, nullptr);
  EXPECT_EQ(object, 4096U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(*last) - reinterpret_cast<std::uintptr_t>(*first),
            std::uintptr_t{kCount - 1} * object);
  EXPECT_EQ(rte_pktmbuf_priv_size(pool.get()), kPacketMetaSize);
  for (rte_mbuf* frame : all) rte_pktmbuf_free(frame);
}

TEST(MbufPool, SaysWhenMemoryDoesNotSuffice) {
  try {
    const MbufPool pool(10'000'000, -1);
    FAIL() << "10 million buffers fitted into 128 MB";
  } catch (const SetupError& error) {
    EXPECT_NE(std::string(error.what()).find("cannot make a pool of 10000000 packet buffers"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("expected fewer memory.mbufs or more memory.size_mb"), std::string::npos);
  }
}

TEST(RingPort, CarriesPacketsBothWaysOnEachQueue) {
  MbufPool pool(1024, -1);
  RingPort far_end("rings", 2, 64);
  {
    const EthPort port(ring_options("rings"), 2, pool);
    EXPECT_EQ(port.queues(), 2U);
    EXPECT_EQ(port.steering(), "hand-over");
    EXPECT_EQ(port.mac().to_string(), "02:00:00:00:00:0a");
    EXPECT_FALSE(port.partial_checksums());
    EXPECT_TRUE(port.link_up());
    EXPECT_EQ(port.missed(), 0U);
    for (std::uint16_t queue = 0; queue < 2; ++queue) {
      auto frames = make_frames(pool, 10);
      ASSERT_EQ(far_end.inject(frames.data(), 10, queue), 10U);
      std::array<rte_mbuf*, 32> received{};
      ASSERT_EQ(port.rx(queue, received.data(), 32), 10U);
      EXPECT_EQ(received[9], frames[9]);
      EXPECT_EQ(port.rx(static_cast<std::uint16_t>(1 - queue), received.data() + 10, 20), 0U);
      ASSERT_EQ(port.tx(queue, received.data(), 10), 10U);
      std::array<rte_mbuf*, 32> sent{};
      ASSERT_EQ(far_end.collect(sent.data(), 32, queue), 10U);
      EXPECT_EQ(sent[9], frames[9]);
      rte_pktmbuf_free_bulk(sent.data(), 10);
    }
  }
  EXPECT_EQ(pool.available(), pool.capacity());
}

TEST(RingPort, RefusesWhatDoesNotFit) {
  MbufPool pool(1024, -1);
  RingPort far_end("small", 1, 16);
  auto frames = make_frames(pool, 20);
  EXPECT_EQ(far_end.inject(frames.data(), 20), 15U);
  rte_pktmbuf_free_bulk(frames.data() + 15, 5);
}

TEST(RingPort, CanBeOpenedAgain) {
  MbufPool pool(1024, -1);
  RingPort far_end("again", 1, 64);
  for (int round = 0; round < 3; ++round) {
    const EthPort port(ring_options("again"), 1, pool);
    auto frames = make_frames(pool, 1);
    ASSERT_EQ(far_end.inject(frames.data(), 1), 1U);
    std::array<rte_mbuf*, 4> received{};
    ASSERT_EQ(port.rx(0, received.data(), 4), 1U);
    rte_pktmbuf_free(received[0]);
  }
}

TEST(RingPort, HasFewerQueuesThanWanted) {
  MbufPool pool(1024, -1);
  RingPort far_end("few", 2, 64);
  EXPECT_EQ(EthPort(ring_options("few"), 8, pool).queues(), 2U);
}

TEST(RingPort, NamesMustFitAndExist) {
  EXPECT_THROW(RingPort("a-name-of-seventeen", 1), SetupError);
  EXPECT_THROW(RingPort("odd", 1, 100), SetupError);  // not a power of two
  MbufPool pool(1024, -1);
  EXPECT_EQ(refusal(ring_options("nowhere"), pool), "port 'nowhere': there is no ring port 'nowhere' in this process");
}

/// Classic pcap file, written byte by byte: `count` frames of 60 bytes, numbered in the last one.
void write_pcap(const std::string& path, std::uint32_t count) {
  std::ofstream file(path, std::ios::binary);
  const std::array<std::uint32_t, 6> header{0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
  file.write(reinterpret_cast<const char*>(header.data()), sizeof header);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::array<std::uint32_t, 4> record{i, 0, 60, 60};
    std::array<char, 60> frame{};
    frame[59] = static_cast<char>(i);
    file.write(reinterpret_cast<const char*>(record.data()), sizeof record);
    file.write(frame.data(), frame.size());
  }
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PcapPort, CopiesAFile) {
  TemporaryFolder folder;
  MbufPool pool(2048, -1);
  constexpr std::uint32_t kFrames = 100;
  write_pcap(folder.file("in.pcap"), kFrames);
  PortOptions options;
  options.name = "file";
  options.kind = DeviceKind::kPcap;
  options.device = folder.file("in.pcap") + "," + folder.file("out.pcap");
  {
    const EthPort port(options, 4, pool);
    EXPECT_EQ(port.queues(), 1U);
    EXPECT_NE(port.mac(), MacAddress{});
    EXPECT_EQ(port.mac().bytes[0] & 0x03, 0x02);  // random, local, unicast
    std::array<rte_mbuf*, 32> burst{};
    while (const std::uint16_t count = port.rx(0, burst.data(), burst.size())) {
      ASSERT_EQ(port.tx(0, burst.data(), count), count);
    }
  }
  const std::string out = read_file(folder.file("out.pcap"));
  ASSERT_EQ(out.size(), 24 + kFrames * (16 + 60));
  for (std::uint32_t i = 0; i < kFrames; ++i) EXPECT_EQ(out[24 + i * 76 + 75], static_cast<char>(i));
  EXPECT_EQ(pool.available(), pool.capacity());
}

TEST(PcapPort, SaysWhichFileIsMissing) {
  MbufPool pool(1024, -1);
  PortOptions options;
  options.name = "file";
  options.kind = DeviceKind::kPcap;
  options.device = "/nowhere/in.pcap,/tmp/out.pcap";
  const std::string words = refusal(options, pool);
  EXPECT_NE(words.find("port 'file'"), std::string::npos) << words;
  EXPECT_NE(words.find("/nowhere/in.pcap"), std::string::npos) << words;
}

TEST(MemifPort, StartsWithoutItsPeerAndCarriesPacketsOnceItIsThere) {
  TemporaryFolder folder;
  MbufPool pool(4096, -1);
  PortOptions options;
  options.name = "server";
  options.kind = DeviceKind::kMemif;
  options.device = folder.file("memif.sock");
  options.descriptors = 256;
  const EthPort server(options, 1, pool);
  EXPECT_FALSE(server.link_up());
  EXPECT_TRUE(server.partial_checksums());
  EXPECT_NE(refusal(options, pool).find("in use by another gateway"), std::string::npos);

  options.name = "client";
  options.memif_server = false;
  const EthPort client(options, 1, pool);
  EXPECT_NE(client.mac(), server.mac());
  for (int wait = 0; wait < 300 && !(server.link_up() && client.link_up()); ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ASSERT_TRUE(server.link_up() && client.link_up());

  auto frames = make_frames(pool, 8);
  ASSERT_EQ(client.tx(0, frames.data(), 8), 8U);
  std::array<rte_mbuf*, 32> received{};
  ASSERT_EQ(server.rx(0, received.data(), 32), 8U);
  EXPECT_EQ(*rte_pktmbuf_mtod_offset(received[7], std::uint8_t*, 99), 7U);
  rte_pktmbuf_free_bulk(received.data(), 8);
}

TEST(MemifPort, RemovesAStaleSocketButNothingElse) {
  TemporaryFolder folder;
  MbufPool pool(1024, -1);
  PortOptions options;
  options.name = "stale";
  options.kind = DeviceKind::kMemif;
  options.device = folder.file("memif.sock");
  options.descriptors = 256;
  std::ofstream(options.device) << "precious";
  EXPECT_NE(refusal(options, pool).find("something else is there"), std::string::npos);
  EXPECT_EQ(read_file(options.device), "precious");
  fs::remove(options.device);
  { const EthPort port(options, 1, pool); }
  EXPECT_FALSE(fs::exists(options.device)) << "the socket outlived its port";
}

TEST(LinuxPort, NamesAMissingInterface) {
  MbufPool pool(1024, -1);
  PortOptions options;
  options.name = "wan";
  options.device = "no-such-if0";
  EXPECT_EQ(refusal(options, pool),
            "port 'wan': there is no interface 'no-such-if0' here, expected the name of a Linux interface");
}

TEST(PciPort, NamesAMissingDevice) {
  MbufPool pool(1024, -1);
  PortOptions options;
  options.name = "nic";
  options.kind = DeviceKind::kPci;
  options.device = "0000:99:00.0";
  EXPECT_NE(refusal(options, pool).find("port 'nic': DPDK has no device '0000:99:00.0'"), std::string::npos);
}

TEST(KernelPath, RingsHaveNoneAndCannotBeShared) {
  MbufPool pool(1024, -1);
  RingPort far_end("nopath", 1, 64);
  PortOptions options = ring_options("nopath");
  {
    const EthPort port(options, 1, pool);
    const auto path = make_kernel_path(port, 1, pool);
    EXPECT_EQ(path->kind(), KernelPathKind::kNone);
    EXPECT_EQ(path->interface(), "");
    EXPECT_EQ(path->twin(), nullptr);
  }
  options.kernel_path = KernelPathKind::kShared;
  const EthPort port(options, 1, pool);
  EXPECT_THROW(make_kernel_path(port, 1, pool), SetupError);
}

}  // namespace
}  // namespace sallyport::drivers
