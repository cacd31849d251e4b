// Set-up errors of every layer. Thrown while something is built (configuration, keys, ports), never on the packet path.
#pragma once

#include <stdexcept>
#include <string>

namespace sallyport {

/// What could not be set up, as one sentence for the user that names what, where and what was expected.
class SetupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sallyport
