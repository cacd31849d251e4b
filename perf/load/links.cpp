#include "perf/load/links.hpp"

#include "perf/load/port_link.hpp"
#include "perf/load/recording_link.hpp"
#include "perf/load/ring_link.hpp"
#include "perf/load/udp_link.hpp"

namespace sallyport::load {
namespace {

/// Both rings of two ports full, and bursts under way.
constexpr unsigned kBuffers = 32767;

void add_flows(std::vector<Flow>& flows, const std::vector<StreamPlan>& plan, Side side, RtcpMode rtcp) {
  for (std::uint32_t i = 0; i < plan.size(); ++i) {
    const SidePlan& end = side == Side::kA ? plan[i].a : plan[i].b;
    flows.push_back({{i, side}, end.local, end.remote, rtcp});
  }
}

}  // namespace

Links::Links(const LoadOptions& options, const std::vector<StreamPlan>& plan) {
  if (options.a.link.by_port() || options.b.link.by_port()) {
    drivers::EalOptions eal;
    eal.memory_mb = options.memory_mb;
    for (const LinkSpec& link : {options.a.link, options.b.link}) {
      if (link.kind == LinkKind::kPci) eal.pci_devices.push_back(link.device);
    }
    eal_ = std::make_unique<drivers::Eal>(eal);
    pool_ = std::make_unique<drivers::MbufPool>(kBuffers, -1);
  }
  if (!options.pcap_file.empty()) writer_ = std::make_unique<PcapWriter>(options.pcap_file);
  const bool shared = options.a.link == options.b.link;
  std::vector<Flow> near;
  std::vector<Flow> far;
  add_flows(near, plan, Side::kA, options.rtcp);
  add_flows(shared ? near : far, plan, Side::kB, options.rtcp);
  near_ = open(options.a.link, near);
  all_.push_back(near_.get());
  if (!shared) {
    far_ = open(options.b.link, far);
    all_.push_back(far_.get());
  }
  for (const Link* link : all_) link->await_peer();
}

std::unique_ptr<Link> Links::open(const LinkSpec& spec, const std::vector<Flow>& flows) {
  std::unique_ptr<Link> link;
  switch (spec.kind) {
    case LinkKind::kUdp:
      link = std::make_unique<UdpLink>(flows);
      break;
    case LinkKind::kRing:
      link = std::make_unique<RingLink>(spec, flows, *pool_);
      break;
    case LinkKind::kMemif:
    case LinkKind::kPci:
      link = std::make_unique<PortLink>(spec, flows, *pool_);
      break;
  }
  if (writer_) link = std::make_unique<RecordingLink>(std::move(link), flows, *writer_);
  return link;
}

}  // namespace sallyport::load
