// What keys ask of control: another key in time, keys of the next epoch. The transforms only mark a packet whose key
// has something to say; here it becomes events. Worker thread; nothing is lost where the ring of events is full, it is
// said later.
#pragma once

#include "crypto/transform.hpp"
#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

/// Tells control what the keys of a stream ask for, or remembers that it could not (Stream::attention_waits).
void attend(WorkerState& worker, Stream& stream) noexcept;

/// The same after a packet, where that packet's keys ask something.
inline void attend(WorkerState& worker, Stream& stream, const crypto::SrtpPacket& packet) noexcept {
  if (packet.attention) [[unlikely]] {
    attend(worker, stream);
  } else if (packet.verdict != crypto::Verdict::kOk) [[unlikely]] {
    // One key may have asked before another one failed, too.
    const bool asks =
        packet.context->wants_attention() || (packet.fallback != nullptr && packet.fallback->wants_attention());
    if (asks) attend(worker, stream);
  }
}

/// The key of a stream that goes by that name, null where it has gone.
crypto::Context* find_key(Stream& stream, const crypto::Context* name) noexcept;

/// Has the counters say how much of their lifetimes the stream's keys have used.
void publish_key_use(Stream& stream) noexcept;

}  // namespace sallyport::dataplane
