// One packet whose job goes through an asynchronous engine: what protect() and unprotect() do for a burst within one
// call, in steps with any time in between. Owned by the worker, in a pool made when it starts; must not move, and its
// contexts must not be retired, while the job is with the engine.
#pragma once

#include <array>
#include <cstddef>

#include "crypto/job_fill.hpp"
#include "crypto/roc_search.hpp"

namespace sallyport::crypto {

class PendingPacket {
 public:
  PendingPacket() = default;
  PendingPacket(const PendingPacket&) = delete;
  PendingPacket& operator=(const PendingPacket&) = delete;

  /// The packet; its first seven members are set before begin_...().
  SrtpPacket& packet() noexcept { return packet_; }
  /// What is submitted. The engine gives the same pointer back.
  Job& job() noexcept { return job_; }
  /// The context whose key the job uses.
  const Context& key_owner() const noexcept { return kTries[try_].fallback ? *packet_.fallback : *packet_.context; }
  /// The packet that a job belongs to.
  static PendingPacket& of(Job& job) noexcept { return *reinterpret_cast<PendingPacket*>(&job); }

  /// True: job() is ready for Direction::kSeal. False: packet().verdict says why not.
  bool begin_protect() noexcept;
  /// After the engine gave the job back: the verdict is final.
  void finish_protect() noexcept;

  /// True: job() is ready for Direction::kOpen. False: packet().verdict says why not.
  bool begin_unprotect() noexcept;
  /// After the engine gave the job back. True: job() is ready again, with another ROC or the previous key. False: the
  /// verdict is final.
  bool continue_unprotect() noexcept;

 private:
  /// One of the tries: which key, which guess of the ROC. In the order of unprotect(): the likely ones first.
  struct Try {
    bool fallback;
    Guess guess;
  };
  static constexpr std::array kTries{Try{false, Guess::kFirst}, Try{true, Guess::kFirst},  Try{false, Guess::kSecond},
                                     Try{false, Guess::kThird}, Try{true, Guess::kSecond}, Try{true, Guess::kThird}};
  JobSpace space() noexcept { return {job_, origin_, extra_}; }
  Context& context() noexcept { return kTries[try_].fallback ? *packet_.fallback : *packet_.context; }
  KeyAnswer& said() noexcept { return said_[kTries[try_].fallback ? 1 : 0]; }
  bool has_try() noexcept;
  Verdict begin_try() noexcept;
  bool begin_from(std::size_t first) noexcept;

  Job job_;  ///< first: see of()
  SrtpPacket packet_;
  JobOrigin origin_;
  std::size_t try_ = 0;
  std::array<KeyAnswer, 2> said_{};  ///< what the newer key said last, and the previous one
  JobExtra extra_;
};

}  // namespace sallyport::crypto
