#include "drivers/rss_steering.hpp"

#include <array>
#include <bit>

#include "drivers/port_owner.hpp"

namespace sallyport::drivers {
namespace {

/// Where the destination port may begin in the hash's input, in bits: behind both addresses, and 16 bits further on if
/// the source port keeps its place. A bit of the key for a place that lies beyond the input does nothing.
constexpr std::array<std::size_t, 2> kBehindIpv4{64, 80};
constexpr std::array<std::size_t, 2> kBehindIpv6{256, 272};

/// An index has to leave out the port's lowest bit, and a port has 16.
constexpr std::size_t kLargestTable = std::size_t{1} << 15;

/// The hash's low bit i is input bit `set - 31 + i` for a key bit `set`; it has to be the port's bit `bits` - i,
/// counted from its end, that is input bit port_begin + 15 - (bits - i).
constexpr std::size_t key_bit(std::size_t port_begin, std::size_t bits) noexcept { return port_begin + 46 - bits; }

std::size_t index_bits(std::size_t reta_size) noexcept { return static_cast<std::size_t>(std::countr_zero(reta_size)); }

void set_bit(std::vector<std::uint8_t>& key, std::size_t bit) {
  key[bit / 8] = static_cast<std::uint8_t>(key[bit / 8] | (0x80U >> (bit % 8)));
}

/// The port pair (port / 2) behind an index: the same bits in reverse order.
std::size_t pair_of(std::size_t index, std::size_t bits) noexcept {
  std::size_t pair = 0;
  for (std::size_t i = 0; i < bits; ++i) pair |= (index >> i & 1U) << (bits - 1 - i);
  return pair;
}

}  // namespace

bool can_steer(unsigned queues, std::size_t reta_size) noexcept {
  if (queues == 0 || !std::has_single_bit(reta_size) || reta_size > kLargestTable) return false;
  return reta_size >= deciding_values(queues);
}

std::vector<std::uint8_t> steering_key(SteeredFamily family, std::size_t key_size, std::size_t reta_size) {
  std::vector<std::uint8_t> key(key_size);
  const std::size_t bits = index_bits(reta_size);
  for (const std::size_t begin : kBehindIpv6) set_bit(key, key_bit(begin, bits));
  if (family == SteeredFamily::kIpv4) {
    for (const std::size_t begin : kBehindIpv4) set_bit(key, key_bit(begin, bits));
  }
  return key;
}

std::vector<std::uint16_t> steering_table(unsigned queues, std::size_t reta_size) {
  std::vector<std::uint16_t> table;
  for (std::size_t index = 0; index < reta_size; ++index) {
    const auto port = static_cast<std::uint16_t>(pair_of(index, index_bits(reta_size)) << 1);
    table.push_back(static_cast<std::uint16_t>(owner_of_port(port, queues)));
  }
  return table;
}

}  // namespace sallyport::drivers
