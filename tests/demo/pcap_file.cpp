#include "tests/demo/pcap_file.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>

namespace sallyport::demo {
namespace {

using View = std::span<const std::uint8_t>;

constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;  // in the byte order of this host
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kEthernet = 1;
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;
constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint8_t kUdp = 17;

std::uint32_t host32(View data, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, data.data() + at, sizeof value);
  return value;
}

std::uint16_t be16(View data, std::size_t at) { return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]); }

/// Where the UDP header of a frame starts.
std::optional<std::size_t> udp_at(View frame) {
  constexpr std::size_t kIpv4Least = 20;
  constexpr std::size_t kIpv6Header = 40;
  if (frame.size() < kEthernetHeader + kIpv4Least + kUdpHeader) return std::nullopt;
  const View ip = frame.subspan(kEthernetHeader);
  switch (be16(frame, 12)) {
    case 0x0800:  // IPv4
      if (ip[9] != kUdp) return std::nullopt;
      return kEthernetHeader + (ip[0] & 15U) * 4U;
    case 0x86dd:  // IPv6
      if (ip[6] != kUdp) return std::nullopt;
      return kEthernetHeader + kIpv6Header;
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> payload_to(View frame, std::uint16_t port) {
  const auto udp = udp_at(frame);
  if (!udp || *udp + kUdpHeader > frame.size() || be16(frame, *udp + 2) != port) return std::nullopt;
  const std::size_t length = be16(frame, *udp + 4);
  if (length < kUdpHeader || *udp + length > frame.size()) return std::nullopt;
  const View payload = frame.subspan(*udp + kUdpHeader, length - kUdpHeader);
  return Bytes(payload.begin(), payload.end());
}

}  // namespace

Bytes read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<Bytes> udp_payloads(const std::string& path, std::uint16_t destination_port) {
  const Bytes file = read_bytes(path);
  const View data(file);
  const std::uint32_t magic = data.size() < kFileHeader ? 0 : host32(data, 0);
  if ((magic != kMicroseconds && magic != kNanoseconds) || host32(data, 20) != kEthernet) {
    throw std::runtime_error(path + " is not a pcap file of Ethernet frames");
  }
  std::vector<Bytes> payloads;
  for (std::size_t at = kFileHeader; at + kRecordHeader <= data.size();) {
    const std::size_t length = host32(data, at + 8);
    at += kRecordHeader;
    if (length > data.size() - at) break;
    if (auto payload = payload_to(data.subspan(at, length), destination_port)) payloads.push_back(std::move(*payload));
    at += length;
  }
  return payloads;
}

}  // namespace sallyport::demo
