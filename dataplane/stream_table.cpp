#include "dataplane/stream_table.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace sallyport::dataplane {
namespace {

constexpr std::size_t kUdpPorts = 65536;

// What a packet touches lies in as few lines as Stream says.
static_assert(offsetof(Stream, quality) == 64 && offsetof(Stream, header) == 128 && offsetof(Stream, clock) == 192);
static_assert(sizeof(Stream) == 384);

}  // namespace

template <std::size_t kLength>
std::size_t StreamTable::hash(const std::uint8_t* address) noexcept {
  std::uint32_t mixed = 0;
  for (std::size_t i = 0; i < kLength; i += 4) {
    std::uint32_t word;
    std::memcpy(&word, address + i, 4);
    mixed ^= word;
  }
  return (mixed * 0x9e3779b1u) >> 16;
}

StreamTable::StreamTable(std::span<const LocalAddress> addresses, std::uint32_t capacity)
    : addresses_(addresses.begin(), addresses.end()), streams_(capacity) {
  const std::size_t size = std::bit_ceil(addresses.size() * 2 + 1);
  index_v4_.resize(size);
  index_v6_.resize(size);
  for (std::uint16_t slot = 0; slot < addresses_.size(); ++slot) {
    const drivers::IpAddress& address = addresses_[slot].address;
    std::vector<AddressSlot>& index = address.v6 ? index_v6_ : index_v4_;
    const std::uint8_t* bytes = address.bytes.data();
    std::size_t i = (address.v6 ? hash<16>(bytes) : hash<4>(bytes)) & (size - 1);
    while (index[i].used) i = (i + 1) & (size - 1);
    index[i] = {address.bytes, slot, true};
    ports_.push_back(std::make_unique<Stream*[]>(kUdpPorts));
  }
}

template <std::size_t kLength>
std::uint16_t StreamTable::look_up(const std::vector<AddressSlot>& index, const std::uint8_t* address) noexcept {
  std::size_t i = hash<kLength>(address) & (index.size() - 1);
  for (; index[i].used; i = (i + 1) & (index.size() - 1)) {
    if (std::memcmp(index[i].bytes.data(), address, kLength) == 0) return index[i].slot;
  }
  return kNoSlot;
}

std::uint16_t StreamTable::slot_of(const std::uint8_t* address, bool v6) const noexcept {
  return v6 ? look_up<16>(index_v6_, address) : look_up<4>(index_v4_, address);
}

bool StreamTable::add(std::unique_ptr<Stream>& stream) noexcept {
  const bool pair = stream->rtcp == RtcpMode::kPair;
  if (stream->id.index >= streams_.size() || stream->address_slot >= ports_.size()) return false;
  if (pair && stream->local_port == kUdpPorts - 1) return false;
  Stream** port = &ports_[stream->address_slot][stream->local_port];
  if (streams_[stream->id.index] != nullptr || port[0] != nullptr || (pair && port[1] != nullptr)) return false;
  port[0] = stream.get();
  if (pair) port[1] = stream.get();
  streams_[stream->id.index] = std::move(stream);
  return true;
}

std::unique_ptr<Stream> StreamTable::remove(StreamId id) noexcept {
  Stream* stream = find(id);
  if (stream == nullptr) return nullptr;
  Stream** port = &ports_[stream->address_slot][stream->local_port];
  port[0] = nullptr;
  if (stream->rtcp == RtcpMode::kPair) port[1] = nullptr;
  return std::move(streams_[id.index]);
}

bool StreamTable::set_rtcp(Stream& stream, RtcpMode mode) noexcept {
  const bool pair = mode == RtcpMode::kPair;
  if (pair != (stream.rtcp == RtcpMode::kPair)) {
    if (stream.local_port == kUdpPorts - 1) return false;
    Stream*& above = ports_[stream.address_slot][stream.local_port + std::size_t{1}];
    if (pair && above != nullptr) return false;
    above = pair ? &stream : nullptr;
  }
  stream.rtcp = mode;
  return true;
}

}  // namespace sallyport::dataplane
