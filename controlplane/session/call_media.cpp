#include "controlplane/session/call_media.hpp"

#include <algorithm>

#include "controlplane/negotiation/sdes_key.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "controlplane/session/relay_payloads.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::chrono::milliseconds kRekeyGrace{5000};
constexpr std::uint32_t kUsualClock = 8000;

std::vector<crypto::MasterKeyEntry> copy(const std::vector<crypto::MasterKeyEntry>& keys) {
  std::vector<crypto::MasterKeyEntry> copied;
  for (const crypto::MasterKeyEntry& key : keys) copied.push_back({key.master.clone(), key.mki, key.lifetime});
  return copied;
}

/// A line's agreement as settings of a stream. `local`: ours, which may differ from what is advertised.
StreamSideConfig settings_of(const LegLine& agreed, const Endpoint& local, const Endpoint& remote) {
  StreamSideConfig side;
  side.local = local;
  side.remote = remote;
  side.suite = agreed.srtp.suite;
  side.rtcp = agreed.rtcp;
  if (side.suite == nullptr) return side;
  side.send_keys = copy(agreed.srtp.send.keys);
  side.receive_keys = copy(agreed.srtp.receive.keys);
  side.parameters = agreed.srtp.receive.parameters;
  side.send_parameters = agreed.srtp.send.parameters;
  return side;
}

std::uint32_t clock_rate_of(const LegLine& agreed) {
  return agreed.codecs.empty() ? kUsualClock : agreed.codecs.front().codec.clock;
}

/// A stream configuration for one side; its other side does not count.
StreamConfig stream_config(std::uint32_t clock_rate, std::chrono::seconds media_timeout) {
  StreamConfig config;
  config.clock_rate = clock_rate;
  config.media_timeout = media_timeout;
  config.rekey_grace = kRekeyGrace;
  return config;
}

/// Of a stream that a worker has; null where none does.
LegCount count_of(const dataplane::Stream* stream) {
  LegCount count;
  if (stream == nullptr) return count;
  count.received = stream->received();
  count.sent = stream->sent.read() + stream->rtcp_sent.read();
  count.lost = stream->quality.lost();
  for (const auto& drops : stream->more->drops) count.dropped += drops.read();
  return count;
}

/// Whether a direction needs another context than the one that is there.
bool needs_other_receiving(const StreamSideConfig& now, const StreamSideConfig& wanted) {
  return now.suite != wanted.suite || !same_packets(now.parameters, wanted.parameters) ||
         !same_keys(now.receive_keys, wanted.receive_keys);
}

bool needs_other_sending(const StreamSideConfig& now, const StreamSideConfig& wanted) {
  return now.suite != wanted.suite || !same_packets(now.sent_parameters(), wanted.sent_parameters()) ||
         !same_keys(now.send_keys, wanted.send_keys);
}

}  // namespace

CallMedia::CallMedia(MediaGate& gate, std::uint64_t call, std::array<std::uint16_t, kLegs> pools)
    : gate_(gate), call_(call), pools_(pools) {}

CallMedia::~CallMedia() {
  forget_parked();
  for (const auto& line : lines_) {
    for (std::size_t leg = 0; line != nullptr && leg < kLegs; ++leg) clear(*line, leg);
  }
}

void CallMedia::reserve(const std::vector<bool>& lines) {
  const auto has_ports = [](const auto& line) { return line != nullptr && (line->ports[0] || line->ports[1]); };
  auto room = static_cast<std::ptrdiff_t>(kMostLines) - std::count_if(lines_.begin(), lines_.end(), has_ports);
  std::vector<std::optional<MediaPort>*> wanting;
  std::vector<std::uint16_t> pools;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines_.size() <= i) lines_.emplace_back();
    if (!lines[i] || (!has_ports(lines_[i]) && room-- <= 0)) continue;
    if (lines_[i] == nullptr) lines_[i] = std::make_unique<Line>();
    for (std::size_t leg = 0; leg < kLegs; ++leg) {
      if (lines_[i]->ports[leg]) continue;
      wanting.push_back(&lines_[i]->ports[leg]);
      pools.push_back(pools_[leg]);
    }
  }
  if (wanting.empty()) return;
  const std::vector<MediaPort> taken = gate_.ports().take(pools, PortAllocator::Clock::now());
  for (std::size_t i = 0; i < taken.size(); ++i) *wanting[i] = taken[i];
}

void CallMedia::give_back_unused(const LegMedia& first, const LegMedia& second) {
  if (parked_) return;
  const auto off = [](const LegMedia& media, std::size_t i) { return i >= media.size() || !media[i].active; };
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i] != nullptr && !lines_[i]->there[0] && !lines_[i]->there[1] && off(first, i) && off(second, i)) {
      for (std::size_t leg = 0; leg < kLegs; ++leg) give_back(*lines_[i], leg);
    }
  }
}

void CallMedia::give_back(Line& line, std::size_t leg) {
  if (line.ports[leg]) gate_.ports().give_back(*line.ports[leg], PortAllocator::Clock::now());
  line.ports[leg].reset();
}

Endpoint CallMedia::endpoint(const MediaPort& pair) const {
  return {gate_.ports().pool(pair.pool).addresses.at(pair.address), pair.port};
}

std::vector<std::optional<Endpoint>> CallMedia::local(std::size_t leg) const {
  std::vector<std::optional<Endpoint>> endpoints;
  for (const auto& line : lines_) {
    const bool has = line != nullptr && line->ports[leg];
    endpoints.push_back(has ? std::optional(endpoint(*line->ports[leg])) : std::nullopt);
  }
  return endpoints;
}

void CallMedia::apply(const LegMedia& first, const LegMedia& second, std::span<const LineRelay> relays,
                      std::size_t offerer) {
  check_families(first, second);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i] == nullptr) continue;
    Line& line = *lines_[i];
    const bool served =
        i < first.size() && i < second.size() && first[i].active && second[i].active && line.ports[0] && line.ports[1];
    if (!served) {
      remove(line);
      continue;
    }
    const std::array<const LegLine*, kLegs> agreed{&first[i], &second[i]};
    std::array<StreamSideConfig, kLegs> wanted;
    bool known = true;
    for (std::size_t leg = 0; leg < kLegs; ++leg) {
      // A party on hold by 0.0.0.0 keeps the address that it had.
      const Endpoint before = line.settings[leg].remote;
      const Endpoint remote = agreed[leg]->remote.value_or(before);
      known = known && remote.port != 0;
      wanted[leg] = settings_of(*agreed[leg], endpoint(*line.ports[leg]), remote);
    }
    if (!known) continue;
    if (i < relays.size()) renumber(line, relays[i], offerer);
    const std::array<bool, kLegs> before = line.there;
    if (!before[0] || !before[1]) install(line, wanted, clock_rate_of(first[i]));
    for (std::size_t leg = 0; leg < kLegs; ++leg) {
      if (before[leg]) change(line, leg, std::move(wanted[leg]), clock_rate_of(first[i]));
    }
    if (before[0] != before[1]) join(line);
  }
}

/// A stream has one IP version: a description may name an address of the other one.
void CallMedia::check_families(const LegMedia& first, const LegMedia& second) const {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    for (const auto& [leg, media] : {std::pair{std::size_t{0}, &first}, {std::size_t{1}, &second}}) {
      const auto pair = lines_[i] == nullptr ? std::nullopt : lines_[i]->ports[leg];
      if (i >= media->size() || !pair || !(*media)[i].active || !(*media)[i].remote) continue;
      if ((*media)[i].remote->address.v6 != endpoint(*pair).address.v6) {
        throw SetupError("media at " + (*media)[i].remote->address.to_string() +
                         ", an address of the other IP version than this leg's");
      }
    }
  }
}

/// Of the legs that have no stream yet.
void CallMedia::install(Line& line, std::array<StreamSideConfig, kLegs>& wanted, std::uint32_t clock_rate) {
  std::array<Made, kLegs> made;
  std::vector<StreamHandle> reserved;
  try {
    for (std::size_t leg = 0; leg < kLegs; ++leg) {
      if (line.there[leg]) continue;
      made[leg] = make(clock_rate, wanted[leg], line.kept[leg]);
      reserved.push_back(gate_.dataplane().reserve(wanted[leg].local.port));
      line.sides[leg].handle = reserved.back();
    }
  } catch (const SetupError&) {
    for (const StreamHandle& handle : reserved) gate_.dataplane().release(handle);
    gate_.epochs().forget_unpublished();
    throw;
  }
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    if (line.there[leg]) continue;
    line.settings[leg] = std::move(wanted[leg]);
    line.there[leg] = true;  // from here on remove() takes back whatever is there
    publish(line, leg, std::move(made[leg]));
  }
  gate_.epochs().published();
}

/// Whatever can fail of a side that is to be published.
CallMedia::Made CallMedia::make(std::uint32_t clock_rate, const StreamSideConfig& wanted, const KeptStream& kept) {
  const StreamConfig config = stream_config(clock_rate, gate_.media_timeout());
  if (wanted.suite == nullptr || !kept.any()) return {gate_.builder().build(config, wanted), {}, false};
  if (kept.stream == nullptr) throw SetupError("what the keys of this line remember has not come back yet");
  Made made{gate_.builder().build_without_keys(config, wanted), {}, true};
  if (needs_other_receiving(kept.settings, wanted)) {
    made.keys.receive = gate_.builder().receiving(wanted, kept.stream->rx.get());
  }
  if (needs_other_sending(kept.settings, wanted)) {
    made.keys.send = gate_.builder().sending(wanted, kept.stream->tx.get());
  }
  return made;
}

/// Payload types from one leg to the other; of streams that are there, at once.
void CallMedia::renumber(Line& line, const LineRelay& relay, std::size_t offerer) {
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    const dataplane::PayloadMap wanted = payload_map(leg == offerer ? relay.to_answerer : relay.to_offerer);
    if (wanted == line.payloads[leg]) continue;
    line.payloads[leg] = wanted;
    if (line.there[leg]) gate_.dataplane().set_payloads(line.sides[leg].handle, wanted);
  }
}

/// Both handles are known; the side's settings are in place.
void CallMedia::publish(Line& line, std::size_t leg, Made made) {
  StreamSide& side = line.sides[leg];
  if (KeptStream& kept = line.kept[leg]; made.comes_back) {
    StreamBuilder::move_to(*kept.stream, *made.stream, false);
    made.stream = std::move(kept.stream);
    past_[leg] -= kept.count;  // its counters go on
    kept = {};
  }
  const StreamHandle other = line.sides[1 - leg].handle;
  made.stream->sink = {other.worker, other.stream};
  made.stream->set_payloads(line.payloads[leg]);
  follow(side, line.settings[leg], made.stream->header);
  side.receiving = {made.stream->rx.get()};
  side.sending = {made.stream->tx.get()};
  side.silent = false;
  side.view = gate_.dataplane().add(side.handle, std::move(made.stream));
  gate_.set_call(side.handle, call_);
  take_up(side, std::move(made.keys));
}

/// A stream goes on with new keys.
void CallMedia::take_up(StreamSide& side, SideKeys keys) {
  if (keys.receive != nullptr) {
    side.receiving = {keys.receive.get()};
    gate_.dataplane().rekey_receive(side.handle, std::move(keys.receive), kRekeyGrace);
  }
  if (keys.send != nullptr) {
    side.sending = {keys.send.get()};
    gate_.dataplane().rekey_send(side.handle, std::move(keys.send));
  }
}

void CallMedia::change(Line& line, std::size_t leg, StreamSideConfig wanted, std::uint32_t clock_rate) {
  StreamSide& side = line.sides[leg];
  const StreamSideConfig& now = line.settings[leg];
  if ((now.suite == nullptr) != (wanted.suite == nullptr)) return replace(line, leg, std::move(wanted), clock_rate);
  if (wanted.suite != nullptr) rekey(side, now, wanted);
  if (now.rtcp != wanted.rtcp) gate_.dataplane().set_rtcp(side.handle, wanted.rtcp);
  if (now.remote != wanted.remote) {
    dataplane::EgressHeader header(udp_endpoint(wanted.local), udp_endpoint(wanted.remote));
    follow(side, wanted, header);
    gate_.dataplane().set_remote(side.handle, udp_endpoint(wanted.remote), header);
  }
  line.settings[leg] = std::move(wanted);
}

/// Between RTP and SRTP: another stream on the same port. The other leg stays, with all that its keys remember.
void CallMedia::replace(Line& line, std::size_t leg, StreamSideConfig wanted, std::uint32_t clock_rate) {
  Made made;
  StreamHandle handle;
  try {
    made = make(clock_rate, wanted, line.kept[leg]);
    handle = gate_.dataplane().reserve(wanted.local.port);
  } catch (const SetupError&) {
    gate_.epochs().forget_unpublished();
    throw;
  }
  take_out(line, leg);
  line.settings[leg] = std::move(wanted);
  line.sides[leg].handle = handle;
  publish(line, leg, std::move(made));
  gate_.epochs().published();
  gate_.dataplane().set_sink(line.sides[1 - leg].handle, {handle.worker, handle.stream});
}

/// By what is there: the same key with the same form of packets goes on, whatever else is agreed anew.
void CallMedia::rekey(StreamSide& side, const StreamSideConfig& now, const StreamSideConfig& wanted) {
  SideKeys keys;
  try {
    if (needs_other_receiving(now, wanted)) keys.receive = gate_.builder().receiving(wanted, side.receiving.name);
    if (needs_other_sending(now, wanted)) keys.send = gate_.builder().sending(wanted, side.sending.name);
  } catch (const SetupError&) {
    gate_.epochs().forget_unpublished();
    throw;
  }
  take_up(side, std::move(keys));
  gate_.epochs().published();
}

/// Follows the next hop towards a side's remote: into `header` what is known at once, to the worker what is told later.
void CallMedia::follow(StreamSide& side, const StreamSideConfig& wanted, dataplane::EgressHeader& header) {
  DataplaneClient& dataplane = gate_.dataplane();
  const std::size_t port = dataplane.addresses()[dataplane.slot_of(wanted.local.address)].port;
  const auto source = [&dataplane, port] { return dataplane.ports()[port].port->mac(); };
  side.next_hop.reset();
  side.looking_up = true;
  side.watch =
      gate_.watch()(port, wanted.remote.address, [&dataplane, &side, source](std::optional<drivers::MacAddress> mac) {
        if (side.next_hop == mac) return;
        side.next_hop = mac;
        if (!side.looking_up) dataplane.set_next_hop(side.handle, source(), mac);
      });
  side.looking_up = false;
  if (side.next_hop) header.set_next_hop(source(), *side.next_hop);
}

StreamSide* CallMedia::find(StreamHandle handle, std::size_t& leg) const {
  const auto in = [&](const std::vector<std::unique_ptr<Line>>& lines) -> StreamSide* {
    for (const auto& line : lines) {
      for (leg = 0; line != nullptr && leg < kLegs; ++leg) {
        if (line->there[leg] && line->sides[leg].handle == handle) return &line->sides[leg];
      }
    }
    return nullptr;
  };
  StreamSide* const found = in(lines_);
  return found != nullptr || !parked_ ? found : in(parked_->lines);
}

bool CallMedia::refused(StreamHandle handle) {
  std::size_t leg = 0;
  StreamSide* const side = find(handle, leg);
  if (side != nullptr) side->view = nullptr;
  return side != nullptr;
}

std::optional<std::size_t> CallMedia::heard(StreamHandle handle, bool again) {
  std::size_t leg = 0;
  StreamSide* const side = find(handle, leg);
  if (side == nullptr) return std::nullopt;
  side->silent = !again;
  return leg;
}

std::optional<std::size_t> CallMedia::leg_with_key(StreamHandle handle, const crypto::Context* key) const {
  std::size_t leg = 0;
  const StreamSide* const side = find(handle, leg);
  const bool in_use = side != nullptr && (key == side->receiving.name || key == side->sending.name);
  return in_use ? std::optional(leg) : std::nullopt;
}

bool CallMedia::silent(std::size_t leg, const LegMedia& agreed) const {
  bool missed = false;
  for (std::size_t i = 0; i < lines_.size() && i < agreed.size(); ++i) {
    if (lines_[i] == nullptr || !lines_[i]->there[leg]) continue;
    if (!agreed[i].active || !receives(agreed[i].direction)) continue;
    if (!lines_[i]->sides[leg].silent) return false;
    missed = true;
  }
  return missed;
}

void CallMedia::remove(Line& line) {
  for (std::size_t leg = 0; leg < kLegs; ++leg) {
    if (std::exchange(line.there[leg], false)) take_out(line, leg);
  }
}

/// Has a side's stream removed. What its keys remember is kept: an agreement to come may go on with them.
void CallMedia::take_out(Line& line, std::size_t leg) {
  StreamSide& side = line.sides[leg];
  const LegCount count = count_of(side.view);
  past_[leg] += count;
  side.watch.reset();
  if (KeptStream& kept = line.kept[leg]; side.view != nullptr && line.settings[leg].suite != nullptr) {
    kept.settings = std::move(line.settings[leg]);
    kept.count = count;
    gate_.await(side.handle, kept);
  }
  gate_.dataplane().remove(side.handle);
  gate_.forget_call(side.handle);
  side.view = nullptr;
  line.settings[leg] = {};
}

LegCount CallMedia::count(std::size_t leg) const {
  LegCount count = past_[leg];
  for (const auto& line : lines_) {
    if (line != nullptr && line->there[leg]) count += count_of(line->sides[leg].view);
  }
  return count;
}

}  // namespace sallyport::controlplane
