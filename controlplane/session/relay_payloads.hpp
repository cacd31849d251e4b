// What negotiation says of payload types, as the worker needs it. Used by CallMedia; pure.
#pragma once

#include <span>

#include "controlplane/negotiation/codec.hpp"
#include "dataplane/payload_map.hpp"

namespace sallyport::controlplane {

/// The map of one direction of a line. A type that was not negotiated passes as it is, since parties send comfort noise
/// and the like unasked; but where that number is another codec's on the leg that it goes to it is refused: it would be
/// played as what it is not.
dataplane::PayloadMap payload_map(std::span<const PayloadMapping> relay);

}  // namespace sallyport::controlplane
