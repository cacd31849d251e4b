#include "tests/secrets/streams.hpp"

#include "crypto/rtp_wire.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::secrets {
namespace {

using crypto::kMaxBurst;
using crypto::PacketKind;
using crypto::SrtpPacket;
using crypto::Verdict;

constexpr std::size_t kMkiLen = 4;
constexpr std::size_t kRoom = 256;
constexpr std::uint64_t kEpochsInUse = 12;

/// Three master keys a stream: with MKIs at once, with a re-key one after the other.
constexpr std::uint16_t kKeysPerSeed = 4;
std::uint32_t master_seed(std::uint16_t seed, std::uint16_t key) { return 0x51EC0000U + seed * kKeysPerSeed + key; }

std::uint16_t keys_in(Keying keying) {
  switch (keying) {
    case Keying::kThreeKeysWithMki:
      return 3;
    case Keying::kRekeyed:
      return 2;
    case Keying::kOneKey:
    case Keying::kEpochs:
      break;
  }
  return 1;
}

}  // namespace

void Packets::through_queue(crypto::AsyncEngine& queue, std::span<SrtpPacket> packets, crypto::Direction direction) {
  const bool seal = direction == crypto::Direction::kSeal;
  std::vector<crypto::Job*> ready;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    pending_[i].packet() = packets[i];
    if (seal ? pending_[i].begin_protect() : pending_[i].begin_unprotect()) ready.push_back(&pending_[i].job());
  }
  while (!ready.empty()) {
    for (std::size_t taken = 0; taken < ready.size();)
      taken += queue.submit(std::span(ready).subspan(taken), direction);
    std::size_t left = ready.size();
    ready.clear();
    while (left != 0) {
      std::array<crypto::Job*, kMaxBurst> done;
      const std::size_t count = queue.collect(done);
      left -= count;
      for (std::size_t i = 0; i < count; ++i) {
        crypto::PendingPacket& pending = crypto::PendingPacket::of(*done[i]);
        if (seal) {
          pending.finish_protect();
        } else if (pending.continue_unprotect()) {
          ready.push_back(&pending.job());
        }
      }
    }
  }
  for (std::size_t i = 0; i < packets.size(); ++i) packets[i] = pending_[i].packet();
}

void Packets::protect(crypto::Engine& engine, std::span<SrtpPacket> packets) {
  if (crypto::AsyncEngine* queue = engine.async()) return through_queue(*queue, packets, crypto::Direction::kSeal);
  crypto::protect(engine, *workspace_, packets);
}

void Packets::unprotect(crypto::Engine& engine, std::span<SrtpPacket> packets) {
  if (crypto::AsyncEngine* queue = engine.async()) return through_queue(*queue, packets, crypto::Direction::kOpen);
  crypto::unprotect(engine, *workspace_, packets);
}

Stream::Stream(crypto::Engine& engine, const crypto::Suite& suite, Keying keying, std::uint16_t seed)
    : suite_(&suite), keying_(keying), seed_(seed), sender_(context(engine, 0)), receiver_(context(engine, 0)) {}

void Stream::add_needles_of(const crypto::Suite& suite, Keying keying, std::uint16_t seed, std::vector<Needle>& to) {
  for (std::uint16_t key = 0; key < keys_in(keying); ++key) {
    Secrets secrets{.suite = &suite, .master = crypto::test::make_master(master_seed(seed, key)), .owner = seed};
    if (keying == Keying::kEpochs) {
      for (std::uint64_t epoch = 1; epoch < kEpochsInUse; ++epoch) {
        secrets.rtp_epochs.push_back(epoch);
        secrets.rtcp_epochs.push_back(epoch);
      }
    }
    add_needles(secrets, to);
  }
}

crypto::ContextOptions Stream::options() const {
  crypto::ContextOptions options;
  if (keying_ == Keying::kEpochs) options.parameters.key_derivation_rate = crypto::kMinKeyDerivationRate;
  return options;
}

std::unique_ptr<crypto::Context> Stream::context(crypto::Engine& engine, std::uint16_t key) const {
  if (keying_ != Keying::kThreeKeysWithMki) {
    return std::make_unique<crypto::Context>(engine, *suite_, crypto::test::make_master(master_seed(seed_, key)),
                                             options());
  }
  std::vector<crypto::MasterKeyEntry> keys;
  for (std::uint16_t i = 0; i < keys_in(keying_); ++i) {
    keys.push_back({crypto::test::make_master(master_seed(seed_, i)), crypto::Mki(i + 1U, kMkiLen)});
  }
  return std::make_unique<crypto::Context>(engine, *suite_, keys, options());
}

bool Stream::run_traffic(crypto::Engine& engine, Packets& packets, std::size_t size) {
  for (std::uint8_t slot = 0; slot < sender_->master_keys(); ++slot) {
    sender_->send_with(slot);
    if (!burst(engine, packets, PacketKind::kRtp, size) || !burst(engine, packets, PacketKind::kRtcp, size))
      return false;
  }
  return true;
}

bool Stream::burst(crypto::Engine& engine, Packets& packets, PacketKind kind, std::size_t size) {
  constexpr std::array<std::size_t, 5> kLengths{160, 33, 1200, 0, 160};
  const std::size_t length = kLengths[bursts_++ / 2 % kLengths.size()];
  std::vector<crypto::test::Bytes> bytes;
  std::vector<SrtpPacket> burst;
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(kind == PacketKind::kRtp
                        ? crypto::test::make_rtp({.ssrc = 0x5a11u + seed_, .sequence = sequence_++, .payload = length})
                        : crypto::test::make_rtcp(0x5a11u + seed_, 20 + length));
    const std::size_t clear = bytes.back().size();
    bytes.back().resize(clear + kRoom);
    burst.push_back(crypto::test::describe(kind, bytes.back().data(), clear, clear + kRoom, *sender_));
  }
  packets.protect(engine, burst);
  for (std::size_t i = 0; i < burst.size(); ++i) {
    if (burst[i].verdict != Verdict::kOk) return false;
    burst[i].context = receiver_.get();
    burst[i].fallback = before_.get();
    if (i % 16 == 3) burst[i].data[burst[i].length - 1] ^= 1;
  }
  packets.unprotect(engine, burst);
  for (std::size_t i = 0; i < burst.size(); ++i) {
    if ((burst[i].verdict == Verdict::kOk) == (i % 16 == 3)) return false;
  }
  return true;
}

void Stream::serve(crypto::Engine& engine) {
  if (keying_ == Keying::kRekeyed && before_ == nullptr) {
    before_ = context(engine, 1);
    before_->continue_from(*receiver_);
    std::swap(before_, receiver_);
    auto next = context(engine, 1);
    next->continue_from(*sender_);
    sender_ = std::move(next);
  }
  serve(engine, *sender_);
  serve(engine, *receiver_);
}

void Stream::serve(crypto::Engine& engine, crypto::Context& context) {
  const auto install = [&](PacketKind kind, std::uint64_t epoch) {
    const crypto::MasterKey master = crypto::test::make_master(master_seed(seed_, 0));
    context.install(std::make_unique<crypto::EpochKey>(engine, *suite_, master, kind, epoch));
  };
  const crypto::Attention asked = context.take_attention();
  if (asked.rtp_epoch) install(PacketKind::kRtp, *asked.rtp_epoch);
  if (asked.rtcp_epoch) install(PacketKind::kRtcp, *asked.rtcp_epoch);
}

}  // namespace sallyport::secrets
