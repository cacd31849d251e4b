#include "tests/cross/traffic/product_end.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "crypto/rtp_wire.hpp"

namespace sallyport::traffic {
namespace {

using crypto::PacketKind;
using crypto::SrtpPacket;
using crypto::Verdict;

crypto::ContextOptions options_of(const Agreement& agreement) {
  const model::Session& session = agreement.session;
  crypto::ContextOptions options;
  options.max_ssrcs = 64;
  options.parameters.unencrypted_srtp = session.unencrypted_srtp;
  options.parameters.unencrypted_srtcp = session.unencrypted_srtcp;
  options.parameters.unauthenticated_srtp = session.unauthenticated_srtp;
  options.parameters.accept_unencrypted_srtcp = session.accept_unencrypted_srtcp;
  options.parameters.key_derivation_rate = static_cast<std::uint8_t>(session.key_derivation_rate);
  options.parameters.replay_window = static_cast<std::uint16_t>(session.srtp_window);
  return options;
}

std::unique_ptr<crypto::Context> context_of(crypto::Engine& engine, const Agreement& agreement) {
  const crypto::Suite* suite = crypto::find_suite(agreement.session.suite.name);
  if (suite == nullptr) throw std::runtime_error("no such suite: " + agreement.session.suite.name);
  crypto::ContextOptions options = options_of(agreement);
  std::vector<crypto::MasterKeyEntry> entries;
  for (const model::MasterKey& key : agreement.keys) {
    entries.push_back({master_of(key), crypto::Mki(key.mki), key.lifetime});
  }
  if (entries.size() > 1) return std::make_unique<crypto::Context>(engine, *suite, entries, options);
  options.lifetime = entries[0].lifetime;
  options.mki = entries[0].mki;
  return std::make_unique<crypto::Context>(engine, *suite, entries[0].master, options);
}

/// Of the packets that ask for the keys of another epoch only some are heard.
constexpr int kAttempts = 600;

/// As the packet path looks for it: one key may have asked before the other one refused the packet.
bool asks(const SrtpPacket& packet) {
  if (packet.attention) return true;
  if (packet.verdict == Verdict::kOk) return false;
  return packet.context->wants_attention() || (packet.fallback != nullptr && packet.fallback->wants_attention());
}

model::Verdict verdict_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return model::Verdict::kAccepted;
    case Verdict::kMalformed:
      return model::Verdict::kMalformed;
    case Verdict::kReplayed:
      return model::Verdict::kReplayed;
    case Verdict::kTooOld:
      return model::Verdict::kTooOld;
    case Verdict::kNotEncrypted:
      return model::Verdict::kUnencrypted;
    case Verdict::kUnknownMki:
      return model::Verdict::kUnknownKey;
    case Verdict::kKeyExhausted:
      return model::Verdict::kExhausted;
    default:
      return model::Verdict::kUnauthentic;
  }
}

}  // namespace

crypto::MasterKey master_of(const model::MasterKey& key) {
  crypto::MasterKey master;
  std::copy(key.key.begin(), key.key.end(), master.key.data());
  std::copy(key.salt.begin(), key.salt.end(), master.salt.data());
  return master;
}

PacketKind kind_of(Kind kind) { return kind == Kind::kRtp ? PacketKind::kRtp : PacketKind::kRtcp; }

void ProductStreams::set_keys(std::size_t stream, const Agreement& agreement, bool go_on) {
  if (stream == streams_.size()) streams_.emplace_back();
  Stream& s = streams_[stream];
  s.previous = std::move(s.current);
  s.before = std::move(s.agreement);
  s.agreement = agreement;
  s.current = context_of(*engine_, agreement);
  if (s.previous && go_on) s.current->continue_from(*s.previous);
}

/// One at a time go packets whose session keys may have to be made first, as control would have had time between them,
/// and those whose previous key authenticates nothing: it takes whatever the newer one's first try did not.
std::vector<Outcome> ProductStreams::run(const std::vector<Item>& burst, Direction direction) {
  std::vector<Outcome> outcomes;
  std::size_t done = 0;
  const auto alone = [this](const Item& item) {
    const Stream& stream = streams_[item.stream];
    const model::Session& session = stream.agreement.session;
    const model::Session& before = stream.before.session;
    // A second try comes back later than its successors' first, and may be too old by then.
    const bool two_tries = path_ == Path::kPending && stream.previous != nullptr;
    return two_tries || session.key_derivation_rate != 0 || before.key_derivation_rate != 0 ||
           before.unauthenticated_srtp;
  };
  while (done < burst.size()) {
    std::size_t count = 1;
    if (!alone(burst[done])) {
      while (done + count < burst.size() && !alone(burst[done + count])) ++count;
    }
    run_part(std::span(burst).subspan(done, count), direction, outcomes);
    done += count;
  }
  return outcomes;
}

void ProductStreams::run_part(std::span<const Item> part, Direction direction, std::vector<Outcome>& outcomes) {
  std::vector<SrtpPacket> packets;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const Item& item = part[i];
    const bool protects = direction == Direction::kProtect;
    crypto::Context& context = *streams_[item.stream].current;
    const std::size_t room = item.packet.size() + (protects ? context.overhead(kind_of(item.kind)) : 0U);
    const auto memory = i % 2 == 0 ? buffers_[i].at_end(room) : buffers_[i].at_start(room);
    std::copy(item.packet.begin(), item.packet.end(), memory.begin());
    const auto header = crypto::rtp_header_length(item.packet);
    SrtpPacket packet{};
    packet.context = &context;
    packet.fallback = protects ? nullptr : previous(item.stream);
    packet.data = memory.data();
    packet.length = static_cast<std::uint16_t>(item.packet.size());
    packet.header_len = item.kind == Kind::kRtcp ? 8 : header.value_or(0);  // 0: refused by whoever classifies
    packet.room = static_cast<std::uint16_t>(room);
    packet.kind = kind_of(item.kind);
    packets.push_back(packet);
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    pass(packets, direction);
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (asks(packets[i])) serve(part[i].stream);
    }
    if (packets.size() != 1 || !may_wait_for_keys(part[0].stream, packets[0].verdict)) break;
  }
  for (std::size_t i = 0; i < part.size(); ++i) outcomes.push_back(outcome_of(packets[i], part[i]));
}

void ProductStreams::pass(std::span<SrtpPacket> packets, Direction direction) {
  if (path_ == Path::kPending) {
    pass_pending(packets, direction);
  } else if (direction == Direction::kProtect) {
    crypto::protect(*engine_, *workspace_, packets);
  } else {
    crypto::unprotect(*engine_, *workspace_, packets);
  }
}

/// All jobs are begun before the first is answered, as they would be on their way to a device and back.
void ProductStreams::pass_pending(std::span<SrtpPacket> packets, Direction direction) {
  const bool protects = direction == Direction::kProtect;
  std::vector<crypto::Job*> jobs;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    pending_[i].packet() = packets[i];
    const bool ready = protects ? pending_[i].begin_protect() : pending_[i].begin_unprotect();
    if (ready) jobs.push_back(&pending_[i].job());
  }
  while (!jobs.empty()) {
    work(jobs, direction);
    std::vector<crypto::Job*> again;
    for (crypto::Job* job : jobs) {
      crypto::PendingPacket& pending = crypto::PendingPacket::of(*job);
      if (protects) {
        pending.finish_protect();
      } else if (pending.continue_unprotect()) {
        again.push_back(job);
      }
    }
    jobs = std::move(again);
  }
  for (std::size_t i = 0; i < packets.size(); ++i) packets[i] = pending_[i].packet();
}

/// Has the jobs done, by a device where the engine has one.
void ProductStreams::work(const std::vector<crypto::Job*>& jobs, Direction direction) {
  const auto way = direction == Direction::kProtect ? crypto::Direction::kSeal : crypto::Direction::kOpen;
  crypto::AsyncEngine* const device = engine_->async();
  if (device == nullptr) {
    for (crypto::Job* job : jobs) {
      way == crypto::Direction::kSeal ? engine_->seal({job, 1}) : engine_->open({job, 1});
    }
    return;
  }
  std::size_t submitted = 0;
  std::size_t collected = 0;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (collected < jobs.size()) {
    submitted += device->submit(std::span(jobs).subspan(submitted), way);
    std::array<crypto::Job*, crypto::kMaxBurst> done;
    collected += device->collect(done);
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("a device does not answer");
  }
}

/// Whether a packet was refused that may yet be accepted when the keys of its epoch have come.
bool ProductStreams::may_wait_for_keys(std::size_t stream, Verdict verdict) const {
  const Stream& s = streams_[stream];
  const bool derives =
      s.agreement.session.key_derivation_rate != 0 || (s.previous && s.before.session.key_derivation_rate != 0);
  return derives && (verdict == Verdict::kNoSessionKey || verdict == Verdict::kAuthFailed ||
                     (s.previous != nullptr && verdict != Verdict::kOk));
}

Outcome ProductStreams::outcome_of(const SrtpPacket& packet, const Item& item) const {
  const bool accepted = packet.verdict == Verdict::kOk;
  if (!accepted && packet.length != item.packet.size()) throw std::runtime_error("a refused packet has another length");
  return {accepted, Bytes(packet.data, packet.data + packet.length), packet.index, packet.used_fallback,
          verdict_of(packet.verdict)};
}

void ProductStreams::serve(std::size_t stream) {
  Stream& s = streams_[stream];
  serve(*s.current, s.agreement);
  if (s.previous) serve(*s.previous, s.before);
}

void ProductStreams::serve(crypto::Context& context, const Agreement& agreement) {
  const crypto::Attention attention = context.take_attention();
  const auto install = [&](PacketKind kind, const std::optional<std::uint64_t>& epoch) {
    if (!epoch) return;
    context.install(
        std::make_unique<crypto::EpochKey>(*engine_, context.suite(), master_of(agreement.keys[0]), kind, *epoch));
  };
  install(PacketKind::kRtp, attention.rtp_epoch);
  install(PacketKind::kRtcp, attention.rtcp_epoch);
}

void ProductSender::set_keys(std::size_t stream, const Agreement& agreement, bool go_on) {
  streams_.set_keys(stream, agreement, go_on);
  streams_.end_grace(stream);  // the new keys take over at once for sending
}

void ProductSender::use_key(std::size_t stream, std::size_t key) {
  if (!streams_.context(stream).send_with(static_cast<std::uint8_t>(key))) throw std::runtime_error("no such key");
}

void ProductSender::set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) {
  if (!streams_.context(stream).set_roc(ssrc, roc)) throw std::runtime_error("the sender refuses a ROC");
}

void ProductSender::skip_srtcp_index(std::size_t stream, std::uint32_t ssrc) {
  Bytes report{0x80, 200, 0, 1};
  for (int shift = 24; shift >= 0; shift -= 8) report.push_back(static_cast<std::uint8_t>(ssrc >> shift));
  protect({{stream, Kind::kRtcp, report}});
}

void ProductReceiver::set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) {
  if (!streams_.context(stream).set_roc(ssrc, roc)) throw std::runtime_error("the receiver refuses a ROC");
}

std::optional<std::uint64_t> ProductReceiver::highest(std::size_t stream, Kind kind, std::uint32_t ssrc,
                                                      bool previous) {
  const crypto::Context* context = previous ? streams_.previous(stream) : &streams_.context(stream);
  const crypto::SsrcState* state = context == nullptr ? nullptr : context->find_ssrc(ssrc);
  if (state == nullptr) return std::nullopt;
  const crypto::ReplayWindow& window = kind == Kind::kRtp ? state->rtp : state->rtcp;
  if (window.empty()) return std::nullopt;
  return window.highest();
}

}  // namespace sallyport::traffic
