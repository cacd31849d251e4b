// Which worker has a UDP port. Here and not with the workers, because a NIC that steers media itself has to be told the
// same (rss_steering.hpp). Pure; called for every received packet.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sallyport::drivers {

/// Port pairs are dealt out to this many buckets, and the buckets to the owners: a NIC's redirection table tells apart
/// no more pairs than it has entries. 64 is the smallest table in use. More than 16 owners need more buckets, or some
/// would have far more ports than others; who has that many cores has NICs with larger tables.
constexpr std::uint32_t port_buckets(std::uint32_t owners) noexcept { return owners <= 16 ? 64 : 512; }

/// How many values of the deciding bits of a pair's number it takes to know its owner: a power of two. Where whole
/// rounds of dealing out fill the buckets, they repeat after one.
constexpr std::uint32_t deciding_values(std::uint32_t owners) noexcept {
  return port_buckets(owners) % owners == 0 ? owners : port_buckets(owners);
}

/// The owner, 0 to `owners` - 1, of a local UDP port. An RTP port and the RTCP port above it fall together.
/// Expects at least one owner and at most 512: further ones have no ports.
constexpr std::uint32_t owner_of_port(std::uint16_t port, std::uint32_t owners) noexcept {
  if (owners == 1) return 0;  // spares two divisions
  return (std::uint32_t{port} >> 1) % port_buckets(owners) % owners;
}

}  // namespace sallyport::drivers
