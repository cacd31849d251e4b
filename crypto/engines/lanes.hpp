// Our own engine for processors with AVX-512, VAES, VPCLMULQDQ and SHA: many packets of many keys side by side in SIMD
// lanes, with round keys and powers of H made on the fly, so that a key is one or two cache lines and 20,000 streams
// stay in the cache (design of the kernels: crypto/engines/lanes/). Made per thread; seal() and open() belong to that
// thread. Knows every suite.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "crypto/engine.hpp"
#include "crypto/secret_memory.hpp"

namespace sallyport::crypto {

/// Whether this processor, and the system on it, can run the engine.
bool lanes_available() noexcept;

class LanesEngine final : public Engine {
 public:
  /// Throws SetupError where lanes_available() says no.
  LanesEngine();
  ~LanesEngine() override;

  EngineKind kind_for(const Suite&) const noexcept override { return EngineKind::kLanes; }
  std::string_view description() const noexcept override;
  bool supports(const Suite& suite) const noexcept override;
  /// Everything lies in the record: the release is null.
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override;
  void seal(std::span<Job> jobs) noexcept override;
  void open(std::span<Job> jobs) noexcept override;

 private:
  struct Working;
  std::unique_ptr<Working> working_;
};

}  // namespace sallyport::crypto
