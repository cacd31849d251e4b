#include "perf/load/srtp_side.hpp"

namespace sallyport::load {
namespace {

/// A gateway may take a fresh SSRC for a restarted source; more than this under one key would be strange.
constexpr std::uint32_t kMaxSsrcs = 16;

}  // namespace

SrtpSide::SrtpSide(Crypto& crypto, const SideOptions& options, const std::vector<StreamPlan>& plan,
                   SidePlan StreamPlan::*side, std::vector<crypto::MasterKeyEntry> SidePlan::*keys)
    : crypto_(&crypto), suite_(options.suite) {
  if (suite_ == nullptr) return;
  contexts_.reserve(plan.size());
  for (const StreamPlan& stream : plan) {
    const crypto::ContextOptions context{.max_ssrcs = kMaxSsrcs, .parameters = options.parameters};
    const std::vector<crypto::MasterKeyEntry>& own = (stream.*side).*keys;
    contexts_.push_back(std::make_unique<crypto::Context>(*crypto.engine, *suite_, own, context));
    if (options.parameters.key_derivation_rate != 0) masters_.push_back(own.front().master.clone());
  }
}

/// With AEAD the MKI is last (RFC 7714 8.2), else the tag (RFC 3711 3.1).
std::size_t SrtpSide::behind_tag(std::uint32_t lane) const noexcept {
  return suite_->aead() ? contexts_[lane]->mki_len() : 0;
}

/// There is no control thread here: session keys of further epochs are made on the spot, and a packet that had none is
/// tried again with them.
void SrtpSide::run(std::span<crypto::SrtpPacket> packets, std::span<const std::uint32_t> lanes, Transform transform) {
  transform(*crypto_->engine, *crypto_->workspace, packets);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const bool without_key = packets[i].verdict == crypto::Verdict::kNoSessionKey;
    if (!packets[i].attention && !without_key) continue;
    make_epochs(lanes[i]);
    if (without_key) transform(*crypto_->engine, *crypto_->workspace, packets.subspan(i, 1));
  }
}

void SrtpSide::make_epochs(std::uint32_t lane) {
  crypto::Context& context = *contexts_[lane];
  const crypto::Attention asked = context.take_attention();
  const auto make = [&](crypto::PacketKind kind, std::uint64_t epoch) {
    context.install(std::make_unique<crypto::EpochKey>(*crypto_->engine, *suite_, masters_[lane], kind, epoch));
  };
  if (asked.rtp_epoch) make(crypto::PacketKind::kRtp, *asked.rtp_epoch);
  if (asked.rtcp_epoch) make(crypto::PacketKind::kRtcp, *asked.rtcp_epoch);
}

}  // namespace sallyport::load
