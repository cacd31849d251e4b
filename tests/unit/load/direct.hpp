// The generator against itself, without anything in between: options for runs over the loopback interface.
#pragma once

#include <string>
#include <vector>

#include "perf/load/options.hpp"

namespace sallyport::load {

inline const std::string kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";

/// `port`: another one per test, below Linux's ephemeral ports. Lateness is the machine's and not judged here.
inline LoadOptions direct(const std::string& port, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
      "--from", "127.0.0.1:" + port, "--to", "127.0.0.2:" + port, "--sink", "127.0.0.2:" + port, "--late",
      "10000",  "--settle",          "2000"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return *parse_options(arguments);
}

}  // namespace sallyport::load
