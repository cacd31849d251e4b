#include "dataplane/stages/stages.hpp"
#include "dataplane/stages/transform_burst.hpp"

namespace sallyport::dataplane {

void protect(WorkerState& worker, Burst& burst) noexcept {
  transform_burst(
      worker, burst,
      [](Stream& leg, crypto::SrtpPacket& srtp) noexcept {
        srtp.context = leg.tx.get();
        srtp.fallback = nullptr;
      },
      crypto::protect);
}

}  // namespace sallyport::dataplane
