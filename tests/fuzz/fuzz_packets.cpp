// libFuzzer target for the packet path beside SRTP (which fuzz_srtp sees to): whatever the bytes, headers are read
// within bounds and RTCP is rewritten within bounds.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/bytes.hpp"
#include "dataplane/media/rtcp.hpp"
#include "dataplane/net_headers.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace sallyport;
using fuzz::require;

constexpr std::size_t kMaxPacket = 1500;

void fuzz_headers(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> frame(data, data + size);
  const dataplane::FrameView view = dataplane::parse_frame(frame);
  dataplane::FrameView usual;
  if (dataplane::parse_usual_frame(frame, usual)) require(usual == view);
  if (view.kind == dataplane::FrameView::Kind::kUdp) {
    require(std::size_t{view.payload_offset} + view.payload_length <= size);
  }
}

void fuzz_rtcp(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> packet(data, data + size);
  if (!dataplane::rtcp_is_well_formed(packet)) return;
  dataplane::TxClock clock(dataplane::TxMode::kFreshSsrc, {.ssrc = 1, .ssrc_stride = 3, .random = 7});
  dataplane::rtcp_to_sent_numbers(packet, clock);
  require(clock.sent_as(crypto::load_be32(packet.data() + 4)) != nullptr);  // SRTCP encrypts under an SSRC of ours
  dataplane::rtcp_to_source_numbers(packet, clock);
  require(dataplane::rtcp_is_well_formed(packet));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxPacket) return 0;
  fuzz_headers(data, size);
  fuzz_rtcp(data, size);
  return 0;
}
