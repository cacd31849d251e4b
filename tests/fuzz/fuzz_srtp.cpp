// libFuzzer target for SRTP and SRTCP: the input is a recipe for a stream (suite, session parameters, MKIs, keys,
// windows, a re-key) and for bursts of packets, which are protected, changed, repeated or made up. Whatever they are:
// nothing is opened but what was protected, once, and as it was; no byte outside of a packet is touched; refused
// packets move no state and keep their bytes where that is promised. See srtp_world.hpp.
#include <array>
#include <memory>

#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/engines/lanes.hpp"
#include "crypto/error.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/srtp_world.hpp"

namespace {

using namespace sallyport;

/// The engines of this host.
std::vector<std::unique_ptr<crypto::Engine>> make_engines() {
  std::vector<std::unique_ptr<crypto::Engine>> engines;
  engines.push_back(crypto::make_engine(crypto::EngineKind::kOpenSsl));
  engines.push_back(crypto::make_engine(crypto::EngineKind::kIpsecMb));
  if (crypto::best_isa() != crypto::Isa::kSse) {
    engines.push_back(std::make_unique<crypto::IpsecMbEngine>(crypto::Isa::kSse));
  }
  if (crypto::lanes_available()) engines.push_back(std::make_unique<crypto::LanesEngine>());
  return engines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto engines = make_engines();
  static const crypto::WorkspacePtr workspace = crypto::make_workspace();
  fuzz::Input input({data, size});
  crypto::Engine& engine = *engines[input.choice(engines.size())];
  const fuzz::Setup setup = fuzz::read_setup(input);
  std::unique_ptr<fuzz::SrtpWorld> world;
  try {
    world = std::make_unique<fuzz::SrtpWorld>(engine, *workspace, setup);
  } catch (const SetupError&) {
    return 0;  // parameters that do not go together
  }
  while (!input.at_end()) {
    for (std::size_t burst = 1 + input.choice(crypto::kMaxBurst); burst != 0 && !world->full(); --burst) {
      world->add(input);
      if (input.at_end()) break;
    }
    world->receive();
  }
  return 0;
}
