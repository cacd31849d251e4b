// Capture files: what the generator writes is what was on the wire, and streams can be like captured ones.
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <thread>

#include "crypto/bytes.hpp"
#include "crypto/error.hpp"
#include "dataplane/net_headers.hpp"
#include "direct.hpp"
#include "folder.hpp"
#include "memory_link.hpp"
#include "perf/load/capture_shape.hpp"
#include "perf/load/recording_link.hpp"
#include "perf/load/runner.hpp"

namespace sallyport::load {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Every frame of a file.
std::vector<Bytes> frames_of(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  pcap_t* file = ::pcap_open_offline(path.c_str(), problem.data());
  EXPECT_NE(file, nullptr) << problem.data();
  std::vector<Bytes> frames;
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  while (file != nullptr && ::pcap_next_ex(file, &header, &bytes) == 1) {
    EXPECT_EQ(header->caplen, header->len);
    frames.emplace_back(bytes, bytes + header->caplen);
  }
  if (file != nullptr) ::pcap_close(file);
  return frames;
}

Bytes payload_of(const Bytes& frame) {
  const dataplane::FrameView view = dataplane::parse_frame(frame);
  EXPECT_EQ(view.kind, dataplane::FrameView::Kind::kUdp);
  const auto* start = frame.data() + view.payload_offset;
  return {start, start + view.payload_length};
}

/// RFC 1071: 0xffff over what has its checksum in it.
std::uint16_t internet_sum(std::span<const std::uint8_t> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

/// RTP of one source with a fresh sequence number, as a gateway's party would send it.
Bytes rtp(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, std::size_t payload) {
  Bytes packet(12 + payload, 0x55);
  packet[0] = 0x80;
  packet[1] = 8;
  crypto::store_be16(&packet[2], sequence);
  crypto::store_be32(&packet[4], timestamp);
  crypto::store_be32(&packet[8], ssrc);
  return packet;
}

std::string refusal(const std::string& path) {
  try {
    read_capture(path);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Pcap, WritesWhatWasSentAndReceivedAsItWasOnTheWire) {
  const Folder folder;
  const std::string path = folder.file("run.pcap");
  const LoadOptions options = direct("26000", {"--streams", "2", "--packets", "5", "--write-pcap", path});
  EXPECT_TRUE(Runner(options).run().all_right());
  const std::vector<Bytes> frames = frames_of(path);
  ASSERT_EQ(frames.size(), 20U);  // each once out and once in
  for (const Bytes& frame : frames) {
    const dataplane::FrameView view = dataplane::parse_frame(frame);
    ASSERT_EQ(view.kind, dataplane::FrameView::Kind::kUdp);
    EXPECT_EQ(view.payload_length, 172);
    EXPECT_EQ(view.source_port, view.destination_port);
    EXPECT_GE(view.source_port, 26000);
  }
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(Pcap, HeadersAreWhole) {
  const Folder folder;
  for (const char* host : {"192.0.2.1", "[2001:db8::1]"}) {
    const auto source = *Endpoint::parse(std::string(host) + ":5000");
    const auto destination = *Endpoint::parse(std::string(host) + ":6001");
    const Bytes payload = rtp(1, 2, 3, 21);
    { PcapWriter(folder.file("one.pcap")).write(source, destination, payload); }
    const std::vector<Bytes> frames = frames_of(folder.file("one.pcap"));
    ASSERT_EQ(frames.size(), 1U);
    const dataplane::FrameView view = dataplane::parse_frame(frames[0]);
    EXPECT_EQ(view.source_port, 5000);
    EXPECT_EQ(view.destination_port, 6001);
    EXPECT_EQ(payload_of(frames[0]), payload);
    const std::size_t udp = view.payload_offset - 8U;
    const std::size_t addresses = view.v6 ? 16 : 4;
    Bytes pseudo(view.source, view.source + 2 * addresses);  // RFC 768, RFC 8200 8.1
    pseudo.insert(pseudo.end(), {0, 17, 0, static_cast<std::uint8_t>(frames[0].size() - udp)});
    pseudo.insert(pseudo.end(), frames[0].begin() + static_cast<std::ptrdiff_t>(udp), frames[0].end());
    EXPECT_EQ(internet_sum(pseudo), 0xffff);
    if (view.v6) continue;
    EXPECT_EQ(internet_sum(std::span(frames[0]).subspan(14, 20)), 0xffff);
  }
}

TEST(Pcap, APacketThatTheLinkHadNoRoomForIsWrittenOnce) {
  const Folder folder;
  auto inner = std::make_unique<MemoryLink>();
  MemoryLink& memory = *inner;
  {
    PcapWriter writer(folder.file("retry.pcap"));
    const auto local = *Endpoint::parse("192.0.2.1:5000");
    RecordingLink link(std::move(inner), {{{0, Side::kA}, local, Endpoint(local), RtcpMode::kPair}}, writer);
    std::array<Packet, 3> packets;
    ASSERT_EQ(link.allocate(packets), 3U);
    for (Packet& packet : packets) {
      packet.length = 40;
      packet.rtcp = &packet == &packets[2];
    }
    memory.room = 1;
    EXPECT_EQ(link.send(packets), 1U);
    EXPECT_EQ(link.send(std::span(packets).subspan(1)), 1U);
    EXPECT_EQ(link.send(std::span(packets).subspan(2)), 1U);
  }
  const std::vector<Bytes> frames = frames_of(folder.file("retry.pcap"));
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(dataplane::parse_frame(frames[0]).destination_port, 5000);
  EXPECT_EQ(dataplane::parse_frame(frames[2]).destination_port, 5001);
}

TEST(Pcap, TheLongestStreamOfACaptureIsTheModel) {
  const Folder folder;
  const std::string path = folder.file("model.pcap");
  {
    PcapWriter writer(path);
    const auto one = *Endpoint::parse("192.0.2.1:5000");
    const auto other = *Endpoint::parse("192.0.2.2:5000");
    writer.write(one, other, Bytes(100, 0x16));  // no RTP
    writer.write(one, other, {});                // nothing at all
    for (std::uint16_t i = 0; i < 3; ++i) writer.write(other, one, rtp(9, i, 80U * i, 99));
    for (std::uint16_t i = 0; i < 6; ++i) {
      writer.write(one, other, rtp(7, i, 0xfffffff0 + 240U * i, i == 4 ? 4 : 40U + i));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  const StreamShape shape = read_capture(path);
  const std::vector<std::uint16_t> sizes{40, 41, 42, 43, 32, 45, 40};  // the fifth is too small to be judged
  for (std::uint32_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(shape.size(i), sizes[i]) << i;
    EXPECT_EQ(shape.type(i), 8) << i;
    EXPECT_EQ(shape.timestamp(i), 240U * i) << i;
  }
  EXPECT_GE(shape.time(5), std::chrono::milliseconds(25));
  EXPECT_GT(shape.time(6), shape.time(5));

  const LoadOptions options = direct("26100", {"--replay", path, "--packets", "9", "--streams", "3"});
  EXPECT_TRUE(options.own_times);
  EXPECT_DOUBLE_EQ(options.stream_rate, shape.rate());
  const RunResult result = Runner(options).run();
  EXPECT_TRUE(result.all_right());
  EXPECT_EQ(result.directions[0].total.right, 27U);
  EXPECT_THROW(direct("26100", {"--replay", path, "--size", "160", "--payload-type", "8"}), UsageError);
  EXPECT_FALSE(direct("26100", {"--replay", path, "--rate", "7"}).own_times);
}

TEST(Pcap, SaysWhatIsWrongWithACapture) {
  const Folder folder;
  EXPECT_NE(refusal(folder.file("none.pcap")).find("none.pcap"), std::string::npos);
  EXPECT_NE(refusal(folder.write("text.pcap", "this is not a capture, by far")).find("--replay"), std::string::npos);
  { const PcapWriter empty(folder.file("empty.pcap")); }
  EXPECT_NE(refusal(folder.file("empty.pcap")).find("expected RTP"), std::string::npos);
  {
    PcapWriter one(folder.file("one.pcap"));
    const auto end = *Endpoint::parse("192.0.2.1:5000");
    one.write(end, end, rtp(1, 1, 1, 160));
  }
  EXPECT_NE(refusal(folder.file("one.pcap")).find("two packets"), std::string::npos);
  EXPECT_THROW(PcapWriter("/nowhere/at/all.pcap"), SetupError);
}

TEST(Pcap, RefusesACutFile) {
  const Folder folder;
  const std::string path = folder.file("cut.pcap");
  {
    PcapWriter writer(path);
    const auto end = *Endpoint::parse("192.0.2.1:5000");
    for (std::uint16_t i = 0; i < 4; ++i) writer.write(end, end, rtp(1, i, 160U * i, 160));
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 7);
  EXPECT_NE(refusal(path), "accepted");
}

}  // namespace
}  // namespace sallyport::load
