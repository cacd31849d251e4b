// What follows from a trunk and one of its targets: how it is named, addressed and connected to. Pure functions, used
// by calls and by what watches and registers trunks.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// As the configuration spells it: "udp:192.0.2.9:5060".
std::string to_string(const TrunkTarget& target);

/// "sip:USER@HOST:PORT;transport=tls"; without "USER@" where `user` is empty.
std::string target_uri(std::string_view user, const TrunkTarget& target);

/// Whom a trunk's certificate has to be for: a trunk that is not secure may be anybody whom we trust (S8).
const std::string& server_name(const TrunkConfig& trunk);

/// Where its requests go. `tls`: what to connect with, of a TLS target.
sip::Destination destination_of(const TrunkConfig& trunk, const TrunkTarget& target, sip::Connection::TlsContext tls);

}  // namespace sallyport::controlplane
