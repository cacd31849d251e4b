// Where answers go. Used by sockets and transactions alike; any thread.
#pragma once

#include <optional>

#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/message.hpp"

namespace sallyport::controlplane::sip {

/// Where an answer to a request goes by its top Via (RFC 3261 18.2.2, RFC 3581 4): for datagrams only. Nothing where
/// the Via makes no sense.
std::optional<Endpoint> reply_endpoint(const Flow& flow, const Message& request);

}  // namespace sallyport::controlplane::sip
