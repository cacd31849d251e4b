#include "perf/load/plan.hpp"

namespace sallyport::load {
namespace {

Endpoint shifted(Endpoint endpoint, std::uint32_t by) {
  endpoint.port = static_cast<std::uint16_t>(endpoint.port + by);
  return endpoint;
}

SidePlan side_of(const SideOptions& side, std::uint32_t by) {
  SidePlan plan;
  plan.local = shifted(side.local, by);
  if (side.remote) plan.remote = shifted(*side.remote, by);
  return plan;
}

}  // namespace

std::vector<StreamPlan> plan_streams(const LoadOptions& options) {
  std::vector<StreamPlan> plan(options.streams);
  for (std::uint32_t i = 0; i < options.streams; ++i) {
    plan[i].a = side_of(options.a, i * options.port_step);
    plan[i].b = side_of(options.b, i * options.port_step);
  }
  return plan;
}

}  // namespace sallyport::load
