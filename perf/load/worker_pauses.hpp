// What a gateway on this host says of its workers' pauses. Asked after a run.
#pragma once

#include <string>
#include <vector>

#include "dataplane/pause_log.hpp"

namespace sallyport::load {

struct WorkerPauses {
  std::vector<dataplane::Pause> pauses;  ///< of all workers
  bool complete = true;                  ///< none of them since the time asked for is forgotten
};

/// Asks the sallyportd at this control socket for all since `since`. Throws SetupError where it does not answer.
WorkerPauses ask_for_pauses(const std::string& socket, dataplane::Tsc since);

}  // namespace sallyport::load
