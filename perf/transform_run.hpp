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

/// Contexts with a master key that follows from the stream's number: those of senders and receivers fit together.
Contexts make_contexts(crypto::Engine& engine, const crypto::Suite& suite, std::uint32_t streams);

class TransformRun {
 public:
  /// Makes the senders, and where `unprotects` the receivers, too. `traffic` outlives it.
  TransformRun(std::unique_ptr<crypto::Engine> engine, const crypto::Suite& suite, Traffic& traffic, bool unprotects);

  /// The next packets, for protect().
  void prepare_clear();
  /// The next packets, protected, for unprotect().
  void prepare_sealed();
  void protect();
  void unprotect();
  /// Throws unless every packet of the last pass went well: a refused packet is a fast one.
  void check() const;

 private:
  void describe(const Contexts& contexts, std::size_t length);
  template <class Call>
  void for_each_burst(Call call);

  std::unique_ptr<crypto::Engine> engine_;
  Traffic& traffic_;
  std::size_t sealed_length_;
  Contexts senders_;
  Contexts receivers_;
  crypto::WorkspacePtr workspace_;
  std::vector<crypto::SrtpPacket> packets_;
};

}  // namespace sallyport::perf
