#include "dataplane/stages/stages.hpp"
#include "dataplane/stages/transform_burst.hpp"

namespace sallyport::dataplane {

void protect(WorkerState& worker, Burst& burst) noexcept {
  if (worker.device != nullptr) park(worker, burst, crypto::Direction::kSeal);
  transform_burst(worker, burst, crypto::Direction::kSeal, crypto::protect);
}

}  // namespace sallyport::dataplane
