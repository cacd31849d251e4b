// Protects the packets of a Traffic without a sender per stream: their indices are known, and streams share master
// keys. So nothing of any stream is touched: senders beside the receivers that are measured would take half of the
// cache.
#pragma once

#include <memory>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/transform.hpp"
#include "perf/traffic.hpp"

namespace sallyport::perf {

/// A context per stream, all made for the same direction.
using Contexts = std::vector<std::unique_ptr<crypto::Context>>;

/// Streams share so many master keys; each has its context, with its own copy of all that follows from the key.
inline constexpr std::uint32_t kMasterKeys = 256;

/// The key of a stream of that number.
crypto::MasterKey master_key_of(std::uint32_t stream);

/// Contexts with those keys.
Contexts make_contexts(crypto::Engine& engine, const crypto::Suite& suite, std::uint32_t streams,
                       std::uint32_t max_ssrcs = 1);

class Sealer {
 public:
  /// `engine` expands the keys and does the work; outlives it.
  Sealer(crypto::Engine& engine, const crypto::Suite& suite);

  /// Protects all packets of the traffic, which are in the clear, in place. Returns their length.
  std::size_t seal(Traffic& traffic);

 private:
  void seal(Traffic& traffic, std::size_t first, std::size_t count);

  crypto::Engine& engine_;
  const crypto::Suite& suite_;
  Contexts contexts_;  ///< by master key
  crypto::WorkspacePtr workspace_;
};

}  // namespace sallyport::perf
