#include "controlplane/session/media_gate.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "crypto/error.hpp"

namespace sallyport::controlplane {

LegCount& LegCount::operator+=(const LegCount& more) noexcept {
  received += more.received;
  sent += more.sent;
  lost += more.lost;
  dropped += more.dropped;
  return *this;
}

LegCount& LegCount::operator-=(const LegCount& less) noexcept {
  received -= less.received;
  sent -= less.sent;
  lost -= less.lost;
  dropped -= less.dropped;
  return *this;
}

MediaGate::MediaGate(DataplaneClient& dataplane, crypto::Engine& engine, std::vector<MediaPool> pools,
                     WatchNextHop watch, std::chrono::milliseconds port_rest, std::chrono::seconds media_timeout)
    : dataplane_(dataplane),
      epochs_(engine),
      builder_(dataplane, engine, epochs_),
      ports_(std::move(pools), dataplane.workers(), port_rest),
      watch_(std::move(watch)),
      media_timeout_(media_timeout) {}

void MediaGate::epoch_due(StreamHandle handle, const dataplane::EpochDue& asked) {
  try {
    if (auto made = epochs_.make(asked)) dataplane_.install_epoch(handle, asked.context, std::move(made));
  } catch (const SetupError& error) {
    spdlog::error("session keys of an epoch cannot be made: {}", error.what());
  }
}

void MediaGate::await(StreamHandle handle, KeptStream& kept) {
  kept.awaited = handle;
  awaited_[key_of(handle)] = &kept;
}

void MediaGate::move(KeptStream& from, KeptStream& to) {
  to = std::exchange(from, {});
  if (to.awaited) awaited_[key_of(*to.awaited)] = &to;
}

std::optional<std::uint64_t> MediaGate::call_of(StreamHandle handle) const {
  const auto found = calls_.find(key_of(handle));
  return found == calls_.end() ? std::nullopt : std::optional(found->second);
}

void MediaGate::drop(KeptStream& kept) noexcept {
  if (kept.awaited) awaited_.erase(key_of(*kept.awaited));
  if (kept.stream != nullptr) {
    for (const auto* key : {&kept.stream->rx, &kept.stream->rx_previous, &kept.stream->tx}) epochs_.forget(key->get());
  }
  kept = {};
}

void MediaGate::retired(StreamHandle handle, std::unique_ptr<dataplane::Stream>& stream) {
  const auto found = awaited_.find(key_of(handle));
  if (found == awaited_.end() || stream == nullptr) return;
  found->second->awaited.reset();
  found->second->stream = std::move(stream);
  awaited_.erase(found);
}

}  // namespace sallyport::controlplane
