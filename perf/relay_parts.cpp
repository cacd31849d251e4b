#include "perf/relay_parts.hpp"

#include <sched.h>

namespace sallyport::perf {

std::unique_ptr<drivers::EthPort> make_side(std::size_t side, unsigned queues, drivers::MbufPool& pool) {
  drivers::PortOptions options;
  options.name = options.device = kSideNames[side];
  options.kind = drivers::DeviceKind::kRing;
  options.kernel_path = drivers::KernelPathKind::kNone;
  options.mac.bytes = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(side + 1)};
  return std::make_unique<drivers::EthPort>(options, queues, pool);
}

drivers::IpAddress ip(const std::string& text) { return drivers::IpAddress::parse(text).value(); }

std::unique_ptr<dataplane::Stream> make_leg(LegPlan plan, const drivers::EthPort& port, double hz) {
  auto stream = std::make_unique<dataplane::Stream>();
  const bool secure = plan.tx != nullptr;
  stream->rx = std::move(plan.rx);
  stream->tx = std::move(plan.tx);
  stream->id = plan.id;
  stream->sink = plan.sink;
  stream->address_slot = plan.address_slot;
  stream->local_port = plan.local.port;
  stream->egress_port = static_cast<std::uint16_t>(plan.side);
  stream->remote = plan.remote;
  stream->header = dataplane::EgressHeader(plan.local, plan.remote);
  stream->header.set_next_hop(port.mac(), kNextHop);
  stream->clock =
      dataplane::TxClock(secure ? dataplane::TxMode::kFreshSsrc : dataplane::TxMode::kPassThrough, plan.seed);
  stream->quality.set_units_per_tick(8000 / hz);
  return stream;
}

std::vector<unsigned> usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<unsigned> all;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) all.push_back(core);
  }
  return all;
}

void pin_to(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

}  // namespace sallyport::perf
