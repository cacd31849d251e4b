#include "dataplane/stages/stages.hpp"
#include "dataplane/stages/transform_burst.hpp"

namespace sallyport::dataplane {

void unprotect(WorkerState& worker, Burst& burst) noexcept {
  if (worker.device != nullptr) park(worker, burst, crypto::Direction::kOpen);
  prefetch_sinks(worker, burst);
  transform_burst(worker, burst, crypto::Direction::kOpen, crypto::unprotect);
}

}  // namespace sallyport::dataplane
