// The generator's SRTP: one engine and its scratch memory for all lanes, and a context per lane and direction. Also
// stands for plain RTP, where there is nothing to do.
#pragma once

#include <memory>
#include <span>
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
  /// `side` and `keys` pick the keys from the plan.
  SrtpSide(Crypto& crypto, const SideOptions& options, const std::vector<StreamPlan>& plan, SidePlan StreamPlan::*side,
           std::vector<crypto::MasterKeyEntry> SidePlan::*keys);

  bool active() const noexcept { return suite_ != nullptr; }
  crypto::Context* context(std::uint32_t lane) noexcept { return contexts_[lane].get(); }
  /// How many bytes follow the end of an RTP packet's tag.
  std::size_t behind_tag(std::uint32_t lane) const noexcept;

  /// Protects or unprotects a burst; lanes[i] is that of packets[i].
  void protect(std::span<crypto::SrtpPacket> packets, std::span<const std::uint32_t> lanes) {
    run(packets, lanes, crypto::protect);
  }
  void unprotect(std::span<crypto::SrtpPacket> packets, std::span<const std::uint32_t> lanes) {
    run(packets, lanes, crypto::unprotect);
  }

 private:
  using Transform = void (*)(crypto::Engine&, crypto::Workspace&, std::span<crypto::SrtpPacket>) noexcept;
  void run(std::span<crypto::SrtpPacket> packets, std::span<const std::uint32_t> lanes, Transform transform);
  void make_epochs(std::uint32_t lane);

  Crypto* crypto_;
  const crypto::Suite* suite_;
  std::vector<std::unique_ptr<crypto::Context>> contexts_;
  std::vector<crypto::MasterKey> masters_;  ///< with a key derivation rate
};

}  // namespace sallyport::load
