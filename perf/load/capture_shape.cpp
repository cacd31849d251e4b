#include "perf/load/capture_shape.hpp"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <tuple>

#include "crypto/rtp_wire.hpp"
#include "dataplane/net_headers.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {
namespace {

/// One more would make the generator's tables large, and no stream more like the captured one.
constexpr std::size_t kMostPackets = 1'000'000;

struct Seen {
  std::int64_t time_ns;
  std::uint32_t timestamp;
  std::uint16_t payload;
  std::uint8_t payload_type;
};

using Addresses = std::array<std::uint8_t, 32>;
using StreamKey = std::tuple<Addresses, std::uint16_t, std::uint16_t, std::uint32_t>;
using Streams = std::map<StreamKey, std::vector<Seen>>;

StreamKey key_of(const dataplane::FrameView& view, std::uint32_t ssrc) {
  Addresses both{};
  const std::size_t length = view.v6 ? 16 : 4;
  std::memcpy(both.data(), view.source, length);
  std::memcpy(both.data() + 16, view.destination, length);
  return {both, view.source_port, view.destination_port, ssrc};
}

void take(Streams& streams, std::span<const std::uint8_t> frame, std::int64_t time_ns) {
  const dataplane::FrameView view = dataplane::parse_frame(frame);
  if (view.kind != dataplane::FrameView::Kind::kUdp) return;
  const auto rtp = frame.subspan(view.payload_offset, view.payload_length);
  const auto header = crypto::rtp_header_length(rtp);
  if (!header || crypto::looks_like_rtcp(rtp.data())) return;
  streams[key_of(view, crypto::rtp_ssrc(rtp.data()))].push_back({time_ns, crypto::rtp_timestamp(rtp.data()),
                                                                 static_cast<std::uint16_t>(rtp.size() - *header),
                                                                 static_cast<std::uint8_t>(rtp[1] & 0x7f)});
}

/// Between neighbours, where time moves on.
std::uint32_t usual_step(const std::vector<Seen>& packets) {
  std::map<std::uint32_t, std::size_t> steps;
  for (std::size_t i = 1; i < packets.size(); ++i) {
    const std::uint32_t step = packets[i].timestamp - packets[i - 1].timestamp;
    if (step != 0 && step < 0x80000000) ++steps[step];
  }
  const auto most =
      std::max_element(steps.begin(), steps.end(), [](const auto& x, const auto& y) { return x.second < y.second; });
  return most == steps.end() ? 0 : most->first;
}

struct Close {
  void operator()(pcap_t* handle) const noexcept { ::pcap_close(handle); }
};

Streams read_streams(const std::string& path) {
  std::array<char, PCAP_ERRBUF_SIZE> problem{};
  const std::unique_ptr<pcap_t, Close> file(
      ::pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, problem.data()));
  if (!file) throw UsageError("--like: " + std::string(problem.data()));
  if (::pcap_datalink(file.get()) != DLT_EN10MB) throw UsageError("--like '" + path + "': expected Ethernet frames");
  Streams streams;
  pcap_pkthdr* header = nullptr;
  const u_char* frame = nullptr;
  int status = 0;
  for (std::size_t count = 0; count < kMostPackets && (status = ::pcap_next_ex(file.get(), &header, &frame)) == 1;
       ++count) {
    take(streams, {frame, header->caplen}, std::int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec);
  }
  if (status == PCAP_ERROR) throw UsageError("--like '" + path + "': " + ::pcap_geterr(file.get()));
  return streams;
}

}  // namespace

CaptureShape read_capture(const std::string& path) {
  const Streams streams = read_streams(path);
  const auto longest = std::max_element(streams.begin(), streams.end(),
                                        [](const auto& x, const auto& y) { return x.second.size() < y.second.size(); });
  if (longest == streams.end()) {
    throw UsageError("--like '" + path + "': expected RTP over UDP in whole Ethernet frames, there is none");
  }
  const std::vector<Seen>& packets = longest->second;
  CaptureShape shape;
  for (const Seen& packet : packets) shape.sizes.push_back(packet.payload);
  shape.payload_type = packets.front().payload_type;
  shape.timestamp_step = usual_step(packets);
  const double seconds = static_cast<double>(packets.back().time_ns - packets.front().time_ns) * 1e-9;
  if (seconds <= 0 || shape.timestamp_step == 0) {
    throw UsageError("--like '" + path + "': expected a stream of two packets at least, at different times");
  }
  shape.rate = static_cast<double>(packets.size() - 1) / seconds;
  return shape;
}

}  // namespace sallyport::load
