#include "tests/fuzz/srtp_world.hpp"

#include <array>

#include "crypto/rtp_wire.hpp"

namespace sallyport::fuzz {
namespace {

using crypto::Context;
using crypto::PacketKind;
using crypto::SrtpPacket;
using crypto::Verdict;

constexpr std::uint8_t kSeed = 1;
constexpr std::uint8_t kSeedBefore = 101;
constexpr std::size_t kMostSent = 256;
constexpr std::size_t kLongestPayload = 1600;

crypto::MasterKey master_key(std::uint8_t seed) {
  crypto::MasterKey key;
  for (std::size_t i = 0; i < key.key.size(); ++i) key.key.data()[i] = static_cast<std::uint8_t>(seed + 3 * i);
  for (std::size_t i = 0; i < key.salt.size(); ++i) key.salt.data()[i] = static_cast<std::uint8_t>(seed ^ (i * 7));
  return key;
}

SrtpPacket describe(Context& context, PacketKind kind, std::vector<std::uint8_t>& bytes, std::size_t length) {
  const auto header = crypto::rtp_header_length({bytes.data(), length});
  SrtpPacket packet{};
  packet.context = &context;
  packet.data = bytes.data();
  packet.length = static_cast<std::uint16_t>(length);
  packet.header_len = kind == PacketKind::kRtcp ? std::uint16_t{crypto::kRtcpFixedHeader} : header.value_or(0);
  packet.room = static_cast<std::uint16_t>(bytes.size());
  packet.kind = kind;
  return packet;
}

crypto::StateSnapshot state_of(const Context& context, const crypto::ContextOptions& options) {
  crypto::StateSnapshot state(options);
  context.snapshot(state);
  return state;
}

bool same(const crypto::ReplayWindow& a, const crypto::ReplayWindow& b) {
  return a.highest() == b.highest() && a.bits() == b.bits();
}

bool same(const crypto::StateSnapshot& a, const crypto::StateSnapshot& b) {
  const auto same_key = [](const crypto::KeySnapshot& x, const crypto::KeySnapshot& y) {
    return x.rtp_left == y.rtp_left && x.rtcp_left == y.rtcp_left;
  };
  const auto same_ssrc = [](const crypto::SsrcSnapshot& x, const crypto::SsrcSnapshot& y) {
    return x.ssrc == y.ssrc && x.roc_is_set == y.roc_is_set && same(x.rtp, y.rtp) && same(x.rtcp, y.rtcp);
  };
  return std::ranges::equal(a.keys, b.keys, same_key) && std::ranges::equal(a.ssrcs, b.ssrcs, same_ssrc) &&
         a.wide == b.wide && a.send_slot == b.send_slot;
}

/// A header as the input wants it, with CSRCs and an extension or without, and a payload.
std::vector<std::uint8_t> make_clear(Input& input, PacketKind kind, std::uint16_t sequence) {
  const std::uint8_t shape = input.byte();
  const std::uint32_t ssrc = 0x5a5a0000U + (shape >> 6);
  const std::size_t payload = input.number() % kLongestPayload;
  std::vector<std::uint8_t> bytes;
  if (kind == PacketKind::kRtcp) {
    bytes.resize(crypto::kRtcpFixedHeader + payload);
    bytes[0] = 0x80;
    bytes[1] = 200;
    crypto::store_be32(bytes.data() + 4, ssrc);
  } else {
    const std::size_t csrcs = shape & 3;
    const std::size_t extension = (shape & 4) != 0 ? 4 + 4 * (shape >> 3 & 3) : 0;
    bytes.resize(crypto::kRtpFixedHeader + 4 * csrcs + extension + payload);
    bytes[0] = static_cast<std::uint8_t>(0x80 | csrcs | (extension != 0 ? 0x10 : 0));
    crypto::set_rtp_sequence(bytes.data(), sequence);
    crypto::set_rtp_ssrc(bytes.data(), ssrc);
    if (extension != 0) crypto::store_be16(bytes.data() + crypto::kRtpFixedHeader + 4 * csrcs + 2, shape >> 3 & 3);
  }
  const auto content = input.bytes(input.choice(8));
  if (!content.empty() && payload >= content.size()) std::ranges::copy(content, bytes.end() - content.size());
  return bytes;
}

/// Flips bits, cuts off or appends, as the input says.
void change(std::vector<std::uint8_t>& bytes, Input& input) {
  const std::uint8_t how = input.byte();
  for (unsigned i = 0; i < (how & 3U); ++i) {
    const std::uint16_t at = input.number();
    const std::uint8_t flip = input.byte();
    // Counted from the end as well, where tag, MKI and index are.
    if (!bytes.empty()) {
      bytes[(at & 0x8000) != 0 ? bytes.size() - 1 - (at & 0x7fff) % bytes.size() : at % bytes.size()] ^= flip;
    }
  }
  if ((how & 0x40) != 0) bytes.resize(bytes.size() - std::min<std::size_t>(bytes.size(), input.byte()));
  if ((how & 0x80) != 0) {
    const auto more = input.bytes(how >> 2 & 15);
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
}

}  // namespace

Setup read_setup(Input& input) {
  constexpr std::array<std::uint16_t, 4> kWindows{128, 192, 1024, 4096};
  constexpr std::array<std::size_t, 6> kMkiLengths{0, 1, 2, 4, 17, 128};
  constexpr std::array<std::uint32_t, 3> kSsrcs{1, 2, 8};
  Setup setup{};
  setup.suite = &crypto::kSuites[input.choice(crypto::kSuites.size())];
  const std::uint8_t flags = input.byte();
  crypto::SessionParameters& parameters = setup.options.parameters;
  parameters.unencrypted_srtp = (flags & 1) != 0;
  parameters.unencrypted_srtcp = (flags & 2) != 0;
  parameters.unauthenticated_srtp = (flags & 4) != 0;
  parameters.accept_unencrypted_srtcp = (flags & 8) != 0;
  if ((flags & 16) != 0) parameters.key_derivation_rate = crypto::kMinKeyDerivationRate;
  if ((flags & 32) != 0) setup.suite_before = &crypto::kSuites[input.choice(crypto::kSuites.size())];
  if ((flags & 64) != 0) setup.options.lifetime = input.number() + 1U;
  parameters.replay_window = kWindows[input.choice(kWindows.size())];
  setup.options.max_ssrcs = kSsrcs[input.choice(kSsrcs.size())];
  setup.mki_len = kMkiLengths[input.choice(kMkiLengths.size())];
  setup.keys = setup.mki_len == 0 || parameters.key_derivation_rate != 0 ? 1 : 1 + input.choice(4);
  return setup;
}

SrtpWorld::SrtpWorld(crypto::Engine& engine, crypto::Workspace& workspace, const Setup& setup)
    : engine_(engine),
      workspace_(workspace),
      setup_(setup),
      sender_(context(*setup.suite, kSeed)),
      receiver_(context(*setup.suite, kSeed)) {
  if (setup.suite_before == nullptr) return;
  sender_before_ = context(*setup.suite_before, kSeedBefore);
  receiver_before_ = context(*setup.suite_before, kSeedBefore);
}

std::unique_ptr<Context> SrtpWorld::context(const crypto::Suite& suite, std::uint8_t seed) const {
  crypto::ContextOptions options = setup_.options;
  if (suite.aead()) {  // have neither (RFC 7714 14.1)
    options.parameters.unauthenticated_srtp = false;
    options.parameters.unencrypted_srtp = false;
  }
  if (setup_.mki_len == 0) return std::make_unique<Context>(engine_, suite, master_key(seed), options);
  std::vector<crypto::MasterKeyEntry> keys;
  for (std::size_t i = 0; i < setup_.keys; ++i) {
    keys.push_back(
        {master_key(static_cast<std::uint8_t>(seed + i)), crypto::Mki(i + 1, setup_.mki_len), setup_.options.lifetime});
  }
  return std::make_unique<Context>(engine_, suite, keys, options);
}

void SrtpWorld::protect(Packet& packet, Input& input) {
  packet.by_key_before = sender_before_ != nullptr && (input.byte() & 1) != 0;
  Context& context = packet.by_key_before ? *sender_before_ : *sender_;
  context.send_with(static_cast<std::uint8_t>(input.choice(context.master_keys())));
  packet.sealed = packet.clear;
  packet.sealed.resize(packet.clear.size() + context.overhead(packet.kind));
  SrtpPacket described = describe(context, packet.kind, packet.sealed, packet.clear.size());
  crypto::protect(engine_, workspace_, {&described, 1});
  if (described.verdict != Verdict::kOk) {
    require(described.length == packet.clear.size());
    packet.clear.clear();
    packet.sealed.clear();
    return;
  }
  require(described.length == packet.sealed.size());
  if (described.attention) serve(context, packet.by_key_before ? kSeedBefore : kSeed);
}

void SrtpWorld::add(Input& input) {
  const std::uint8_t how = input.byte();
  Packet packet;
  packet.kind = (how & 1) != 0 ? PacketKind::kRtcp : PacketKind::kRtp;
  if ((how & 6) == 6) {  // made up
    const auto bytes = input.bytes(input.byte());
    packet.bytes.assign(bytes.begin(), bytes.end());
  } else if ((how & 6) == 4 && !sent_.empty()) {
    packet = sent_[input.choice(sent_.size())];
    packet.bytes = packet.sealed;
  } else {
    sequence_ = static_cast<std::uint16_t>(sequence_ + ((how & 8) != 0 ? input.number() : 1));
    packet.clear = make_clear(input, packet.kind, sequence_);
    protect(packet, input);
    packet.bytes = packet.sealed;
    if (!packet.sealed.empty() && sent_.size() < kMostSent) sent_.push_back(packet);
  }
  if ((how & 16) != 0) change(packet.bytes, input);
  // The stages before see to a whole header.
  const bool whole = packet.kind == PacketKind::kRtcp ? packet.bytes.size() >= crypto::kRtcpFixedHeader
                                                      : crypto::rtp_header_length(packet.bytes).has_value();
  if (whole) packets_.push_back(std::move(packet));
}

void SrtpWorld::receive() {
  std::vector<std::vector<std::uint8_t>> before;
  std::vector<SrtpPacket> burst;
  for (Packet& packet : packets_) {
    before.push_back(packet.bytes);
    packet.bytes.shrink_to_fit();
    burst.push_back(describe(*receiver_, packet.kind, packet.bytes, packet.bytes.size()));
    burst.back().fallback = receiver_before_.get();
  }
  const crypto::StateSnapshot state = state_of(*receiver_, setup_.options);
  crypto::unprotect(engine_, workspace_, burst);
  bool any = false;
  for (std::size_t i = 0; i < burst.size(); ++i) {
    any = any || (burst[i].verdict == Verdict::kOk && !burst[i].used_fallback);
    check(packets_[i], before[i], burst[i]);
  }
  if (!any) require(same(state, state_of(*receiver_, setup_.options)));
  serve(*receiver_, kSeed);
  if (receiver_before_ != nullptr) serve(*receiver_before_, kSeedBefore);
  packets_.clear();
}

void SrtpWorld::check(const Packet& packet, const std::vector<std::uint8_t>& before, const SrtpPacket& after) {
  if (after.verdict == Verdict::kOk) {
    check_opened(packet, before, after);
  } else {
    check_refused(before, after);
  }
}

/// Only what the sender protected, once, and as it was.
void SrtpWorld::check_opened(const Packet& packet, const std::vector<std::uint8_t>& before, const SrtpPacket& after) {
  const Context& by = after.used_fallback ? *receiver_before_ : *receiver_;
  const bool rtp = packet.kind == PacketKind::kRtp;
  if (rtp && by.parameters().unauthenticated_srtp) return;
  // A tag of 32 bits is hit by chance once in 2^32 tries; no other is.
  if (before != packet.sealed) {
    static bool was_lucky = false;
    require(rtp && by.suite().rtp_tag_len == 4 && !was_lucky);
    was_lucky = true;
    return;
  }
  require(after.used_fallback == packet.by_key_before);
  require(after.length == packet.clear.size() && std::equal(packet.clear.begin(), packet.clear.end(), after.data));
  require(opened_.insert(before).second);
}

/// As it was, as far as that is promised: nothing is decrypted by an HMAC suite whose tag was not right, and nothing at
/// all of what was refused before.
void SrtpWorld::check_refused(const std::vector<std::uint8_t>& before, const SrtpPacket& after) {
  require(after.length == before.size());
  const bool hmac = !after.context->suite().aead() && (after.fallback == nullptr || !after.fallback->suite().aead());
  const bool untouched = after.verdict == Verdict::kMalformed || after.verdict == Verdict::kUnknownMki ||
                         after.verdict == Verdict::kNotEncrypted || (hmac && after.verdict == Verdict::kAuthFailed);
  const std::size_t promised = untouched && after.fallback == nullptr ? before.size() : after.header_len;
  require(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(promised), after.data));
}

void SrtpWorld::serve(Context& context, std::uint8_t seed) {
  const crypto::Attention asked = context.take_attention();
  const auto install = [&](PacketKind kind, std::uint64_t epoch) {
    context.install(std::make_unique<crypto::EpochKey>(engine_, context.suite(), master_key(seed), kind, epoch));
  };
  if (asked.rtp_epoch) install(PacketKind::kRtp, *asked.rtp_epoch);
  if (asked.rtcp_epoch) install(PacketKind::kRtcp, *asked.rtcp_epoch);
}

}  // namespace sallyport::fuzz
