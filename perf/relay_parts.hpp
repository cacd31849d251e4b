// What every bench of whole workers is made of: two ports of rings, west and east, and legs on them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/stream.hpp"
#include "drivers/eth_port.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::perf {

inline constexpr std::size_t kSides = 2;
inline constexpr const char* kSideNames[kSides] = {"west", "east"};
/// Who sends to our ports and is sent to.
inline constexpr drivers::MacAddress kNextHop{{2, 0, 0, 0, 1, 0}};

/// The port over the RingPort of that side's name.
std::unique_ptr<drivers::EthPort> make_side(std::size_t side, unsigned queues, drivers::MbufPool& pool);

drivers::IpAddress ip(const std::string& text);

/// A leg as control builds it.
struct LegPlan {
  std::size_t side = 0;
  dataplane::StreamId id;
  dataplane::Sink sink;
  std::uint16_t address_slot = 0;
  dataplane::UdpEndpoint local;
  dataplane::UdpEndpoint remote;
  std::unique_ptr<crypto::Context> rx;  ///< null: plain RTP, as tx
  std::unique_ptr<crypto::Context> tx;
  dataplane::TxSeed seed;
};
/// `port`: of the leg's side. `hz`: of the TSC.
std::unique_ptr<dataplane::Stream> make_leg(LegPlan plan, const drivers::EthPort& port, double hz);

/// The cores that this process may use.
std::vector<unsigned> usable_cores();
/// The calling thread runs there and nowhere else from now on.
void pin_to(unsigned core);

}  // namespace sallyport::perf
