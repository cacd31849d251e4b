// Every engine that this host can run, in every form that it has, for tests that go through all of them.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto::test {

/// Not empty. Made once per process; each keeps its place.
const std::vector<NamedEngine>& engines_here();

/// Names of the suites that all of them have.
std::vector<std::string> suites_of(const std::vector<const Engine*>& engines);

}  // namespace sallyport::crypto::test
