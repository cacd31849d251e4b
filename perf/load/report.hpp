// A run's result for people (a table) and for programs (JSON).
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>

#include "perf/load/runner.hpp"

namespace sallyport::load {

void print_table(std::ostream& out, const LoadOptions& options, const RunResult& result);
/// What print_json() prints.
nlohmann::json run_json(const LoadOptions& options, const RunResult& result);
void print_json(std::ostream& out, const LoadOptions& options, const RunResult& result);

}  // namespace sallyport::load
