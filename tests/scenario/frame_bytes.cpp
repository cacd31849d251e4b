#include "tests/scenario/frame_bytes.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <stdexcept>

namespace sallyport::scenario {
namespace {

constexpr std::uint8_t kUdp = 17;

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
void append16(Bytes& bytes, std::size_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

/// RFC 768 and RFC 8200 8.1: addresses, length and protocol count too.
Bytes with_pseudo_header(const Bytes& source, const Bytes& destination, const Bytes& udp) {
  Bytes bytes = source;
  append(bytes, destination);
  append16(bytes, 0);
  append16(bytes, udp.size());
  append16(bytes, 0);
  append16(bytes, kUdp);
  append(bytes, udp);
  return bytes;
}

std::string address_text(const Bytes& frame, std::size_t offset, bool v6) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, frame.data() + offset, text.data(), text.size());
  return text.data();
}

Bytes part(const Bytes& bytes, std::size_t offset, std::size_t length) {
  if (offset + length > bytes.size()) throw std::runtime_error("frame is cut short");
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return Bytes(first, first + static_cast<std::ptrdiff_t>(length));
}

}  // namespace

Bytes address_bytes(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  Bytes bytes(v6 ? 16 : 4);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) throw std::runtime_error("address: " + text);
  return bytes;
}

std::uint16_t internet_checksum(const Bytes& bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

Frame& Frame::macs(const Mac& source, const Mac& destination) {
  source_ = source;
  destination_ = destination;
  return *this;
}

Bytes Frame::ip_header(std::size_t udp_size) const {
  Bytes ip;
  if (from_.v6()) {
    ip = {static_cast<std::uint8_t>(0x60 | dscp_ >> 2), static_cast<std::uint8_t>(dscp_ << 6), 0, 0};
    append16(ip, udp_size);
    ip.push_back(protocol_);
    ip.push_back(63);
    append(ip, address_bytes(from_.address));
    append(ip, address_bytes(to_.address));
    return ip;
  }
  ip = {static_cast<std::uint8_t>(0x45 + option_words_), static_cast<std::uint8_t>(dscp_ << 2)};
  append16(ip, 20 + 4 * option_words_ + udp_size);
  append16(ip, 0x1234);
  append16(ip, fragment_);
  ip.push_back(63);
  ip.push_back(protocol_);
  append16(ip, 0);
  append(ip, address_bytes(from_.address));
  append(ip, address_bytes(to_.address));
  ip.insert(ip.end(), 4 * option_words_, 1);
  put_be16(ip, 10, internet_checksum(ip));
  return ip;
}

Bytes Frame::udp_datagram() const {
  Bytes udp;
  append16(udp, from_.port);
  append16(udp, to_.port);
  append16(udp, udp_length_.value_or(static_cast<std::uint16_t>(payload_.size() + 8)));
  append16(udp, 0);
  append(udp, payload_);
  if (udp_checksum_) {
    const auto sum =
        internet_checksum(with_pseudo_header(address_bytes(from_.address), address_bytes(to_.address), udp));
    put_be16(udp, 6, sum == 0 ? std::uint16_t{0xffff} : sum);
  }
  return udp;
}

Bytes Frame::bytes() const {
  Bytes frame(destination_.begin(), destination_.end());
  frame.insert(frame.end(), source_.begin(), source_.end());
  if (vlan_) {
    append16(frame, 0x8100);
    append16(frame, *vlan_);
  }
  append16(frame, from_.v6() ? 0x86dd : 0x0800);
  const Bytes udp = udp_datagram();
  append(frame, ip_header(udp.size()));
  append(frame, udp);
  frame.insert(frame.end(), ethernet_padding_, 0xee);
  return frame;
}

ReadFrame read_frame(const Bytes& frame) {
  ReadFrame read;
  const std::uint16_t type = be16(frame, 12);
  if (type != 0x0800 && type != 0x86dd) throw std::runtime_error("not an IP frame");
  const bool v6 = type == 0x86dd;
  std::copy_n(frame.begin(), 6, read.destination.begin());
  std::copy_n(frame.begin() + 6, 6, read.source.begin());
  const std::size_t ip_length = v6 ? 40 : 20;
  const std::size_t udp_size = v6 ? be16(frame, 18) : be16(frame, 16) - 20U;
  const Bytes ip = part(frame, 14, ip_length);
  const Bytes udp = part(frame, 14 + ip_length, udp_size);
  if ((v6 ? ip[6] : ip[9]) != kUdp || be16(udp, 4) != udp_size) throw std::runtime_error("not a whole UDP datagram");
  read.from = {address_text(ip, v6 ? 8 : 12, v6), be16(udp, 0)};
  read.to = {address_text(ip, v6 ? 24 : 16, v6), be16(udp, 2)};
  read.dscp = v6 ? static_cast<std::uint8_t>((be16(ip, 0) >> 6) & 0x3f) : static_cast<std::uint8_t>(ip[1] >> 2);
  read.hop_limit = v6 ? ip[7] : ip[8];
  read.ip_checksum_right = v6 || internet_checksum(ip) == 0;
  read.udp_checksum_present = be16(udp, 6) != 0;
  read.udp_checksum_right =
      internet_checksum(with_pseudo_header(address_bytes(read.from.address), address_bytes(read.to.address), udp)) == 0;
  read.payload = part(udp, 8, udp_size - 8);
  return read;
}

}  // namespace sallyport::scenario
