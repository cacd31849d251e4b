#include "dataplane/key_watch.hpp"

#include <algorithm>
#include <array>

namespace sallyport::dataplane {
namespace {

/// Lifetime, an epoch of SRTP, one of SRTCP.
constexpr std::size_t kEventsPerKey = 3;

std::array<crypto::Context*, 3> keys_of(Stream& stream) noexcept {
  return {stream.rx.get(), stream.rx_previous.get(), stream.tx.get()};
}

/// False: there is no room; the key goes on asking.
bool tell(Ring<Event>& events, StreamId stream, crypto::Context& key) noexcept {
  if (events.capacity() - events.size() < kEventsPerKey) return false;
  const crypto::Attention asked = key.take_attention();
  if (asked.lifetime_due || asked.lifetime_over) {
    events.push(KeyLifetime{stream, &key, asked.key_slot, asked.lifetime_over});
  }
  if (asked.rtp_epoch) {
    events.push(EpochDue{stream, &key, crypto::PacketKind::kRtp, *asked.rtp_epoch, asked.rtp_epoch_is_claim});
  }
  if (asked.rtcp_epoch) {
    events.push(EpochDue{stream, &key, crypto::PacketKind::kRtcp, *asked.rtcp_epoch, asked.rtcp_epoch_is_claim});
  }
  return true;
}

}  // namespace

void attend(WorkerState& worker, Stream& stream) noexcept {
  stream.attention_waits = false;
  for (crypto::Context* key : keys_of(stream)) {
    if (key == nullptr || !key->wants_attention()) continue;
    if (!tell(*worker.events, stream.id, *key)) stream.attention_waits = true;
  }
}

crypto::Context* find_key(Stream& stream, const crypto::Context* name) noexcept {
  for (crypto::Context* key : keys_of(stream)) {
    if (key != nullptr && key == name) return key;
  }
  return nullptr;
}

void publish_key_use(Stream& stream) noexcept {
  if (stream.rx != nullptr) {
    std::uint32_t used = 0;
    for (std::uint8_t slot = 0; slot < stream.rx->master_keys(); ++slot) {
      used = std::max(used, stream.rx->use(slot).permille_used());
    }
    stream.receive_key_used.set(used);
  }
  if (stream.tx != nullptr) {
    stream.send_key_used.set(stream.tx->use(stream.tx->send_slot()).permille_used());
  }
}

}  // namespace sallyport::dataplane
