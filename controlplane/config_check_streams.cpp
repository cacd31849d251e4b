#include <algorithm>
#include <map>

#include "controlplane/config_check.hpp"
#include "controlplane/next_hop.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::KernelPathKind;

constexpr std::uint16_t kLastPort = 65535;

bool has_address(const PortDraft& port, const drivers::IpAddress& address) {
  const auto& own = port.config.options.addresses;
  return std::any_of(own.begin(), own.end(), [&](const auto& prefix) { return prefix.address == address; });
}

const PortDraft* port_of(const Draft& draft, const drivers::IpAddress& address) {
  const auto found =
      std::find_if(draft.ports.begin(), draft.ports.end(), [&](const auto& p) { return has_address(p, address); });
  return found == draft.ports.end() ? nullptr : &*found;
}

/// Checks that span the streams: who uses which local address and UDP port.
class StreamChecks {
 public:
  StreamChecks(Draft& draft, Faults& faults)
      : draft_(draft),
        faults_(faults),
        ports_known_(draft.complete &&
                     std::all_of(draft.ports.begin(), draft.ports.end(), [](const auto& port) { return port.sound; })) {
  }

  void side(StreamDraft& stream, const SideDraft& side) {
    const StreamSideConfig& config = *side.config;
    const Section& section = stream.section;
    if (config.local.address.v6 != config.remote.address.v6) {
      section.fault(faults_, side.prefix + "remote", "an address of the same family as " + side.prefix + "local");
    } else {
      remote(section, side);
    }
    local_port(section, side);
    if (!clash(section, side, config.local, side.prefix + "local") && config.rtcp == RtcpMode::kPair) {
      const auto rtcp_port = static_cast<std::uint16_t>(config.local.port + 1);
      clash(section, side, {config.local.address, rtcp_port}, side.prefix + "local (RTCP)");
    }
    fixed_ssrc(stream, side);
  }

 private:
  void remote(const Section& section, const SideDraft& side) {
    const StreamSideConfig& config = *side.config;
    const std::string key = side.prefix + "remote";
    if (config.local == config.remote) section.fault(faults_, key, "another endpoint than our own");
    if (config.rtcp == RtcpMode::kPair && config.remote.port == kLastPort) {
      section.fault(faults_, key, "a UDP port below 65535, since RTCP uses the next one");
    }
    if (const PortDraft* port = port_of(draft_, config.local.address); port != nullptr && ports_known_) {
      reachable(section, side, *port);
    }
  }

  void local_port(const Section& section, const SideDraft& side) {
    const Endpoint& local = side.config->local;
    const std::string key = side.prefix + "local";
    const bool pair = side.config->rtcp == RtcpMode::kPair;
    if (pair && local.port % 2 != 0) {  // RFC 3550 11: RTP even, RTCP the next odd one
      section.fault(faults_, key, "an even UDP port, since " + side.prefix + "rtcp is pair");
    }
    if (!ports_known_) return;  // what a broken section would have had is not known
    const PortDraft* port = port_of(draft_, local.address);
    if (port == nullptr) {
      section.fault(faults_, key, "an address of one of the ports");
      return;
    }
    const drivers::PortRange& range = port->config.options.media_ports;
    if (!range.contains(local.port) || (pair && local.port + 1 > range.last)) {
      section.fault(faults_, key,
                    std::string(pair ? "a UDP port that is, with the next one for RTCP, in " : "a UDP port in ") +
                        "media_ports of [" + port->section.name() + "] (" + std::to_string(range.first) + "-" +
                        std::to_string(range.last) + ")");
    }
  }

  /// Where no kernel resolves next hops, they have to be in the configuration.
  void reachable(const Section& section, const SideDraft& side, const PortDraft& port) {
    const drivers::PortOptions& options = port.config.options;
    if (effective_kernel_path(options) != KernelPathKind::kNone) return;
    const auto hop = next_hop(options, side.config->remote.address);
    const auto& known = port.config.neighbours;
    if (hop && std::any_of(known.begin(), known.end(), [&](const auto& n) { return n.address == *hop; })) return;
    const std::string missing = hop ? "neighbour for its next hop " + hop->to_string() : std::string("gateway for it");
    section.fault(faults_, side.prefix + "remote",
                  "an address that [" + port.section.name() + "] can reach: it has no kernel path, and no " + missing);
  }

  /// Whether the endpoint was taken.
  bool clash(const Section& section, const SideDraft& side, const Endpoint& endpoint, const std::string& what) {
    const std::string key = side.prefix + "local";
    const std::string here = "[" + section.name() + "] " + what + " at " + faults_.place(section.line_of(key));
    const auto [use, fresh] = uses_.emplace(endpoint, here);
    if (!fresh) {
      section.fault(faults_, key, "a UDP port used once, " + endpoint.to_string() + " is also that of " + use->second);
    }
    return !fresh;
  }

  void fixed_ssrc(StreamDraft& stream, const SideDraft& side) {
    if (!side.config->ssrc || side.config->suite == nullptr) return;
    const std::string key = side.prefix + "ssrc";
    if (!stream.allow_index_reuse) {
      stream.section.fault(faults_, key,
                           "random: with a fixed SSRC every restart uses the same keystream again "
                           "(for a lab: allow_index_reuse_in_lab = yes)");
      return;
    }
    draft_.config.warnings.push_back(
        faults_.place(stream.section.line_of(key)) + ": [" + stream.section.name() + "] " + key +
        " is fixed on an SRTP side: every restart uses the same keystream again, so that what "
        "is sent can be decrypted without the key. Never outside a lab.");
  }

  Draft& draft_;
  Faults& faults_;
  bool ports_known_;
  std::map<Endpoint, std::string> uses_;
};

}  // namespace

void check_streams(Draft& draft, Faults& faults) {
  StreamChecks checks(draft, faults);
  for (StreamDraft& stream : draft.streams) {
    if (!stream.sound) continue;
    for (const SideDraft& side : sides_of(stream)) checks.side(stream, side);
  }
}

}  // namespace sallyport::controlplane
