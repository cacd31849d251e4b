// What the user asked for, checked. Made once by main() from the command line and perhaps a file of the same options.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/secret_text.hpp"
#include "crypto/engine.hpp"
#include "perf/load/impairment.hpp"
#include "perf/load/stream_shape.hpp"

namespace sallyport::load {

/// What is wrong with the command line, as a sentence for the user; main() ends with status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using controlplane::Endpoint;
using dataplane::RtcpMode;

/// kUdp: kernel UDP sockets. kRing: from our sender straight to our receiver, without a gateway.
enum class LinkKind : std::uint8_t { kUdp, kMemif, kPci, kRing };

/// Through what a side speaks.
struct LinkSpec {
  LinkKind kind = LinkKind::kUdp;
  std::string device;            ///< path of the memif socket; PCI address
  bool server = false;           ///< of memif
  drivers::MacAddress mac;       ///< ours; all zero: a random one
  drivers::MacAddress peer_mac;  ///< the gateway's
  auto operator<=>(const LinkSpec&) const = default;
  /// Whole frames through a port of DPDK, not sockets.
  bool by_port() const noexcept { return kind != LinkKind::kUdp; }
};

/// One side of the gateway, seen from outside: the generator is the party there.
struct SideOptions {
  Endpoint local;                  ///< ours, of stream 0
  std::optional<Endpoint> remote;  ///< the gateway's, of stream 0; nothing: its source is not checked, or ng tells
  const crypto::Suite* suite = nullptr;    ///< null: plain RTP
  crypto::SessionParameters parameters;    ///< of both directions
  std::string mki;                         ///< --emit-config gives keys this one, as 1:4; empty: none
  controlplane::SecretString send_key;     ///< as in SDES, or file:PATH; we protect with it
  controlplane::SecretString receive_key;  ///< the gateway protects with it
  LinkSpec link;
};

/// --emit-config.
struct EmitOptions {
  std::string folder;
  std::string device_a;  ///< of [port.a], as the gateway's "device"; empty: no port sections
  std::string device_b;  ///< of [port.b]; empty: both sides are on port a
};

/// --find-rate. Rates are packets per second of all streams in one direction.
struct FindRateOptions {
  double lowest = 0;
  double highest = 0;
  double resolution = 0.01;  ///< how far below a rate that failed the result may be, as a share of that rate
  double allowed_loss = 0;   ///< share of the packets that a trial may lose and still pass
};

struct LoadOptions {
  SideOptions a;  ///< --from, --to: where the streams are offered
  SideOptions b;  ///< --sink, --sink-from: where they come out
  std::uint32_t streams = 1;
  std::uint16_t port_step = 2;
  double stream_rate = 50;                   ///< packets per second, stream and direction; 0: flat out
  std::optional<FindRateOptions> find_rate;  ///< trials of `duration`; stream_rate is only what results are told in
  std::uint32_t packets_per_stream = 0;      ///< in each direction; 0: until the time is over
  std::chrono::nanoseconds duration{};       ///< 0: until the packets are sent
  StreamShape shape;
  bool own_times = false;  ///< packets go when the shape says; stream_rate is what that comes to
  bool bidirectional = false;
  RtcpMode rtcp = RtcpMode::kOff;
  std::chrono::nanoseconds late{};    ///< more than this is late
  std::chrono::nanoseconds settle{};  ///< how long to wait for the last packets
  ImpairmentRates impairment;
  std::uint64_t seed = 1;
  crypto::EngineKind engine = crypto::EngineKind::kOpenSsl;
  std::optional<unsigned> core;
  bool spin = false;
  bool json = false;
  unsigned memory_mb = 256;
  std::string keys_file;
  std::string pauses_of;               ///< --pauses-of, a control socket; empty: pauses are not left out anywhere
  double backlog = 0;                  ///< time left out behind a pause, in its lengths
  std::string pcap_file;               ///< --write-pcap; empty: none
  std::optional<Endpoint> ng_gateway;  ///< makes the streams its calls: remotes and keys of both sides come from it
  std::optional<EmitOptions> emit;

  /// The most that is ever offered, per second, stream and direction; 0: flat out.
  double top_rate() const noexcept { return find_rate ? find_rate->highest / streams : stream_rate; }
  /// No gateway between: what is offered is what comes out.
  bool direct() const noexcept { return a.remote == b.local; }
};

/// Reads and checks the arguments (without the program's name). Nothing: --help was asked for and printed.
/// Throws UsageError.
std::optional<LoadOptions> parse_options(const std::vector<std::string>& arguments);

}  // namespace sallyport::load
