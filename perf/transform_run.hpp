// The packets of a Traffic through crypto::protect() and crypto::unprotect(), burst by burst, with contexts of one
// engine.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "perf/sealer.hpp"

namespace sallyport::perf {

/// An engine with contexts for one suite, which may serve one TransformRun after the other.
struct Parties {
  Parties(crypto::EngineKind kind, const crypto::Suite& suite, std::uint32_t streams, crypto::Direction direction);

  const crypto::Suite& suite;
  std::unique_ptr<crypto::Engine> engine;
  Contexts measured;             ///< by stream: senders for protect(), receivers for unprotect()
  std::optional<Sealer> sealer;  ///< for unprotect(): makes what the receivers get
  std::uint64_t position = 0;    ///< in the traffic, of the packets that come next
};

class TransformRun {
 public:
  /// Goes on where the parties are. Both outlive it.
  TransformRun(Parties& parties, Traffic& traffic);

  /// The next packets, for protect().
  void prepare_clear();
  /// The next packets, protected, for unprotect().
  void prepare_sealed();
  void protect();
  void unprotect();
  /// Throws unless every packet of the last pass went well: a refused packet is a fast one.
  void check() const;

 private:
  void advance();
  void describe(std::size_t length);
  template <class Call>
  void for_each_burst(Call call);

  Parties& parties_;
  Traffic& traffic_;
  crypto::WorkspacePtr workspace_;
  std::vector<crypto::SrtpPacket> packets_;
};

}  // namespace sallyport::perf
