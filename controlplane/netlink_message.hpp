// Messages of rtnetlink as bytes: built for requests, taken apart with every length checked. Knows no sockets.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "drivers/ip_address.hpp"

namespace sallyport::controlplane {

using Bytes = std::span<const std::uint8_t>;

/// A request: header, the family's fixed part, attributes.
class NetlinkRequest {
 public:
  template <class Fixed>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Fixed& fixed) : bytes_(NLMSG_HDRLEN) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    std::memcpy(bytes_.data(), &header, sizeof header);
    append(&fixed, sizeof fixed);
  }
  void add(std::uint16_t type, const drivers::IpAddress& address) { add(type, address.bytes.data(), address.length()); }
  void add(std::uint16_t type, std::uint32_t value) { add(type, &value, sizeof value); }
  /// Fills in length and sequence number; the bytes live as long as the request.
  Bytes finish(std::uint32_t sequence);

 private:
  void add(std::uint16_t type, const void* value, std::size_t length);
  /// Pads to the alignment that netlink wants.
  void append(const void* data, std::size_t length);
  std::vector<std::uint8_t> bytes_;
};

/// A T at the start of `bytes`, nothing where they are too few.
template <class T>
std::optional<T> read_fixed(Bytes bytes) {
  if (bytes.size() < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// Calls `each(header, payload)` for every whole message.
void for_each_message(Bytes bytes, const std::function<void(const nlmsghdr&, Bytes)>& each);

/// Calls `each(type, value)` for every whole attribute behind a fixed part of `fixed` bytes.
void for_each_attribute(Bytes payload, std::size_t fixed, const std::function<void(std::uint16_t, Bytes)>& each);

/// The address in an attribute; nothing where its length fits no family.
std::optional<drivers::IpAddress> read_address(Bytes value);

/// A neighbour as the kernel tells of it (RTM_NEWNEIGH, RTM_DELNEIGH).
struct NeighbourEntry {
  unsigned interface = 0;
  drivers::IpAddress address;
  std::uint16_t state = 0;  ///< NUD_*
  std::optional<drivers::MacAddress> mac;
};
std::optional<NeighbourEntry> read_neighbour(Bytes payload);

/// Where a route leads (RTM_NEWROUTE).
struct Route {
  unsigned interface = 0;
  std::optional<drivers::IpAddress> gateway;
};
std::optional<Route> read_route(Bytes payload);

}  // namespace sallyport::controlplane
