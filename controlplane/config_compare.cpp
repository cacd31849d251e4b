#include "controlplane/config_compare.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport::controlplane {
namespace {

bool same_neighbours(const std::vector<StaticNeighbour>& a, const std::vector<StaticNeighbour>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const StaticNeighbour& x, const StaticNeighbour& y) {
    return x.address == y.address && x.mac == y.mac;
  });
}

bool same_parameters(const crypto::SessionParameters& a, const crypto::SessionParameters& b) {
  const auto all = [](const crypto::SessionParameters& p) {
    return std::tie(p.unencrypted_srtp, p.unencrypted_srtcp, p.unauthenticated_srtp, p.accept_unencrypted_srtcp,
                    p.key_derivation_rate, p.replay_window);
  };
  return all(a) == all(b);
}

/// Collects the names of the settings that differ.
class Differences {
 public:
  explicit Differences(std::string section) : section_(std::move(section)) {}
  template <class T>
  Differences& compare(const std::string& key, const T& a, const T& b) {
    if (a != b) names_.push_back(section_ + '.' + key);
    return *this;
  }
  void append_to(std::vector<std::string>& all) const { all.insert(all.end(), names_.begin(), names_.end()); }

 private:
  std::string section_;
  std::vector<std::string> names_;
};

void compare_port(const PortConfig& running, const PortConfig& wanted, std::vector<std::string>& all) {
  const drivers::PortOptions& a = running.options;
  const drivers::PortOptions& b = wanted.options;
  Differences differences("port." + a.name);
  differences.compare("device", std::tie(a.kind, a.device), std::tie(b.kind, b.device))
      .compare("mode", a.linux_mode, b.linux_mode)
      .compare("role", a.memif_server, b.memif_server)
      .compare("kernel_path", a.kernel_path, b.kernel_path)
      .compare("tap", a.tap_name, b.tap_name)
      .compare("address", a.addresses, b.addresses)
      .compare("gateway", a.gateways, b.gateways)
      .compare("media_ports", a.media_ports, b.media_ports)
      .compare("neighbour", true, same_neighbours(running.neighbours, wanted.neighbours))
      .compare("mac", a.mac, b.mac)
      .compare("descriptors", a.descriptors, b.descriptors)
      .compare("punt_limit", a.punt_limit_pps, b.punt_limit_pps)
      .compare("udp_checksum", running.udp_checksum, wanted.udp_checksum)
      .append_to(all);
}

void compare_crypto(const Config& running, const Config& wanted, std::vector<std::string>& all) {
  Differences differences("crypto");
  differences.compare("engine", running.engines.preferred, wanted.engines.preferred)
      .compare("device", running.crypto_device.device, wanted.crypto_device.device)
      .compare("device_mode", running.crypto_device.mode, wanted.crypto_device.mode)
      .compare("device_keys", running.crypto_device.max_keys, wanted.crypto_device.max_keys);
  for (const crypto::Suite& suite : crypto::kSuites) {
    const std::size_t row = crypto::suite_index(suite);
    differences.compare("engine." + std::string(suite.name), running.engines.by_suite[row],
                        wanted.engines.by_suite[row]);
  }
  differences.append_to(all);
}

const PortConfig* find_port(const std::vector<PortConfig>& ports, const std::string& name) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const PortConfig& p) { return p.options.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

void compare_ports(const Config& running, const Config& wanted, std::vector<std::string>& all) {
  for (const PortConfig& port : running.ports) {
    if (const PortConfig* other = find_port(wanted.ports, port.options.name)) {
      compare_port(port, *other, all);
    } else {
      all.push_back("port." + port.options.name + " (removed)");
    }
  }
  for (const PortConfig& port : wanted.ports) {
    if (find_port(running.ports, port.options.name) == nullptr) all.push_back("port." + port.options.name + " (added)");
  }
}

}  // namespace

bool same_srtp(const StreamSideConfig& a, const StreamSideConfig& b) {
  return a.suite == b.suite && same_parameters(a.parameters, b.parameters);
}

bool same_place(const StreamConfig& a, const StreamConfig& b) {
  const auto same_leg = [](const StreamSideConfig& x, const StreamSideConfig& y) {
    return std::tie(x.local, x.rtcp, x.ssrc) == std::tie(y.local, y.rtcp, y.ssrc) && same_srtp(x, y);
  };
  return a.name == b.name && same_leg(a.a, b.a) && same_leg(a.b, b.b);
}

bool same_settings(const StreamConfig& a, const StreamConfig& b) {
  const auto of_side = [](const StreamSideConfig& side) {
    return std::tie(side.remote, side.source_check, side.dscp, side.send_with, side.receive_rocs);
  };
  const auto of_stream = [](const StreamConfig& stream) {
    return std::tie(stream.clock_rate, stream.media_timeout, stream.rekey_grace);
  };
  return of_stream(a) == of_stream(b) && of_side(a.a) == of_side(b.a) && of_side(a.b) == of_side(b.b);
}

bool same_keys(const StreamSideConfig& a, const StreamSideConfig& b) {
  const bool send = same_keys(a.send_keys, b.send_keys);
  const bool receive = same_keys(a.receive_keys, b.receive_keys);
  return send && receive;
}

bool same_keys(const StreamConfig& a, const StreamConfig& b) { return same_keys(a.a, b.a) && same_keys(a.b, b.b); }

std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted) {
  std::vector<std::string> all;
  Differences("workers")
      .compare("cores", running.workers.cores, wanted.workers.cores)
      .compare("idle_polls", running.workers.idle_polls, wanted.workers.idle_polls)
      .compare("idle_sleep_us", running.workers.idle_sleep, wanted.workers.idle_sleep)
      .append_to(all);
  Differences("memory")
      .compare("huge_pages", running.huge_pages, wanted.huge_pages)
      .compare("size_mb", running.memory_mb, wanted.memory_mb)
      .compare("mbufs", running.mbufs, wanted.mbufs)
      .compare("max_streams", running.max_streams, wanted.max_streams)
      .append_to(all);
  compare_crypto(running, wanted, all);
  Differences("control").compare("socket", running.control_socket, wanted.control_socket).append_to(all);
  Differences("store").compare("file", running.store_file, wanted.store_file).append_to(all);
  Differences("sip")
      .compare("listen", running.sip.listen, wanted.sip.listen)
      .compare("resolver", running.sip.resolver, wanted.sip.resolver)
      .compare("advertised", running.sip.advertised, wanted.sip.advertised)
      .compare("media_timeout", running.sip.media_timeout, wanted.sip.media_timeout)
      .append_to(all);
  compare_ports(running, wanted, all);
  return all;
}

}  // namespace sallyport::controlplane
