// Strict readers of the configuration values of SIP, as those of config_values.hpp.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// "udp:ADDRESS:PORT", "tcp:...", "tls:..." or "tls-authenticated:...".
bool add_listen(std::vector<SipListenConfig>& out, std::string_view text);

/// "udp:ADDRESS[:PORT]", "udp:NAME[:PORT]", "tcp:..." or "tls:..."; without a port SIP's own, or as SRV records say.
bool add_target(std::vector<TrunkTarget>& out, std::string_view text);

/// "ADDRESS" or "ADDRESS:PORT" of a DNS server.
bool set_resolver(std::optional<Endpoint>& out, std::string_view text);

/// Digits, letters and what else dials: "+4930*", with a '*' at the end for a prefix where `prefix` is set.
bool set_dialled(std::string& out, std::string_view text, bool prefix);

/// "line:NAME", "trunk:NAME" or "service:moh".
bool set_route_target(RouteConfig& out, std::string_view text);

/// A host name or address, for Contact.
bool set_host_name(std::string& out, std::string_view text);

/// The name of one of S1's policies.
bool set_tls_policy(TlsPolicy& out, std::string_view text);

}  // namespace sallyport::controlplane
