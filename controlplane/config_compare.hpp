// What a reload changes. Used with restart_only_changes() (config.hpp) by the control thread.
#pragma once

#include "controlplane/config.hpp"

namespace sallyport::controlplane {

/// Whether two configurations of one side are the same but for their keys.
bool same_side(const StreamSideConfig& a, const StreamSideConfig& b);

/// Whether two streams are the same but for their keys: what differs then is a re-key, anything else is another stream.
bool same_stream(const StreamConfig& a, const StreamConfig& b);

/// Whether both keys of two sides are the same, in constant time. Sides without a suite have none.
bool same_keys(const StreamSideConfig& a, const StreamSideConfig& b);
/// The same for both sides of two streams.
bool same_keys(const StreamConfig& a, const StreamConfig& b);

}  // namespace sallyport::controlplane
