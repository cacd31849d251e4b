// The packets of a Traffic through crypto::protect() and crypto::unprotect(), burst by burst, with contexts of one
// engine.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/transform.hpp"
#include "perf/traffic.hpp"

namespace sallyport::perf {

/// A context per stream, all made for the same direction.
using Contexts = std::vector<std::unique_ptr<crypto::Context>>;

/// Streams share so many master keys; each has its context, with its own copy of all that follows from the key.
inline constexpr std::uint32_t kMasterKeys = 256;

/// Contexts with a master key that follows from the stream's number.
Contexts make_contexts(crypto::Engine& engine, const crypto::Suite& suite, std::uint32_t streams,
                       std::uint32_t max_ssrcs = 1);

/// An engine with contexts for one suite, which may serve one TransformRun after the other.
struct Parties {
  Parties(crypto::EngineKind kind, const crypto::Suite& suite, std::uint32_t streams, crypto::Direction direction);

  const crypto::Suite& suite;
  std::unique_ptr<crypto::Engine> engine;
  Contexts measured;           ///< by stream: senders for protect(), receivers for unprotect()
  Contexts sealing;            ///< for unprotect(), by master key: what the receivers get is protected with these keys
  std::uint64_t position = 0;  ///< in the traffic, of the packets that come next
};

class TransformRun {
 public:
  /// Goes on where the parties are. Both outlive it.
  TransformRun(Parties& parties, Traffic& traffic);

  /// The next packets, for protect().
  void prepare_clear();
  /// The next packets, protected, for unprotect(). Touches nothing of any stream: senders beside the receivers would
  /// take half of the cache, which is not what a receiver costs.
  void prepare_sealed();
  void protect();
  void unprotect();
  /// Throws unless every packet of the last pass went well: a refused packet is a fast one.
  void check() const;

 private:
  void advance();
  void describe(std::size_t length);
  void seal(std::size_t first, std::size_t count);
  template <class Call>
  void for_each_burst(Call call);

  Parties& parties_;
  Traffic& traffic_;
  std::size_t sealed_length_;
  crypto::WorkspacePtr workspace_;
  std::vector<crypto::SrtpPacket> packets_;
};

}  // namespace sallyport::perf
