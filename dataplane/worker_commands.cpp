// The part of Worker that carries out what control asks for. Worker thread.
#include <utility>

#include "dataplane/key_watch.hpp"
#include "dataplane/stages/stages.hpp"
#include "dataplane/worker.hpp"

namespace sallyport::dataplane {

void Worker::apply(AddStream& command) noexcept {
  command.stream->installed = state_.now;
  if (state_.table.add(command.stream)) {
    state_.stats.streams.add();
  } else {
    rings_.events->push(StreamRetired{std::move(command.stream), true});
  }
}

void Worker::apply(RemoveStream& command) noexcept {
  std::unique_ptr<Stream> stream = state_.table.remove(command.stream);
  if (stream == nullptr) return;
  state_.stats.streams.set(state_.stats.streams.read() - 1);
  stream->removed = true;
  stop_playing(state_, *stream, false);
  const Stream& removed = *stream;
  retirement_.give_back(StreamRetired{std::move(stream), false}, removed);
}

void Worker::apply(SetNextHop& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr) return;
  if (command.known) {
    stream->header.set_next_hop(command.source, command.destination);
  } else {
    stream->header.forget_next_hop();
  }
}

void Worker::apply(SetRemote& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr) return;
  stream->remote = command.remote;
  stream->header = command.header;
}

void Worker::apply(SetRtcp& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream != nullptr) state_.table.set_rtcp(*stream, command.mode);
}

void Worker::apply(SetSink& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream != nullptr) stream->sink = command.sink;
}

void Worker::apply(SetPayloads& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream != nullptr) stream->set_payloads(command.payloads);
}

void Worker::apply(Play& command) noexcept {
  Player& player = *command.player;
  Stream* stream = state_.table.find(player.stream);
  if (stream != nullptr && stream->playing) {
    Player& before = *stream->more->player;
    player.go_on_from(before);
    stream->more->player = &player;
    const bool finished = before.ended;
    rings_.events->push(PlayerRetired{state_.playout->replace(before, std::move(command.player)), finished});
  } else if (stream != nullptr && state_.playout->add(command.player, state_.now)) {
    stream->playing = true;
    stream->more->player = &player;
    state_.stats.playing.set(state_.playout->size());
  } else {
    rings_.events->push(PlayerRetired{std::move(command.player), false});
  }
}

void Worker::apply(StopPlaying& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream != nullptr) stop_playing(state_, *stream, false);
}

void Worker::apply(RekeyReceive& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr) {
    give_back(std::move(command.context));
    return;
  }
  if (command.context == nullptr) return;  // a re-key never takes a leg's protection away
  if (stream->rx != nullptr) command.context->continue_from(*stream->rx);
  retire(std::move(stream->rx_previous), *stream);
  stream->rx_previous = std::move(stream->rx);
  stream->re_keyed = true;
  stream->rx_previous_until = state_.now + command.grace;
  stream->rx = std::move(command.context);
}

void Worker::apply(RekeySend& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr) {
    give_back(std::move(command.context));
    return;
  }
  if (command.context == nullptr) return;  // as above
  if (stream->tx != nullptr) command.context->continue_from(*stream->tx);
  retire(std::move(stream->tx), *stream);
  stream->tx = std::move(command.context);
}

void Worker::apply(AdjustStream& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr) return;
  stream->source_check = command.source_check;
  stream->dscp = command.dscp;
  stream->quality.set_units_per_tick(command.units_per_tick);
  stream->media_timeout = command.media_timeout;
}

void Worker::apply(InstallEpochKey& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  crypto::Context* const context = stream == nullptr ? nullptr : find_key(*stream, command.context);
  if (context == nullptr) {
    rings_.events->push(EpochKeyRetired{std::move(command.key)});
    return;
  }
  std::unique_ptr<crypto::EpochKey> replaced = context->install(std::move(command.key));
  if (replaced != nullptr) retirement_.give_back(EpochKeyRetired{std::move(replaced)}, *stream);
}

void Worker::apply(SendWithKey& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream != nullptr && stream->tx != nullptr) stream->tx->send_with(command.slot);
}

void Worker::apply(SetRoc& command) noexcept {
  Stream* stream = state_.table.find(command.stream);
  if (stream == nullptr || stream->rx == nullptr) return;
  if (!stream->rx->set_roc(command.ssrc, command.roc)) rings_.events->push(RocRefused{stream->id, command.ssrc});
}

void Worker::apply(SnapshotState& command) noexcept {
  const Stream* stream = state_.table.find(command.stream);
  const bool sending = command.direction == crypto::Direction::kSeal;
  const crypto::Context* const context = stream == nullptr ? nullptr : (sending ? stream->tx : stream->rx).get();
  if (context != nullptr) context->snapshot(*command.into);
  rings_.events->push(StateTaken{command.stream, command.direction, std::move(command.into), context != nullptr});
}

void Worker::apply(StopTrace&) noexcept {
  state_.trace = nullptr;
  rings_.events->push(TraceEnded{});
}

void Worker::apply(StopCapture&) noexcept {
  state_.capture = nullptr;
  rings_.events->push(CaptureEnded{});
}

/// A key that `stream` has used.
void Worker::retire(std::unique_ptr<crypto::Context> context, const Stream& stream) noexcept {
  if (context != nullptr) retirement_.give_back(ContextRetired{std::move(context)}, stream);
}

/// A key that was never used.
void Worker::give_back(std::unique_ptr<crypto::Context> context) noexcept {
  if (context != nullptr) rings_.events->push(ContextRetired{std::move(context)});
}

}  // namespace sallyport::dataplane
