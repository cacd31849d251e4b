// Receive side scaling that delivers media where it belongs: a Toeplitz key and a redirection table (RETA) with which a
// NIC that hashes the UDP destination port puts a packet into the queue of the port's owner (port_owner.hpp). Pure
// functions; device_steering.cpp brings them to a device.
//
// The Toeplitz hash (Microsoft, "RSS hashing functions") is the exclusive or of one 32 bit window of the key for every
// bit that is set in the input. With a single bit set in the key the hash is a piece of the input, in reverse order:
// with that bit in the right place, the low bits of the hash are the low bits of the port, without the lowest, which
// tells RTP from RTCP. Every other input bit shifts out of what the table is indexed with, addresses and source port as
// well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sallyport::drivers {

/// The addresses that arrive on a port.
enum class SteeredFamily : std::uint8_t { kIpv4, kIpv6 };

/// The shortest key that reaches an IPv6 packet's ports, in bytes (the usual length).
inline constexpr std::size_t kShortestRssKey = 40;

/// Whether a table of `reta_size` entries can tell apart what `queues` owners need to be told apart.
bool can_steer(unsigned queues, std::size_t reta_size) noexcept;

/// The key, `key_size` bytes (at least kShortestRssKey), for a table of `reta_size` entries (can_steer). It finds the
/// destination port behind both addresses, with the source port (or a hole) before it or without. For kIpv4 it finds it
/// in IPv6 packets too if the NIC hashes the port alone; if it hashes IPv6 addresses as well, they are spread instead.
std::vector<std::uint8_t> steering_key(SteeredFamily family, std::size_t key_size, std::size_t reta_size);

/// The table: the queue for each value of the hash's low bits. Expects can_steer(queues, reta_size).
std::vector<std::uint16_t> steering_table(unsigned queues, std::size_t reta_size);

}  // namespace sallyport::drivers
