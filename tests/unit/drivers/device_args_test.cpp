#include "drivers/device_args.hpp"

#include <gtest/gtest.h>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

PortOptions port(DeviceKind kind, const std::string& device) {
  PortOptions options;
  options.name = "wan";
  options.kind = kind;
  options.device = device;
  return options;
}

TEST(DeviceArgs, AfXdp) {
  const auto device = af_xdp_device(port(DeviceKind::kLinux, "veth0"), 2, "/proc/self/fd/9");
  EXPECT_EQ(device.name, "net_af_xdp_wan");
  EXPECT_EQ(device.args, "iface=veth0,start_queue=0,queue_count=2,xdp_prog=/proc/self/fd/9");
}

TEST(DeviceArgs, AfPacketKeepsItsRingsWithinLockableMemory) {
  PortOptions options = port(DeviceKind::kLinux, "veth0");
  EXPECT_EQ(af_packet_device(options).args, "iface=veth0,qpairs=1,blocksz=4096,framesz=2048,framecnt=2048");
  options.descriptors = 512;
  EXPECT_EQ(af_packet_device(options).args, "iface=veth0,qpairs=1,blocksz=4096,framesz=2048,framecnt=512");
}

TEST(DeviceArgs, Memif) {
  PortOptions options = port(DeviceKind::kMemif, "/run/x.sock");
  const MacAddress mac = *MacAddress::parse("02:00:00:00:00:01");
  EXPECT_EQ(memif_device(options, mac).name, "net_memif_wan");
  EXPECT_EQ(memif_device(options, mac).args,
            "role=server,id=0,socket=/run/x.sock,socket-abstract=no,zero-copy=no,rsize=12,mac=02:00:00:00:00:01");
  options.memif_server = false;
  options.descriptors = 1500;  // rounded down to a power of two
  EXPECT_EQ(memif_device(options, mac).args,
            "role=client,id=0,socket=/run/x.sock,socket-abstract=no,zero-copy=no,rsize=10,mac=02:00:00:00:00:01");
}

TEST(DeviceArgs, MemifQueuesArePartOfTheDevice) {
  EXPECT_EQ(memif_socket(port(DeviceKind::kMemif, "/run/x.sock")).queues, 1U);
  const auto socket = memif_socket(port(DeviceKind::kMemif, "/run/x.sock,queues=4"));
  EXPECT_EQ(socket.path, "/run/x.sock");
  EXPECT_EQ(socket.queues, 4U);
  for (const char* text : {"", "x.sock", "/run/x.sock,", "/run/x.sock,queues=", "/run/x.sock,queues=0",
                           "/run/x.sock,queues=257", "/run/x.sock,queues=2x", "/run/x.sock,id=3", "/run/a b"}) {
    EXPECT_THROW(memif_socket(port(DeviceKind::kMemif, text)), SetupError) << text;
  }
}

TEST(DeviceArgs, Pcap) {
  const auto device = pcap_device(port(DeviceKind::kPcap, "in.pcap,/tmp/out.pcap"));
  EXPECT_EQ(device.name, "net_pcap_wan");
  EXPECT_EQ(device.args, "rx_pcap=in.pcap,tx_pcap=/tmp/out.pcap");
  for (const char* text : {"", "in.pcap", "in.pcap,", ",out.pcap", "a.pcap,b.pcap,infinite_rx=1"}) {
    EXPECT_THROW(pcap_device(port(DeviceKind::kPcap, text)), SetupError) << text;
  }
}

TEST(DeviceArgs, NothingBreaksOutOfAnArgument) {
  for (const char* text : {"", "veth0,qpairs=2", "a=b", "a b", "a[b]", "a\"b", "a\nb"}) {
    EXPECT_THROW(af_xdp_device(port(DeviceKind::kLinux, text), 1, "/p"), SetupError) << text;
    EXPECT_THROW(af_packet_device(port(DeviceKind::kLinux, text)), SetupError) << text;
  }
}

TEST(DeviceArgs, ErrorsNamePortDeviceAndExpectation) {
  try {
    pcap_device(port(DeviceKind::kPcap, "only-one"));
    FAIL() << "was accepted";
  } catch (const SetupError& error) {
    EXPECT_STREQ(error.what(), "port 'wan': device 'only-one': expected two files, \"in.pcap,out.pcap\"");
  }
}

TEST(DeviceArgs, Tap) {
  const auto device = tap_device("sp-wan", *MacAddress::parse("02:00:00:00:00:01"));
  EXPECT_EQ(device.name, "net_tap_sp-wan");
  EXPECT_EQ(device.args, "iface=sp-wan,mac=02:00:00:00:00:01");
}

}  // namespace
}  // namespace sallyport::drivers
