// From option texts to values, and whether they fit together. Between parse_options() and the rest.
#pragma once

#include <boost/program_options/variables_map.hpp>

#include "perf/load/options.hpp"

namespace sallyport::load {

/// Every value by itself. Throws UsageError that names option, value and what was expected.
LoadOptions read_values(const boost::program_options::variables_map& given);

/// The values against each other. Throws UsageError.
void check(const LoadOptions& options);

}  // namespace sallyport::load
