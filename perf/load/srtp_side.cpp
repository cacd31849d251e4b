#include "perf/load/srtp_side.hpp"

namespace sallyport::load {
namespace {

/// A gateway may take a fresh SSRC for a restarted source; more than this under one key would be strange.
constexpr std::uint32_t kMaxSsrcs = 16;

}  // namespace

SrtpSide::SrtpSide(Crypto& crypto, const crypto::Suite* suite, const std::vector<StreamPlan>& plan,
                   SidePlan StreamPlan::*side, crypto::MasterKey SidePlan::*key)
    : crypto_(&crypto), suite_(suite) {
  if (suite == nullptr) return;
  contexts_.reserve(plan.size());
  for (const StreamPlan& stream : plan) {
    contexts_.push_back(std::make_unique<crypto::Context>(*crypto.engine, *suite, (stream.*side).*key,
                                                       crypto::ContextOptions{.max_ssrcs = kMaxSsrcs}));
  }
}

}  // namespace sallyport::load
