// One packet whose job goes through an asynchronous engine: what protect() and unprotect() do for a burst within one
// call, in steps with any time in between. Owned by the worker, in a pool made when it starts; must not move, and its
// contexts must not be retired, while the job is with the engine.
#pragma once

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
  JobSpace space() noexcept { return {job_, origin_, extra_}; }
  Context& context() noexcept { return on_fallback_ ? *packet_.fallback : *packet_.context; }
  template <Guess kGuess>
  bool begin() noexcept;
  bool begin_next() noexcept;
  bool begin_fallback() noexcept;

  Job job_;  ///< first: see of()
  SrtpPacket packet_;
  JobOrigin origin_;
  Guess guess_ = Guess::kFirst;
  bool on_fallback_ = false;
  Verdict first_verdict_ = Verdict::kOk;  ///< under the newer key
  JobExtra extra_;
};

}  // namespace sallyport::crypto
