// The packets of a captured RTP stream as a shape for streams of ours. Read once, by the options.
#pragma once

#include <string>

#include "perf/load/stream_shape.hpp"

namespace sallyport::load {

/// The RTP stream with the most packets in a pcap or pcapng file: RTP over UDP over IPv4 or IPv6 over Ethernet, one
/// stream per addresses, ports and SSRC. Sizes are kept within what the generator can judge. Throws UsageError that
/// says what is wrong with the file.
StreamShape read_capture(const std::string& path);

}  // namespace sallyport::load
