// Looks through a process for the keys of streams: find_secrets PID, with lines "suite base64-of-the-key" on standard
// input. Prints what it finds, one line for each mapping and kind of secret: kind, pieces, whether a core dump would
// have it, mapping. Used by the end-to-end test.
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <tuple>

#include "crypto/error.hpp"
#include "tests/secrets/process_memory.hpp"

namespace {

using namespace sallyport;

/// Throws SetupError where a line names no suite or key.
secrets::NeedleSet read_needles(std::istream& in) {
  std::vector<secrets::Needle> needles;
  std::uint16_t owner = 0;
  for (std::string line; std::getline(in, line); ++owner) {
    std::istringstream words(line);
    std::string name;
    std::string key;
    words >> name >> key;
    const crypto::Suite* suite = crypto::find_suite(name);
    if (suite == nullptr) throw SetupError("no suite " + name);
    secrets::Secrets found{.suite = suite, .master = crypto::parse_master_key(*suite, key), .owner = owner};
    secrets::add_needles(found, needles);
  }
  return secrets::NeedleSet(std::move(needles));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: find_secrets PID, with lines \"suite key\" on standard input\n";
    return 2;
  }
  try {
    const secrets::NeedleSet needles = read_needles(std::cin);
    std::map<std::tuple<std::string_view, bool, std::string>, unsigned> counts;
    for (const secrets::Finding& finding : secrets::find_in(std::atoi(argv[1]), needles)) {
      ++counts[{secrets::to_string(finding.kind), finding.region.dumped, finding.region.name}];
    }
    for (const auto& [what, count] : counts) {
      const auto& [kind, dumped, mapping] = what;
      std::cout << kind << '\t' << count << '\t' << (dumped ? "dumped" : "kept out") << '\t' << mapping << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
