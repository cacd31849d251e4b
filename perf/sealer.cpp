#include "perf/sealer.hpp"

#include <algorithm>

#include "crypto/bytes.hpp"
#include "crypto/rtp_wire.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::perf {

crypto::MasterKey master_key_of(std::uint32_t stream) {
  crypto::MasterKey master;
  crypto::store_be32(master.key.data(), stream % kMasterKeys);
  return master;
}

Contexts make_contexts(crypto::Engine& engine, const crypto::Suite& suite, std::uint32_t streams,
                       std::uint32_t max_ssrcs) {
  Contexts contexts;
  contexts.reserve(streams);
  const crypto::ContextOptions options{.max_ssrcs = max_ssrcs};
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    contexts.push_back(std::make_unique<crypto::Context>(engine, suite, master_key_of(stream), options));
  }
  return contexts;
}

Sealer::Sealer(crypto::Engine& engine, const crypto::Suite& suite)
    : engine_(engine),
      suite_(suite),
      contexts_(make_contexts(engine, suite, kMasterKeys)),
      workspace_(crypto::make_workspace()) {}

std::size_t Sealer::seal(Traffic& traffic) {
  for (std::size_t first = 0; first < traffic.packets(); first += crypto::kMaxBurst) {
    seal(traffic, first, std::min(crypto::kMaxBurst, traffic.packets() - first));
  }
  return traffic.shape().size + srtp_overhead(suite_, crypto::PacketKind::kRtp);
}

/// What protect() would make of packets whose indices are known, with the same jobs.
void Sealer::seal(Traffic& traffic, std::size_t first, std::size_t count) {
  using Policy = crypto::RtpPolicy;
  const std::size_t size = traffic.shape().size;
  for (std::size_t slot = 0; slot < count; ++slot) {
    const std::size_t i = first + slot;
    const crypto::Context& context = *contexts_[traffic.stream_of(i) % kMasterKeys];
    const std::uint64_t index = traffic.index_of(i);
    const crypto::WireForm form = Policy::usual_form(context);
    crypto::fill_job<Policy>(workspace_->space(slot), traffic.packet(i), context,
                             {context.rtp(), form, index, crypto::kRtpFixedHeader, size - crypto::kRtpFixedHeader});
    if (crypto::trailer_behind_text<Policy>(context.job_form(), form)) {
      crypto::store_be32(traffic.packet(i) + size, Policy::trailer(index, true));
    }
  }
  engine_.seal({workspace_->jobs.data(), count});
}

}  // namespace sallyport::perf
