#include "dataplane/stages/stages.hpp"
#include "dataplane/stages/transform_burst.hpp"

namespace sallyport::dataplane {

void unprotect(WorkerState& worker, Burst& burst) noexcept {
  transform_burst(
      worker, burst,
      [&worker](Stream& leg, crypto::SrtpPacket& srtp) noexcept {
        srtp.context = leg.rx.get();
        srtp.fallback = worker.now < leg.rx_previous_until ? leg.rx_previous.get() : nullptr;
      },
      crypto::unprotect);
}

}  // namespace sallyport::dataplane
