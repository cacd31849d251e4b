// DPDK for all tests of this program: brought up once, before the first one.
#pragma once

#include <vector>

#include "drivers/eal.hpp"

namespace sallyport::drivers::test {

/// The EAL that every test shares.
const Eal& eal();
/// The cores this program was started with, and the worker core among them.
const std::vector<unsigned>& cores();
unsigned worker_core();

}  // namespace sallyport::drivers::test
