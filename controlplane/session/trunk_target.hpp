// What follows from a trunk and one of its targets: how it is named, addressed and connected to. Pure functions, used
// by calls and by what watches and registers trunks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// As the configuration spells it: "udp:192.0.2.9:5060", "udp:sip.example.net".
std::string configured(const TrunkTarget& target);

/// "udp:192.0.2.9:5060", with " (sip.example.net)" behind it where a name led there.
std::string to_string(const TrunkTarget& target);

/// "sip:USER@HOST:PORT;transport=tls"; without "USER@" where `user` is empty. A name stays a name.
std::string target_uri(std::string_view user, const TrunkTarget& target);

/// Whom the certificate of a trunk's target has to be for: the name that the target was given by (RFC 5922 4), never
/// what DNS made of it; a trunk that is not secure and has addresses only may be anybody whom we trust (S8).
const std::string& server_name(const TrunkConfig& trunk, const TrunkTarget& target);

/// Whom the certificate of somebody has to be for who calls from a trunk: one of these.
std::vector<std::string> server_names(const TrunkConfig& trunk);

/// Where its requests go. `tls`: what to connect with, of a TLS target.
sip::Destination destination_of(const TrunkConfig& trunk, const TrunkTarget& target, sip::Connection::TlsContext tls);

}  // namespace sallyport::controlplane
