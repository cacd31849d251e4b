// Legs of a call's media that change their party, see call_media.hpp.
#include <utility>

#include "controlplane/session/call_media.hpp"

namespace sallyport::controlplane {

/// Takes a leg's stream out, forgets what its keys were used for, and gives its ports back.
void CallMedia::clear(Line& line, std::size_t leg) {
  if (std::exchange(line.there[leg], false)) take_out(line, leg);
  gate_.drop(line.kept[leg]);
  give_back(line, leg);
}

/// A leg with its ports, stream and keys, into a line where that leg is clear.
void CallMedia::move_leg(Line& from, std::size_t theirs, Line& to, std::size_t leg) {
  to.ports[leg] = std::exchange(from.ports[theirs], std::nullopt);
  to.settings[leg] = std::exchange(from.settings[theirs], {});
  to.payloads[leg] = std::exchange(from.payloads[theirs], {});
  to.there[leg] = std::exchange(from.there[theirs], false);
  gate_.move(from.kept[theirs], to.kept[leg]);
  StreamSide& side = to.sides[leg];
  from.sides[theirs].watch.reset();  // it tells the side that it was made for
  side = std::exchange(from.sides[theirs], {});
  if (!to.there[leg]) return;
  gate_.set_call(side.handle, call_);
  const StreamSideConfig& settings = to.settings[leg];
  dataplane::EgressHeader header(udp_endpoint(settings.local), udp_endpoint(settings.remote));
  follow(side, settings, header);
  gate_.dataplane().set_remote(side.handle, udp_endpoint(settings.remote), header);
}

/// Each leg's stream goes to the other one's.
void CallMedia::join(Line& line) {
  if (!line.there[0] || !line.there[1]) return;
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    const StreamHandle& other = line.sides[1 - leg].handle;
    gate_.dataplane().set_sink(line.sides[leg].handle, {other.worker, other.stream});
  }
}

void CallMedia::park(std::size_t leg, std::uint16_t pool) {
  parked_.emplace(Parked{leg, std::exchange(pools_[leg], pool), {}});
  for (auto& line : lines_) {
    std::unique_ptr<Line> fresh;
    if (line != nullptr) {
      fresh = std::make_unique<Line>();
      move_leg(*line, 1 - leg, *fresh, 1 - leg);
    }
    parked_->lines.push_back(std::exchange(line, std::move(fresh)));
  }
}

void CallMedia::unpark() {
  if (!parked_) return;
  Parked parked = std::move(*parked_);
  parked_.reset();
  const std::size_t leg = parked.leg;
  pools_[leg] = parked.pool;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i] != nullptr) clear(*lines_[i], leg);
    if (i >= parked.lines.size() || parked.lines[i] == nullptr) continue;
    move_leg(*parked.lines[i], leg, *lines_[i], leg);
    join(*lines_[i]);
  }
}

void CallMedia::forget_parked() {
  if (!parked_) return;
  for (const auto& line : parked_->lines) {
    if (line != nullptr) clear(*line, parked_->leg);
  }
  parked_.reset();
}

void CallMedia::adopt(std::size_t leg, CallMedia& other, std::size_t theirs) {
  pools_[leg] = other.pools_[theirs];
  if (lines_.size() < other.lines_.size()) lines_.resize(other.lines_.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i] != nullptr) clear(*lines_[i], leg);
    if (i >= other.lines_.size() || other.lines_[i] == nullptr) continue;
    if (lines_[i] == nullptr) lines_[i] = std::make_unique<Line>();
    // It is taken off again where the stream comes back.
    past_[leg] += other.lines_[i]->kept[theirs].count;
    other.past_[theirs] -= other.lines_[i]->kept[theirs].count;
    move_leg(*other.lines_[i], theirs, *lines_[i], leg);
    join(*lines_[i]);
  }
}

}  // namespace sallyport::controlplane
