// Which of the two protocols a packet belongs to.
#pragma once

#include <cstdint>

namespace sallyport::crypto {

enum class PacketKind : std::uint8_t { kRtp, kRtcp };

}  // namespace sallyport::crypto
