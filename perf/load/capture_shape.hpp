// What the packets of a captured RTP stream look like, for streams that are to be like it. Read once, by the options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::load {

struct CaptureShape {
  std::vector<std::uint16_t> sizes;  ///< of the payloads, packet by packet
  std::uint8_t payload_type = 0;     ///< of the first packet
  std::uint32_t timestamp_step = 0;  ///< the most frequent one, RTP clock units
  double rate = 0;                   ///< packets per second, over the whole stream
};

/// The RTP stream with the most packets in a pcap or pcapng file: RTP over UDP over IPv4 or IPv6 over Ethernet, one
/// stream per addresses, ports and SSRC. Throws UsageError that says what is wrong with the file.
CaptureShape read_capture(const std::string& path);

}  // namespace sallyport::load
