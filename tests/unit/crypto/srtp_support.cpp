#include "tests/unit/crypto/srtp_support.hpp"

#include <random>

#include "crypto/engines/lanes.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::crypto::test {

Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Bytes make_rtp(const RtpShape& shape) {
  const std::size_t extension = shape.extension_words == 0 ? 0 : 4 + 4 * std::size_t{shape.extension_words};
  const std::size_t header = kRtpFixedHeader + 4 * std::size_t{shape.csrcs} + extension;
  Bytes packet(header + shape.payload);
  std::minstd_rand random(shape.sequence + 1U);
  for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
  packet[0] = static_cast<std::uint8_t>(0x80 | (extension != 0 ? 0x10 : 0) | shape.csrcs);
  packet[1] = 0;
  set_rtp_sequence(packet.data(), shape.sequence);
  set_rtp_ssrc(packet.data(), shape.ssrc);
  if (extension != 0) store_be16(packet.data() + header - extension + 2, shape.extension_words);
  return packet;
}

Bytes make_rtcp(std::uint32_t ssrc, std::size_t body) {
  Bytes packet(kRtcpFixedHeader + body);
  std::minstd_rand random(ssrc);
  for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random());
  packet[0] = 0x80;
  packet[1] = 200;
  store_be16(packet.data() + 2, static_cast<std::uint16_t>(packet.size() / 4 - 1));
  store_be32(packet.data() + 4, ssrc);
  return packet;
}

MasterKey make_master(std::uint32_t seed) {
  std::mt19937 random(seed);
  MasterKey master;
  for (std::size_t i = 0; i < master.key.size(); ++i) master.key.data()[i] = static_cast<std::uint8_t>(random());
  for (std::size_t i = 0; i < master.salt.size(); ++i) master.salt.data()[i] = static_cast<std::uint8_t>(random());
  return master;
}

std::vector<NamedEngine> all_engines() {
  std::vector<NamedEngine> engines;
  engines.push_back({"openssl", make_engine(EngineKind::kOpenSsl)});
  if (lanes_available()) engines.push_back({"lanes", make_engine(EngineKind::kLanes)});
  for (const Isa isa : {Isa::kSse, Isa::kAvx2, Isa::kAvx512}) {
    if (isa > best_isa()) break;
    auto engine = std::make_unique<IpsecMbEngine>(isa);
    const std::string name(engine->description());
    engines.push_back({name, std::move(engine)});
  }
  return engines;
}

SrtpPacket describe(PacketKind kind, std::uint8_t* data, std::size_t length, std::size_t room, Context& context) {
  const auto header = rtp_header_length({data, length});
  const auto header_len = kind == PacketKind::kRtcp ? kRtcpFixedHeader : header.value_or(kRtpFixedHeader);
  SrtpPacket packet{};
  packet.context = &context;
  packet.data = data;
  packet.length = static_cast<std::uint16_t>(length);
  packet.header_len = static_cast<std::uint16_t>(header_len);
  packet.room = static_cast<std::uint16_t>(room);
  packet.kind = kind;
  return packet;
}

Endpoint::Endpoint(Engine& engine, const Suite& suite, const MasterKey& master, const ContextOptions& options)
    : engine_(&engine), context_(engine, suite, master, options), workspace_(make_workspace()) {}

Verdict Endpoint::protect(PacketKind kind, Bytes& packet) {
  const std::size_t length = packet.size();
  packet.resize(length + context_.overhead(kind));
  SrtpPacket described = describe(kind, packet.data(), length, packet.size(), context_);
  crypto::protect(*engine_, *workspace_, {&described, 1});
  packet.resize(described.length);
  last_index_ = described.index;
  last_attention_ = described.attention;
  return described.verdict;
}

Verdict Endpoint::unprotect(PacketKind kind, Bytes& packet) {
  SrtpPacket described = describe(kind, packet.data(), packet.size(), packet.size(), context_);
  crypto::unprotect(*engine_, *workspace_, {&described, 1});
  packet.resize(described.length);
  last_index_ = described.index;
  last_attention_ = described.attention;
  return described.verdict;
}

}  // namespace sallyport::crypto::test
