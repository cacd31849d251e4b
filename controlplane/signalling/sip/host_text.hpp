// HOST[:PORT] as URIs and Via have it. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "controlplane/signalling/sip/text_cursor.hpp"

namespace sallyport::controlplane::sip {

/// A host name, an IPv4 address, or an IPv6 address in brackets, which `host` is without; `port` is 1 to 65535 and
/// stays as it is where none is given. False where that is not what stands there.
bool take_host_and_port(TextCursor& text, std::string& host, std::uint16_t& port);

}  // namespace sallyport::controlplane::sip
