#include "controlplane/netlink_message.hpp"

#include <linux/neighbour.h>

#include <algorithm>

namespace sallyport::controlplane {
namespace {

constexpr std::size_t aligned(std::size_t length) {
  return (length + NLMSG_ALIGNTO - 1) & ~std::size_t{NLMSG_ALIGNTO - 1};
}

/// `bytes` without its first `count`, which may be more than there are.
Bytes skip(Bytes bytes, std::size_t count) { return bytes.subspan(std::min(count, bytes.size())); }

}  // namespace

Bytes NetlinkRequest::finish(std::uint32_t sequence) {
  nlmsghdr header;
  std::memcpy(&header, bytes_.data(), sizeof header);
  header.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
  header.nlmsg_seq = sequence;
  std::memcpy(bytes_.data(), &header, sizeof header);
  return bytes_;
}

void NetlinkRequest::add(std::uint16_t type, const void* value, std::size_t length) {
  const rtattr attribute{static_cast<std::uint16_t>(sizeof(rtattr) + length), type};
  append(&attribute, sizeof attribute);
  append(value, length);
}

void NetlinkRequest::append(const void* data, std::size_t length) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + aligned(length));
  std::memcpy(bytes_.data() + at, data, length);
}

void for_each_message(Bytes bytes, const std::function<void(const nlmsghdr&, Bytes)>& each) {
  while (const auto header = read_fixed<nlmsghdr>(bytes)) {
    if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > bytes.size()) return;
    each(*header, bytes.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr)));
    bytes = skip(bytes, aligned(header->nlmsg_len));
  }
}

void for_each_attribute(Bytes payload, std::size_t fixed, const std::function<void(std::uint16_t, Bytes)>& each) {
  Bytes bytes = skip(payload, aligned(fixed));
  while (const auto attribute = read_fixed<rtattr>(bytes)) {
    if (attribute->rta_len < sizeof(rtattr) || attribute->rta_len > bytes.size()) return;
    each(attribute->rta_type, bytes.subspan(sizeof(rtattr), attribute->rta_len - sizeof(rtattr)));
    bytes = skip(bytes, aligned(attribute->rta_len));
  }
}

std::optional<drivers::IpAddress> read_address(Bytes value) {
  if (value.size() != 4 && value.size() != 16) return std::nullopt;
  drivers::IpAddress address;
  address.v6 = value.size() == 16;
  std::copy(value.begin(), value.end(), address.bytes.begin());
  return address;
}

std::optional<NeighbourEntry> read_neighbour(Bytes payload) {
  const auto fixed = read_fixed<ndmsg>(payload);
  if (!fixed) return std::nullopt;
  NeighbourEntry entry;
  entry.interface = static_cast<unsigned>(fixed->ndm_ifindex);
  entry.state = fixed->ndm_state;
  bool addressed = false;
  for_each_attribute(payload, sizeof(ndmsg), [&](std::uint16_t type, Bytes value) {
    if (type == NDA_DST) {
      const auto address = read_address(value);
      addressed = address.has_value();
      entry.address = address.value_or(drivers::IpAddress{});
    } else if (type == NDA_LLADDR && value.size() == entry.mac.emplace().bytes.size()) {
      std::copy(value.begin(), value.end(), entry.mac->bytes.begin());
    } else if (type == NDA_LLADDR) {
      entry.mac.reset();  // not Ethernet
    }
  });
  return addressed ? std::optional(entry) : std::nullopt;
}

std::optional<Route> read_route(Bytes payload) {
  Route route;
  for_each_attribute(payload, sizeof(rtmsg), [&](std::uint16_t type, Bytes value) {
    if (type == RTA_OIF) route.interface = read_fixed<std::uint32_t>(value).value_or(0);
    if (type == RTA_GATEWAY) route.gateway = read_address(value);
    // An IPv6 next hop of an IPv4 route (RFC 8950): family first, then the address.
    if (type == RTA_VIA && value.size() > sizeof(rtvia)) route.gateway = read_address(value.subspan(sizeof(rtvia)));
  });
  return route.interface == 0 ? std::nullopt : std::optional(route);
}

}  // namespace sallyport::controlplane
