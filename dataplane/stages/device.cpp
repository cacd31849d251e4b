// The way of packets through an asynchronous crypto device: parked and submitted, collected, submitted again where
// another key or ROC may fit, released in their stream's order. Nothing here waits, and nothing waits for ever: a job
// that the device does not answer in time is given up. Its packet counts as dropped, but its memory goes into
// quarantine, not back.
#include "dataplane/stages/stages.hpp"
#include "dataplane/stages/transform_burst.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::Direction;

/// So much is collected in one pass; the rest of the worker has its turn in between.
constexpr int kCollectRounds = 4;

/// Jobs on their way to the device; all of one direction.
class Submission {
 public:
  Submission(WorkerState& worker, Direction direction) noexcept : worker_(worker), direction_(direction) {}

  void add(ParkedPacket& parked) noexcept { jobs_[count_++] = &parked.pending.job(); }

  /// What the device does not take, or is not given because it is silent, leaves in its turn.
  void send() noexcept {
    if (count_ == 0) return;
    const std::size_t given = worker_.device_watch.admit(count_, worker_.now);
    const std::size_t taken =
        given == 0 ? 0 : worker_.device->submit(std::span<crypto::Job* const>(jobs_.data(), given), direction_);
    for (std::size_t i = 0; i < taken; ++i) Parking::of(*jobs_[i]).with_device = true;
    for (std::size_t i = taken; i < count_; ++i) {
      worker_.parking->finish(Parking::of(*jobs_[i]),
                              worker_.device_watch.silent() ? ParkedEnd::kUnanswered : ParkedEnd::kRefused);
    }
    count_ = 0;
  }

 private:
  WorkerState& worker_;
  Direction direction_;
  std::array<crypto::Job*, kBurst> jobs_;
  std::size_t count_ = 0;
};

bool is_devices(const crypto::Context* context) noexcept {
  return context != nullptr && context->engine_kind() == crypto::EngineKind::kCryptodev;
}

/// After the job was done: whether there is another to do.
bool has_next_job(ParkedPacket& parked) noexcept {
  if (parked.direction == Direction::kOpen) return parked.pending.continue_unprotect();
  parked.pending.finish_protect();
  return false;
}

/// Keys of two engines may meet in a packet (a re-key to another suite): jobs that are not the device's are done at
/// once. True: there is one for the device. False: the verdict is final.
bool advance(WorkerState& worker, ParkedPacket& parked) noexcept {
  crypto::Job& job = parked.pending.job();
  while (job.engine != crypto::EngineKind::kCryptodev) {
    if (parked.direction == Direction::kSeal) {
      worker.engine->seal({&job, 1});
    } else {
      worker.engine->open({&job, 1});
    }
    if (!has_next_job(parked)) return false;
  }
  return true;
}

/// True: the packet is none of the device's business. False: it is parked, or gone.
bool park_one(WorkerState& worker, rte_mbuf* packet, Submission& submission, Direction direction) noexcept {
  Stream& leg = *meta_of(packet).leg;
  crypto::SrtpPacket keys;
  choose_keys(worker, leg, direction, keys);
  if (keys.context == nullptr) return true;
  // Behind parked packets of its stream even a packet that has no business there must queue.
  const bool overtakes = !leg.more->lanes[static_cast<std::size_t>(direction)].empty();
  if (!is_devices(keys.context) && !is_devices(keys.fallback) && !overtakes) return true;

  ParkedPacket* const parked = worker.parking->take(leg, direction);
  if (parked == nullptr) {
    return drop(worker, packet, &leg,
                worker.device_watch.silent() ? DropReason::kDeviceSilent : DropReason::kDeviceFull);
  }
  crypto::SrtpPacket& srtp = parked->pending.packet();
  srtp = keys;
  describe(packet, srtp);
  const bool ready =
      direction == Direction::kSeal ? parked->pending.begin_protect() : parked->pending.begin_unprotect();
  if (!ready) {
    attend(worker, leg, srtp);
    watch_result(worker, packet, direction, srtp);
    worker.parking->give_back(*parked);
    return drop(worker, packet, &leg, reason_of(srtp.verdict));
  }
  worker.stats.parked.add();
  watch_parked(worker, packet, direction);
  worker.parking->enter(*parked, packet, leg, direction, worker.now);
  if (advance(worker, *parked)) {
    submission.add(*parked);
  } else {
    worker.parking->finish(*parked, ParkedEnd::kVerdict);
  }
  return false;
}

/// A job came back. True: it is to be submitted again. False: that was all of it.
bool take_back(WorkerState& worker, ParkedPacket& parked) noexcept {
  parked.with_device = false;
  if (parked.in_quarantine) {
    worker.quarantine->leave(parked);
    rte_pktmbuf_free(parked.packet);
    worker.parking->give_back(parked);
    return false;
  }
  if (parked.end == ParkedEnd::kUnanswered) return false;  // its turn to leave has not come yet
  if (has_next_job(parked) && advance(worker, parked)) return true;
  worker.parking->finish(parked, ParkedEnd::kVerdict);
  return false;
}

/// Jobs that the device has had for too long. A share of the slots at a time: each is looked at often enough.
void give_up_overdue(WorkerState& worker) noexcept {
  for (ParkedPacket& parked : worker.parking->next_share()) {
    if (!parked.with_device || parked.end != ParkedEnd::kNotYet) continue;
    if (!worker.device_watch.overdue(parked.since, worker.now)) continue;
    worker.device_watch.missed(parked.since, worker.now);
    worker.parking->finish(parked, ParkedEnd::kUnanswered);
  }
}

/// False: the packet is gone.
bool resume_one(WorkerState& worker, ParkedPacket& parked) noexcept {
  rte_mbuf* const packet = parked.packet;
  worker.stats.resumed.add();
  watch_resumed(worker, parked.direction);
  if (parked.end == ParkedEnd::kRefused) return drop(worker, packet, parked.leg, DropReason::kDeviceFull);
  if (parked.end == ParkedEnd::kUnanswered) {
    if (parked.with_device) {
      rte_mbuf_refcnt_update(packet, 1);  // the device's share; the other one is dropped
      worker.quarantine->enter(parked);
    }
    return drop(worker, packet, parked.leg, DropReason::kDeviceSilent);
  }
  watch_result(worker, packet, parked.direction, parked.pending.packet());
  if (!take_result(worker, packet, parked.pending.packet())) return false;
  if (!parked.leg->removed) return true;
  const bool opened = parked.direction == Direction::kOpen;
  return drop(worker, packet, parked.leg, opened ? DropReason::kNoStream : DropReason::kSinkGone);
}

}  // namespace

void park(WorkerState& worker, Burst& burst, Direction direction) noexcept {
  Submission submission(worker, direction);
  burst.sift([&](rte_mbuf* packet) noexcept { return park_one(worker, packet, submission, direction); });
  submission.send();
}

std::uint16_t collect_from_device(WorkerState& worker) noexcept {
  std::size_t collected = 0;
  for (int round = 0; round < kCollectRounds; ++round) {
    std::array<crypto::Job*, kBurst> done;
    const std::size_t count = worker.device->collect(done);
    worker.device_watch.heard(worker.device->answers(), worker.now);
    Submission again(worker, Direction::kOpen);
    for (std::size_t i = 0; i < count; ++i) {
      ParkedPacket& parked = Parking::of(*done[i]);
      if (take_back(worker, parked)) again.add(parked);
    }
    again.send();
    collected += count;
    if (count == done.size()) continue;
    // The device has no more for us now: what is overdue did not just wait for us to ask.
    if (worker.device_watch.time_to_look(worker.now, Parking::kShares)) give_up_overdue(worker);
    break;
  }
  return static_cast<std::uint16_t>(collected);
}

bool resume(WorkerState& worker, Burst& opened, Burst& sealed) noexcept {
  if (!worker.parking->has_released()) return false;
  while (!opened.full() && !sealed.full()) {
    ParkedPacket* const parked = worker.parking->next_released();
    if (parked == nullptr) break;
    if (resume_one(worker, *parked)) (parked->direction == Direction::kOpen ? opened : sealed).push(parked->packet);
    if (!parked->in_quarantine) worker.parking->give_back(*parked);
  }
  return true;
}

}  // namespace sallyport::dataplane
