#include "controlplane/negotiation/sdp_attributes.hpp"

#include <algorithm>
#include <array>

#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::array kDirections{Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly,
                                 Direction::kInactive};

std::optional<Direction> stated_direction(std::span<const SdpAttribute> attributes) {
  for (const Direction direction : kDirections) {
    if (find_attribute(attributes, to_string(direction)) != nullptr) return direction;
  }
  return std::nullopt;
}

const SdpConnection* connection_of(const SessionDescription& session, const MediaDescription& media) {
  const auto& connection = media.connection ? media.connection : session.connection;
  return connection ? &*connection : nullptr;
}

bool unspecified(const drivers::IpAddress& address) {
  return std::all_of(address.bytes.begin(), address.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_group(const drivers::IpAddress& address) {
  return address.v6 ? address.bytes[0] == 0xff : (address.bytes[0] >> 4) == 0xe;
}

std::optional<drivers::IpAddress> media_address(const SdpConnection* connection) {
  auto address = connection != nullptr ? connection->address() : std::nullopt;
  if (address && (unspecified(*address) || is_group(*address))) address.reset();
  return address;
}

std::optional<unsigned> milliseconds(const MediaDescription& media, std::string_view name) {
  const SdpAttribute* const attribute = find_attribute(media.attributes, name);
  if (attribute == nullptr) return std::nullopt;
  std::string_view value = attribute->value();
  value = take_word(value);
  const auto count = number_in<unsigned>(take_until(value, '.'), 1000);
  return count == 0U ? std::nullopt : count;
}

}  // namespace

std::string_view to_string(Direction direction) {
  constexpr std::array<std::string_view, 4> kNames{"inactive", "sendonly", "recvonly", "sendrecv"};
  return kNames[static_cast<std::size_t>(direction)];
}

const SdpAttribute* find_attribute(std::span<const SdpAttribute> attributes, std::string_view name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const SdpAttribute& a) { return equal_without_case(a.name(), name); });
  return found == attributes.end() ? nullptr : &*found;
}

Direction direction_of(const SessionDescription& session, const MediaDescription& media) {
  if (media.port == 0) return Direction::kInactive;
  auto direction = stated_direction(media.attributes);
  if (!direction) direction = stated_direction(session.attributes);
  const SdpConnection* const connection = connection_of(session, media);
  const auto address = connection != nullptr ? connection->address() : std::nullopt;
  const bool on_hold = address && unspecified(*address);
  return both(direction.value_or(Direction::kSendRecv), on_hold ? Direction::kSendOnly : Direction::kSendRecv);
}

void set_sendrecv(SessionDescription& session) {
  const auto clean = [](std::vector<SdpAttribute>& attributes) {
    std::erase_if(attributes, [](const SdpAttribute& attribute) {
      return std::any_of(kDirections.begin(), kDirections.end(), [&](Direction direction) {
        return find_attribute({&attribute, 1}, to_string(direction)) != nullptr;
      });
    });
  };
  clean(session.attributes);
  for (MediaDescription& media : session.media) clean(media.attributes);
}

std::optional<Endpoint> rtp_address(const SessionDescription& session, const MediaDescription& media) {
  const auto address = media_address(connection_of(session, media));
  if (!address || media.port == 0) return std::nullopt;
  return Endpoint{*address, media.port};
}

std::optional<Endpoint> rtcp_address(const SessionDescription& session, const MediaDescription& media) {
  auto place = rtp_address(session, media);
  if (!place) return std::nullopt;
  const SdpAttribute* const attribute = find_attribute(media.attributes, "rtcp");
  if (attribute == nullptr) {
    if (media.port == 65535) return std::nullopt;
    ++place->port;
    return place;
  }
  std::string_view value = attribute->value();
  const auto port = number_in<std::uint16_t>(take_word(value), 65535);
  if (!port || *port == 0) return std::nullopt;
  place->port = *port;
  // RFC 3605 2.1: "53020 IN IP4 126.16.64.4".
  take_word(value);
  const std::string_view family = take_word(value);
  if (family.empty()) return place;
  const SdpConnection other{equal_without_case(family, "IP6"), std::string(take_word(value))};
  const auto address = media_address(&other);
  if (!address) return std::nullopt;
  place->address = *address;
  return place;
}

bool asks_rtcp_mux(const MediaDescription& media) { return find_attribute(media.attributes, "rtcp-mux") != nullptr; }

std::optional<unsigned> ptime_of(const MediaDescription& media) { return milliseconds(media, "ptime"); }
std::optional<unsigned> maxptime_of(const MediaDescription& media) { return milliseconds(media, "maxptime"); }

bool has_candidates(const MediaDescription& media) { return find_attribute(media.attributes, "candidate") != nullptr; }

bool has_fingerprint(const SessionDescription& session, const MediaDescription& media) {
  return find_attribute(media.attributes, "fingerprint") != nullptr ||
         find_attribute(session.attributes, "fingerprint") != nullptr;
}

}  // namespace sallyport::controlplane
