#include "perf/load/capture_shape.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <span>
#include <tuple>

#include "crypto/rtp_wire.hpp"
#include "dataplane/net_headers.hpp"
#include "perf/load/options.hpp"
#include "perf/load/payload.hpp"

namespace sallyport::load {
namespace {

/// Of all streams; a longer file is read so far.
constexpr std::size_t kMostPackets = 1'000'000;

/// With the time since 1970 and the time stamp of the capture.
using Packets = std::vector<PacketShape>;
using Addresses = std::array<std::uint8_t, 32>;
using StreamKey = std::tuple<Addresses, std::uint16_t, std::uint16_t, std::uint32_t>;
using Streams = std::map<StreamKey, Packets>;

StreamKey key_of(const dataplane::FrameView& view, std::uint32_t ssrc) {
  Addresses both{};
  const std::size_t length = view.v6 ? 16 : 4;
  std::memcpy(both.data(), view.source, length);
  std::memcpy(both.data() + 16, view.destination, length);
  return {both, view.source_port, view.destination_port, ssrc};
}

void take(Streams& streams, std::span<const std::uint8_t> frame, std::chrono::nanoseconds time) {
  const dataplane::FrameView view = dataplane::parse_frame(frame);
  if (view.kind != dataplane::FrameView::Kind::kUdp) return;
  const auto rtp = frame.subspan(view.payload_offset, view.payload_length);
  const auto header = crypto::rtp_header_length(rtp);
  if (!header || crypto::looks_like_rtcp(rtp.data())) return;
  const std::size_t size = std::clamp<std::size_t>(rtp.size() - *header, kMinPayload, kMaxPayload);
  streams[key_of(view, crypto::rtp_ssrc(rtp.data()))].push_back({.size = static_cast<std::uint16_t>(size),
                                                                 .type = rtp[1],
                                                                 .timestamp = crypto::rtp_timestamp(rtp.data()),
                                                                 .time = time});
}

/// The most frequent one between neighbours; 0 where there is none.
std::uint32_t usual_step(const Packets& packets) {
  std::map<std::uint32_t, std::size_t> steps;
  for (std::size_t i = 1; i < packets.size(); ++i) {
    const std::uint32_t step = packets[i].timestamp - packets[i - 1].timestamp;
    if (step != 0) ++steps[step];
  }
  const auto most =
      std::max_element(steps.begin(), steps.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == steps.end() ? 0 : most->first;
}

/// Times and time stamps since the first packet, times in order.
void begin_at_zero(Packets& packets) {
  const PacketShape first = packets.front();
  std::chrono::nanoseconds latest{};
  for (PacketShape& packet : packets) {
    packet.timestamp -= first.timestamp;
    packet.time = latest = std::max(latest, packet.time - first.time);
  }
}

struct Close {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

Streams read_streams(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  const std::unique_ptr<pcap_t, Close> file(
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, problem.data()));
  if (!file) throw UsageError("--replay: " + std::string(problem.data()));
  if (::pcap_datalink(file.get()) != DLT_EN10MB) throw UsageError("--replay '" + path + "': expected Ethernet frames");
  Streams streams;
  pcap_pkthdr* header = nullptr;
  const u_char* frame = nullptr;
  int status = 0;
  for (std::size_t count = 0; count < kMostPackets && (status = ::pcap_next_ex(file.get(), &header, &frame)) == 1;
       ++count) {
    const std::chrono::nanoseconds part(header->ts.tv_usec);  // of this precision
    take(streams, {frame, header->caplen}, std::chrono::seconds(header->ts.tv_sec) + part);
  }
  if (status == PCAP_ERROR) throw UsageError("--replay '" + path + "': " + ::pcap_geterr(file.get()));
  return streams;
}

}  // namespace

StreamShape read_capture(const std::string& path) {
  Streams streams = read_streams(path);
  const auto longest = std::max_element(streams.begin(), streams.end(),
                                        [](const auto& x, const auto& y) { return x.second.size() < y.second.size(); });
  if (longest == streams.end()) {
    throw UsageError("--replay '" + path + "': expected RTP over UDP in whole Ethernet frames, there is none");
  }
  Packets& packets = longest->second;
  begin_at_zero(packets);
  const std::chrono::nanoseconds length = packets.back().time;
  const std::uint32_t step = usual_step(packets);
  if (length.count() == 0 || step == 0) {
    throw UsageError("--replay '" + path + "': expected a stream of two packets at least, at different times");
  }
  // The next round begins as long after the last packet as packets are apart on average.
  const std::chrono::nanoseconds gap = length / static_cast<std::int64_t>(packets.size() - 1);
  const std::uint32_t timestamp_span = packets.back().timestamp + step;
  return {std::move(packets), timestamp_span, length + std::max(gap, std::chrono::nanoseconds(1))};
}

}  // namespace sallyport::load
