// Whether option values fit together.
#include "controlplane/negotiation/sdes_key.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/error.hpp"
#include "perf/load/option_values.hpp"
#include "perf/load/rate_search.hpp"

namespace sallyport::load {
namespace {

using std::string;

void check_ports(const LoadOptions& options, const string& option, const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return;
  const std::uint64_t above = options.rtcp == RtcpMode::kPair ? 1 : 0;
  const std::uint64_t last = endpoint->port + std::uint64_t{options.port_step} * (options.streams - 1) + above;
  if (last > 65535) {
    throw UsageError("--" + option + ": " + std::to_string(options.streams) + " streams from port " +
                     std::to_string(endpoint->port) + " on would end at port " + std::to_string(last) +
                     ", expected at most 65535");
  }
  if (options.port_step == 1 && above == 1) {
    throw UsageError("--port-step 1 leaves no port for RTCP: expected 2, or --rtcp mux");
  }
}

/// What --emit-config will write behind its keys is read as if behind one.
void check_mki(const string& prefix, const SideOptions& side) {
  if (side.mki.empty()) return;
  const string zeros((side.suite->master_len() * 8 + 5) / 6, 'A');
  try {
    controlplane::parse_sdes_keys(*side.suite, zeros + "|" + side.mki);
  } catch (const SetupError& error) {
    throw UsageError("--" + prefix + "mki '" + side.mki + "': " + error.what());
  }
}

/// A suite needs the keys of every direction that is used, keys need a suite.
void check_keys(const LoadOptions& options, const string& prefix, const SideOptions& side, bool sends, bool receives) {
  const bool sink = !prefix.empty();
  const string send = sink ? "sink-send-key" : "key";
  const string receive = sink ? "sink-key" : "receive-key";
  if (side.suite == nullptr) {
    if (!controlplane::to_string(side.parameters).empty() || !side.mki.empty()) {
      throw UsageError("session parameters or an MKI without --" + prefix + "suite: expected both or none");
    }
    if (side.send_key.empty() && side.receive_key.empty()) return;
    throw UsageError("a key without --" + prefix + "suite: expected both or none");
  }
  try {
    crypto::check_parameters(*side.suite, side.parameters);
  } catch (const SetupError& error) {
    throw UsageError("--" + prefix + "session-parameters: " + error.what());
  }
  if (!side.mki.empty() && !options.emit) {
    throw UsageError("--" + prefix + "mki: expected only with --emit-config; a key names its own as KEY|1:4");
  }
  check_mki(prefix, side);
  if (options.emit || options.ng_gateway || !options.keys_file.empty()) return;
  if (sends && side.send_key.empty())
    throw UsageError("--" + send + " or --keys is missing: expected one with a suite");
  if (receives && side.receive_key.empty()) {
    throw UsageError("--" + receive + " or --keys is missing: expected one with a suite");
  }
}

void check_impairment(const LoadOptions& options) {
  const ImpairmentRates& rates = options.impairment;
  if (rates.withheld + rates.duplicated + rates.reordered + rates.bad_tag + rates.malformed > 1) {
    throw UsageError(
        "--loss, --duplicate, --reorder, --bad-tag and --malformed: expected at most 100 percent together");
  }
  if (rates.malformed > 0 && options.direct()) {
    throw UsageError("--malformed: expected a gateway between both sides, to drop those packets");
  }
  const bool every_sender_protects =
      options.a.suite != nullptr && (!options.bidirectional || options.b.suite != nullptr);
  if (rates.bad_tag > 0 && !every_sender_protects) {
    throw UsageError("--bad-tag: expected a suite on each side that offers packets");
  }
  if (rates.bad_tag > 0 && (options.a.parameters.unauthenticated_srtp || options.b.parameters.unauthenticated_srtp)) {
    throw UsageError("--bad-tag: expected tags on each side, not UNAUTHENTICATED_SRTP");
  }
}

/// A trial has packets of every stream, and no stream runs out of packet numbers in the longest search: its SRTP goes
/// on from trial to trial.
void check_search(const LoadOptions& options) {
  if (!options.find_rate) return;
  if (options.packets_per_stream != 0) {
    throw UsageError("--find-rate and --packets: expected --duration, the seconds of a trial");
  }
  const double seconds = static_cast<double>(options.duration.count()) * 1e-9;
  if (options.find_rate->lowest * seconds < options.streams) {
    throw UsageError(
        "--find-rate: the lowest rate would not offer a packet of each stream in a trial: expected a "
        "higher one, a longer --duration or fewer --streams");
  }
  if (options.top_rate() * seconds * RateSearch::most_trials(*options.find_rate) > 4e9) {
    throw UsageError("--find-rate: more than 4e9 packets of a stream: expected more --streams or a shorter --duration");
  }
}

/// Each packet's time is remembered, so their number has to be known.
void check_pauses(const LoadOptions& options) {
  if (options.pauses_of.empty()) return;
  if (options.find_rate || options.stream_rate == 0) {
    throw UsageError("--pauses-of: expected --rate or --pps with a number, without --find-rate");
  }
}

}  // namespace

void check(const LoadOptions& options) {
  check_ports(options, "from", options.a.local);
  check_ports(options, "to", options.a.remote);
  check_ports(options, "sink", options.b.local);
  check_ports(options, "sink-from", options.b.remote);
  if (options.a.remote && options.a.local.address.v6 != options.a.remote->address.v6) {
    throw UsageError("--from and --to: expected addresses of one family");
  }
  if (options.b.remote && options.b.local.address.v6 != options.b.remote->address.v6) {
    throw UsageError("--sink and --sink-from: expected addresses of one family");
  }
  if (options.ng_gateway && (options.a.link.by_port() || options.b.link.by_port() || options.rtcp == RtcpMode::kMux)) {
    throw UsageError("--gateway: expected --link udp, and --rtcp off or pair");
  }
  const bool needs_far_remote = options.bidirectional || options.emit || options.b.link.by_port();
  if (needs_far_remote && !options.b.remote && !options.ng_gateway) {
    throw UsageError("--sink-from is missing: expected it with --bidirectional, --emit-config, memif and pci");
  }
  const bool ring = options.a.link.kind == LinkKind::kRing || options.b.link.kind == LinkKind::kRing;
  if (ring && (options.a.link != options.b.link || !options.direct() || options.emit)) {
    throw UsageError("--link ring: expected no gateway, so that --to is --sink, and no other --sink-link");
  }
  for (const SideOptions* side : {&options.a, &options.b}) {
    if (options.emit && side->link.kind == LinkKind::kPci && side->link.mac == drivers::MacAddress{}) {
      throw UsageError("--mac and --sink-mac: expected the NIC's with pci and --emit-config, for the gateway to know");
    }
  }
  check_keys(options, "", options.a, true, options.bidirectional);
  check_keys(options, "sink-", options.b, options.bidirectional, true);
  check_impairment(options);
  check_search(options);
  check_pauses(options);
}

}  // namespace sallyport::load
