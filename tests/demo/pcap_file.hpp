// The UDP datagrams to one port in a capture file (classic pcap, Ethernet), for programs that judge captured traffic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::demo {

using Bytes = std::vector<std::uint8_t>;

/// The whole file. Throws std::runtime_error with a sentence if it cannot be read.
Bytes read_bytes(const std::string& path);

/// Payloads of the UDP datagrams (IPv4 without fragments, IPv6 without extension headers) to that port, in the order of
/// the file. Throws std::runtime_error if it is no such file; an incomplete last record is ignored.
std::vector<Bytes> udp_payloads(const std::string& path, std::uint16_t destination_port);

}  // namespace sallyport::demo
