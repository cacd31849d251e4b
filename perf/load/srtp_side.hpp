// The generator's SRTP: one engine and its scratch memory for all lanes, and a context per lane and direction. Also
// stands for plain RTP, where there is nothing to do.
#pragma once

#include <memory>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/transform.hpp"
#include "perf/load/plan.hpp"

namespace sallyport::load {

/// What computes; one per thread, outlives the contexts.
struct Crypto {
  std::unique_ptr<crypto::Engine> engine;
  crypto::WorkspacePtr workspace;

  explicit Crypto(crypto::EngineKind kind) : engine(crypto::make_engine(kind)), workspace(crypto::make_workspace()) {}
};

/// The contexts of all lanes for one way of one side; empty: plain RTP.
class SrtpSide {
 public:
  /// `side` and `key` pick the keys from the plan.
  SrtpSide(Crypto& crypto, const crypto::Suite* suite, const std::vector<StreamPlan>& plan, SidePlan StreamPlan::*side,
           crypto::MasterKey SidePlan::*key);

  bool active() const noexcept { return suite_ != nullptr; }
  std::uint16_t overhead(crypto::PacketKind kind) const noexcept {
    return active() ? crypto::srtp_overhead(*suite_, kind) : std::uint16_t{0};
  }
  crypto::Context* context(std::uint32_t lane) noexcept { return contexts_[lane].get(); }
  Crypto& crypto() noexcept { return *crypto_; }

 private:
  Crypto* crypto_;
  const crypto::Suite* suite_;
  std::vector<std::unique_ptr<crypto::Context>> contexts_;
};

}  // namespace sallyport::load
