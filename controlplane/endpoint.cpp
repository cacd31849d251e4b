// Endpoint as text: "192.0.2.1:20000", "[2001:db8::1]:20000".
#include "controlplane/endpoint.hpp"

#include "controlplane/config_values.hpp"

namespace sallyport::controlplane {

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = drivers::IpAddress::parse(host);
  Endpoint endpoint;
  // Brackets tell an IPv6 address from its port (RFC 3986 3.2.2), and belong to nothing else.
  if (!address || address->v6 != bracketed ||
      !set_number<std::uint16_t>(endpoint.port, text.substr(colon + 1), 1, 65535)) {
    return std::nullopt;
  }
  endpoint.address = *address;
  return endpoint;
}

std::string Endpoint::to_string() const {
  const std::string host = address.to_string();
  return (address.v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

}  // namespace sallyport::controlplane
