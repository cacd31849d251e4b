// Bounds on what a peer may send us. Said once; parser, framer and transports keep to them.
#pragma once

#include <cstddef>

namespace sallyport::controlplane::sip {

inline constexpr std::size_t kMaxHead = 64 * 1024;  ///< start line and headers, the blank line included
inline constexpr std::size_t kMaxBody = 64 * 1024;  ///< by Content-Length
inline constexpr std::size_t kMaxHeaders = 256;     ///< header fields, after lists were taken apart

}  // namespace sallyport::controlplane::sip
