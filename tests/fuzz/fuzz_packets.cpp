// libFuzzer target for the packet path: whatever the bytes, headers are read within bounds, RTCP is rewritten within
// bounds, nothing that was not protected under the key authenticates, what was protected comes back as it was, and one
// flipped bit of it does not.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/rtp_wire.hpp"
#include "crypto/transform.hpp"
#include "dataplane/media/rtcp.hpp"
#include "dataplane/net_headers.hpp"

namespace {

using namespace sallyport;

constexpr std::size_t kMaxPacket = 1500;
constexpr std::size_t kTailRoom = 64;

void require(bool condition) {
  if (!condition) std::abort();
}

crypto::MasterKey fixed_key(std::uint8_t seed) {
  crypto::MasterKey key;
  for (std::size_t i = 0; i < key.key.size(); ++i) key.key.data()[i] = static_cast<std::uint8_t>(seed + i);
  for (std::size_t i = 0; i < key.salt.size(); ++i) key.salt.data()[i] = static_cast<std::uint8_t>(seed ^ (i * 7));
  return key;
}

/// A packet in memory of exactly its size and tail room, so that the sanitizer sees every step beyond.
struct Packet {
  explicit Packet(const std::uint8_t* data, std::size_t size) : bytes(size + kTailRoom), length(size) {
    std::copy(data, data + size, bytes.begin());
  }
  crypto::SrtpPacket view(crypto::Context& context, crypto::PacketKind kind, std::uint16_t header) {
    crypto::SrtpPacket packet{};
    packet.context = &context;
    packet.data = bytes.data();
    packet.length = static_cast<std::uint16_t>(length);
    packet.header_len = header;
    packet.room = static_cast<std::uint16_t>(bytes.size());
    packet.kind = kind;
    return packet;
  }
  std::vector<std::uint8_t> bytes;
  std::size_t length;
};

struct Crypto {
  std::unique_ptr<crypto::Engine> engine = crypto::make_engine(crypto::EngineKind::kIpsecMb);
  crypto::WorkspacePtr workspace = crypto::make_workspace();
};

crypto::Verdict open(Crypto& crypto, crypto::Context& context, Packet& packet, crypto::PacketKind kind,
                     std::uint16_t header) {
  crypto::SrtpPacket view = packet.view(context, kind, header);
  crypto::unprotect(*crypto.engine, *crypto.workspace, {&view, 1});
  packet.length = view.length;
  return view.verdict;
}

void fuzz_headers(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> frame(data, data + size);
  const dataplane::FrameView view = dataplane::parse_frame(frame);
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

void fuzz_srtp(const crypto::Suite& suite, crypto::PacketKind kind, std::uint8_t flip, const std::uint8_t* data,
               std::size_t size) {
  static Crypto crypto;
  std::uint16_t header = crypto::kRtcpFixedHeader;
  if (kind == crypto::PacketKind::kRtp) {
    const auto length = crypto::rtp_header_length({data, size});
    if (!length) return;
    header = *length;
  } else if (size < header || (data[0] >> 6) != 2) {
    return;
  }
  const crypto::MasterKey key = fixed_key(static_cast<std::uint8_t>(suite.key_len));
  crypto::Context receiver(*crypto.engine, suite, key);
  Packet forged(data, size);
  require(open(crypto, receiver, forged, kind, header) != crypto::Verdict::kOk);

  crypto::Context sender(*crypto.engine, suite, key);
  Packet packet(data, size);
  crypto::SrtpPacket view = packet.view(sender, kind, header);
  crypto::protect(*crypto.engine, *crypto.workspace, {&view, 1});
  require(view.verdict == crypto::Verdict::kOk);
  packet.length = view.length;

  Packet damaged = packet;
  damaged.bytes[flip % damaged.length] ^= static_cast<std::uint8_t>(1 << (flip & 7));
  const auto damaged_header =
      kind == crypto::PacketKind::kRtp ? crypto::rtp_header_length({damaged.bytes.data(), damaged.length}) : header;
  if (damaged_header) require(open(crypto, receiver, damaged, kind, *damaged_header) != crypto::Verdict::kOk);

  require(open(crypto, receiver, packet, kind, header) == crypto::Verdict::kOk);
  require(packet.length == size && std::memcmp(packet.bytes.data(), data, size) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > kMaxPacket) return 0;
  const crypto::Suite& suite = crypto::kSuites[data[0] % crypto::kSuites.size()];
  const std::uint8_t flip = data[1];
  fuzz_headers(data + 2, size - 2);
  fuzz_rtcp(data + 2, size - 2);
  fuzz_srtp(suite, crypto::PacketKind::kRtp, flip, data + 2, size - 2);
  fuzz_srtp(suite, crypto::PacketKind::kRtcp, flip, data + 2, size - 2);
  return 0;
}
