// What each stream is: its endpoints and keys on both sides. Made once from the options, then read by everybody.
#pragma once

#include <vector>

#include "crypto/key_ring.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {

/// One side of one stream, as the generator sees it.
struct SidePlan {
  Endpoint local;
  std::optional<Endpoint> remote;
  std::vector<crypto::MasterKeyEntry> send_keys;  ///< the first one is sent with
  std::vector<crypto::MasterKeyEntry> receive_keys;
};

struct StreamPlan {
  SidePlan a;
  SidePlan b;
};

/// Endpoints of all streams; no keys.
std::vector<StreamPlan> plan_streams(const LoadOptions& options);

/// Reads the keys that the options name into the plan. Throws UsageError for files that others can read, for missing
/// lines, and for what is no key of its suite.
void read_keys(const LoadOptions& options, std::vector<StreamPlan>& plan);

}  // namespace sallyport::load
