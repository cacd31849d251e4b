// Jobs that a crypto device did not answer in time, and what they may still be using. Their packets count as dropped
// and have left their lanes, but packet memory, slot and keys belong to the device until it gives the job back
// (AsyncEngine::submit). What control gets back meanwhile is kept here if such a job uses a key in it: an event for
// each job at most, so that the depth of the device's queue bounds it all. One worker's own; allocates nothing after
// its construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/event.hpp"

namespace sallyport::dataplane {

struct ParkedPacket;

class Quarantine {
 public:
  /// For as many jobs as may be with the device; 0: there is none.
  explicit Quarantine(std::size_t jobs);
  Quarantine(const Quarantine&) = delete;
  Quarantine& operator=(const Quarantine&) = delete;

  /// A packet left its lane while the device still has its job.
  void enter(ParkedPacket& parked) noexcept;
  /// The device gave the job back after all.
  void leave(ParkedPacket& parked) noexcept;
  /// Whether such a job uses a key in `event`; then `event` has been moved in here. Not while has_free().
  bool keep(Event& event) noexcept;
  /// The next event that was kept and no job uses any more. False: there is none.
  bool take_free(Event& event) noexcept;
  bool has_free() const noexcept { return !free_.empty(); }

  /// Jobs that are overdue.
  std::size_t size() const noexcept { return jobs_.size(); }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct UnansweredJob {
    ParkedPacket* parked;
    const crypto::Context* context;
    const crypto::KeyRecord* keys;
    std::uint32_t kept;  ///< the event with its keys, or kNone
  };
  struct KeptEvent {
    Event event;
    std::uint32_t users = 0;
  };

  std::vector<UnansweredJob> jobs_;    ///< never grows beyond what was reserved, as the others
  std::vector<KeptEvent> kept_;        ///< a place for each job
  std::vector<std::uint32_t> places_;  ///< of kept_ that are not taken
  std::vector<std::uint32_t> free_;    ///< of kept_ whose events may go
};

}  // namespace sallyport::dataplane
