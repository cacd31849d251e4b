// Which stream a local (address, UDP port) belongs to: one array load. One table per worker; addresses and media ranges
// are fixed at start, streams come and go by the worker's own hand.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/stream.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::dataplane {

/// One of our addresses and where media for it may arrive.
struct LocalAddress {
  drivers::IpAddress address;
  drivers::PortRange media_ports;
  std::uint16_t port = 0;  ///< index of the worker port that it belongs to
};

class StreamTable {
 public:
  static constexpr std::uint16_t kNoSlot = 0xffff;

  /// The same addresses in the same order on every worker: a slot is an index into them. `capacity`: streams at a time.
  StreamTable(std::span<const LocalAddress> addresses, std::uint32_t capacity);

  /// The slot of an address (4 or 16 bytes), kNoSlot where it is not ours.
  std::uint16_t slot_of(const std::uint8_t* address, bool v6) const noexcept;
  const LocalAddress& address(std::uint16_t slot) const noexcept { return addresses_[slot]; }

  /// The stream of a local port; null where there is none. RTP's port and, with RtcpMode::kPair, the one above.
  Stream* at(std::uint16_t slot, std::uint16_t port) const noexcept { return ports_[slot][port]; }
  /// Has what at() will read fetched.
  void prefetch(std::uint16_t slot, std::uint16_t port) const noexcept { __builtin_prefetch(&ports_[slot][port]); }
  /// Has what find() and in_slot() will read fetched; any index.
  void prefetch_slot(std::uint32_t index) const noexcept { __builtin_prefetch(streams_.data() + index); }
  /// The stream of that id; null where it was removed.
  Stream* find(StreamId id) const noexcept {
    if (id.index >= streams_.size()) return nullptr;
    Stream* stream = streams_[id.index].get();
    return stream != nullptr && stream->id == id ? stream : nullptr;
  }
  std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(streams_.size()); }
  Stream* in_slot(std::uint32_t index) const noexcept { return streams_[index].get(); }

  /// Publishes a stream. False, and `stream` untouched, where its id or one of its ports is taken or does not exist.
  bool add(std::unique_ptr<Stream>& stream) noexcept;
  /// Takes a stream out; null where there is none of that id.
  std::unique_ptr<Stream> remove(StreamId id) noexcept;
  /// Changes where a stream of the table receives RTCP. False, and nothing changed, where the port above is taken or
  /// does not exist.
  bool set_rtcp(Stream& stream, RtcpMode mode) noexcept;

 private:
  struct AddressSlot {
    std::array<std::uint8_t, 16> bytes;
    std::uint16_t slot;
    bool used;
  };
  template <std::size_t kLength>
  static std::size_t hash(const std::uint8_t* address) noexcept;
  template <std::size_t kLength>
  static std::uint16_t look_up(const std::vector<AddressSlot>& index, const std::uint8_t* address) noexcept;

  std::vector<LocalAddress> addresses_;
  std::vector<AddressSlot> index_v4_;  ///< open addressing, a power of two
  std::vector<AddressSlot> index_v6_;
  std::vector<std::unique_ptr<Stream*[]>> ports_;
  std::vector<std::unique_ptr<Stream>> streams_;
};

}  // namespace sallyport::dataplane
