// Seeds and time of the random tests: SALLYPORT_SEED repeats a run, SALLYPORT_LONG=1 makes it ten times as long.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace sallyport::traffic {

inline std::uint64_t first_seed() {
  if (const char* given = std::getenv("SALLYPORT_SEED")) return std::stoull(given);
  return std::random_device{}();
}

/// How long a test may go on that takes `usual` in an ordinary run.
inline std::chrono::milliseconds time_for(std::chrono::milliseconds usual) {
  const char* wanted = std::getenv("SALLYPORT_LONG");
  return wanted != nullptr && std::string(wanted) == "1" ? 10 * usual : usual;
}

}  // namespace sallyport::traffic
