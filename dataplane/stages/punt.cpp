#include "dataplane/stages/stages.hpp"
#include "drivers/offload.hpp"

namespace sallyport::dataplane {
namespace {

/// net_tap ends a burst at a frame that it cannot take (longer than the MTU, for instance): that one is dropped, the
/// rest tried again.
std::uint16_t give_to_linux(WorkerState& worker, WorkerPort& port) noexcept {
  Burst& punts = port.punts;
  const std::uint16_t count = punts.size();
  if (count != 0 && port.port->partial_checksums()) {
    for (std::uint16_t i = 0; i < count; ++i) drivers::complete_checksums(punts[i]);
  }
  for (std::uint16_t next = 0; next < count; ++next) {
    const std::uint16_t taken =
        port.twin->tx(port.queue, punts.data() + next, static_cast<std::uint16_t>(count - next));
    worker.stats.punted.add(taken);
    next = static_cast<std::uint16_t>(next + taken);
    if (next < count) drop(worker, punts[next], nullptr, DropReason::kPuntFull);
  }
  punts.clear();
  return count;
}

std::uint16_t take_from_linux(WorkerState& worker, WorkerPort& port, std::uint16_t port_index) noexcept {
  Burst frames;
  frames.resize(port.twin->rx(port.queue, frames.data(), kBurst));
  worker.stats.from_kernel.add(frames.size());
  for (std::uint16_t i = 0; i < frames.size(); ++i) {
    meta_of(frames[i]).leg = nullptr;
    queue_frame(worker, port_index, frames[i]);
  }
  return frames.size();
}

}  // namespace

std::uint16_t exchange_punts(WorkerState& worker, std::uint16_t port) noexcept {
  WorkerPort& worker_port = worker.ports[port];
  if (worker_port.twin == nullptr) return 0;
  const std::uint16_t given = give_to_linux(worker, worker_port);
  const std::uint16_t taken = take_from_linux(worker, worker_port, port);
  if (taken != 0) flush_egress(worker);
  return static_cast<std::uint16_t>(given + taken);
}

}  // namespace sallyport::dataplane
