#include "perf/load/worker_pauses.hpp"

#include <algorithm>

#include "controlplane/admin/control_client.hpp"

namespace sallyport::load {
namespace {

using dataplane::Pause;
using dataplane::PauseKind;

PauseKind kind_of(const std::string& name) {
  const auto& names = dataplane::kPauseKindNames;
  return static_cast<PauseKind>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

WorkerPauses ask_for_pauses(const std::string& socket, dataplane::Tsc since) {
  const nlohmann::json reply = controlplane::ControlClient(socket).demand({{"command", "pauses"}});
  WorkerPauses result;
  for (const nlohmann::json& worker : reply.at("workers")) {
    result.complete = result.complete && worker.at("forgotten_until_tsc").get<dataplane::Tsc>() <= since;
    for (const nlohmann::json& pause : worker.at("pauses")) {
      const Pause found{pause.at("began_tsc"), pause.at("ended_tsc"), kind_of(pause.at("kind"))};
      if (found.ended > since) result.pauses.push_back(found);
    }
  }
  return result;
}

}  // namespace sallyport::load
