// A search's trials and result for people (lines as they come, a table) and for programs (JSON).
#pragma once

#include <iosfwd>

#include "perf/load/find_rate.hpp"

namespace sallyport::load {

/// One line, flushed: a search takes its time.
void print_trial(std::ostream& out, const Trial& trial);
/// Behind the trials' lines: the table of the trial that says most, and the result.
void print_search_table(std::ostream& out, const LoadOptions& options, const SearchResult& found);
void print_search_json(std::ostream& out, const LoadOptions& options, const SearchResult& found);

}  // namespace sallyport::load
