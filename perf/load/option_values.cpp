#include "perf/load/option_values.hpp"

#include <cmath>

#include "controlplane/config_values.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/error.hpp"
#include "perf/load/capture_shape.hpp"
#include "perf/load/payload.hpp"

namespace sallyport::load {
namespace {

using controlplane::set_choice;
using controlplane::set_number;
using std::string;
using Given = boost::program_options::variables_map;

constexpr double kMaxRate = 1e8;

[[noreturn]] void refuse(const string& option, const string& value, const string& expected) {
  throw UsageError("--" + option + " '" + value + "': expected " + expected);
}

template <class T>
T number(const Given& given, const string& option, T min, T max) {
  const auto& text = given[option].as<string>();
  T value{};
  if (!set_number(value, text, min, max)) {
    refuse(option, text, "a number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return value;
}

/// A decimal fraction in [min, max].
double real(const Given& given, const string& option, double min, double max) {
  const auto& text = given[option].as<string>();
  double value = 0;
  if (!set_number(value, text, min, max) || !std::isfinite(value)) {
    refuse(option, text,
           "a number from " + string(min == 0 ? "0" : "above 0") + " to " +
               std::to_string(static_cast<std::uint64_t>(max)));
  }
  return value;
}

std::chrono::nanoseconds milliseconds(const Given& given, const string& option) {
  return std::chrono::nanoseconds(std::llround(real(given, option, 0, 600'000) * 1e6));
}

std::optional<Endpoint> endpoint(const Given& given, const string& option) {
  if (!given.contains(option)) return std::nullopt;
  const auto& text = given[option].as<string>();
  const auto value = Endpoint::parse(text);
  if (!value) refuse(option, text, "an address and UDP port, as in 192.0.2.1:20000 or [2001:db8::1]:20000");
  return value;
}

Endpoint required_endpoint(const Given& given, const string& option) {
  const auto value = endpoint(given, option);
  if (!value) throw UsageError("--" + option + " is missing: expected an address and UDP port; see --help");
  return *value;
}

const crypto::Suite* suite(const Given& given, const string& option) {
  const auto& name = given[option].as<string>();
  if (name == "RTP") return nullptr;
  const crypto::Suite* row = crypto::find_suite(name);
  if (row == nullptr) {
    string known = "RTP";
    for (const crypto::Suite& each : crypto::kSuites) known += ", " + string(each.name);
    refuse(option, name, "one of " + known);
  }
  return row;
}

crypto::SessionParameters session_parameters(const Given& given, const string& option) {
  try {
    return controlplane::parse_session_parameters(given[option].as<string>());
  } catch (const SetupError& error) {
    throw UsageError("--" + option + ": " + error.what());
  }
}

drivers::MacAddress mac(const Given& given, const string& option) {
  if (!given.contains(option)) return {};
  const auto& text = given[option].as<string>();
  const auto value = drivers::MacAddress::parse(text);
  if (!value || !controlplane::is_station(*value)) {
    refuse(option, text, "the MAC address of one station, as in 02:00:00:00:00:01");
  }
  return *value;
}

LinkSpec link(const Given& given, const string& prefix) {
  const string option = prefix + "link";
  const auto& text = given[option].as<string>();
  LinkSpec spec;
  if (text == "udp") return spec;
  if (text == "ring") {
    spec.kind = LinkKind::kRing;
    return spec;
  }
  const std::size_t colon = text.find(':');
  const string kind = text.substr(0, colon);
  spec.device = colon == string::npos ? "" : text.substr(colon + 1);
  spec.server = kind == "memif-server";
  if (drivers::PortOptions port; kind == "pci" && controlplane::set_device(port, text)) {
    spec.kind = LinkKind::kPci;
  } else if ((kind == "memif" || spec.server) && controlplane::is_socket_path(spec.device)) {
    spec.kind = LinkKind::kMemif;
  } else {
    refuse(option, text, "udp, memif:/PATH, memif-server:/PATH, pci:ADDRESS or ring");
  }
  spec.mac = mac(given, prefix + "mac");
  spec.peer_mac = mac(given, prefix + "peer-mac");
  if (spec.peer_mac == drivers::MacAddress{}) {
    throw UsageError("--" + prefix + "peer-mac is missing: expected the gateway's MAC address with " + text);
  }
  return spec;
}

std::vector<std::uint16_t> sizes(const Given& given) {
  const auto& text = given["size"].as<string>();
  std::vector<std::uint16_t> list;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    std::uint16_t size = 0;
    if (!set_number<std::uint16_t>(size, text.substr(at, comma - at), kMinPayload, kMaxPayload)) {
      refuse("size", text,
             "payload bytes from " + std::to_string(kMinPayload) + " to " + std::to_string(kMaxPayload) +
                 ", or several as in 160,40,1200");
    }
    list.push_back(size);
    at = comma + 1;
  }
  return list;
}

/// 0 for "max".
double stream_rate(const Given& given, std::uint32_t streams) {
  if (!given.contains("pps")) return real(given, "rate", 1e-3, kMaxRate);
  if (!given["rate"].defaulted()) throw UsageError("--rate and --pps: expected one of them");
  if (given["pps"].as<string>() == "max") return 0;
  return real(given, "pps", 1e-3, kMaxRate) / streams;
}

std::optional<FindRateOptions> find_rate(const Given& given) {
  if (!given.contains("find-rate")) {
    for (const char* option : {"resolution", "allowed-loss"}) {
      if (!given[option].defaulted()) throw UsageError("--" + string(option) + ": expected only with --find-rate");
    }
    return std::nullopt;
  }
  const auto& text = given["find-rate"].as<string>();
  const std::size_t dash = std::min(text.find('-'), text.size());
  FindRateOptions options;
  if (!set_number(options.lowest, std::string_view(text).substr(0, dash), 1e-3, kMaxRate) || dash == text.size() ||
      !set_number(options.highest, std::string_view(text).substr(dash + 1), 1e-3, kMaxRate) ||
      !(options.lowest < options.highest)) {
    refuse("find-rate", text, "two rates above 0, the lower one first, as in 1000-200000");
  }
  options.resolution = real(given, "resolution", 1e-2, 50) / 100;
  options.allowed_loss = real(given, "allowed-loss", 0, 100) / 100;
  return options;
}

/// What packets look like: as the user says, or as captured ones did.
void read_shape(const Given& given, LoadOptions& options) {
  const auto payload_type = number<std::uint8_t>(given, "payload-type", 0, 127);
  options.shape = StreamShape(sizes(given), payload_type, number<std::uint32_t>(given, "timestamp-step", 1, 1'000'000));
  if (!given.contains("replay")) return;
  for (const char* option : {"size", "payload-type", "timestamp-step"}) {
    if (!given[option].defaulted()) throw UsageError("--replay and --" + string(option) + ": expected one of them");
  }
  options.shape = read_capture(given["replay"].as<string>());
  options.own_times = given["rate"].defaulted() && !given.contains("pps") && !given.contains("find-rate");
  if (options.own_times) options.stream_rate = options.shape.rate();
}

void read_extent(const Given& given, LoadOptions& options) {
  constexpr std::uint32_t kMost = 0x7fffffff;
  if (given.contains("packets")) options.packets_per_stream = number<std::uint32_t>(given, "packets", 1, kMost);
  if (given.contains("duration")) {
    options.duration = std::chrono::nanoseconds(std::llround(real(given, "duration", 1e-3, 1e6) * 1e9));
  } else if (options.packets_per_stream == 0) {
    options.duration = std::chrono::seconds(10);
  }
}

std::optional<EmitOptions> emit(const Given& given) {
  if (!given.contains("emit-config")) return std::nullopt;
  EmitOptions options;
  options.folder = given["emit-config"].as<string>();
  if (!given.contains("port-config")) return options;
  for (const string& text : given["port-config"].as<std::vector<string>>()) {
    string& device = text.starts_with("b=") ? options.device_b : options.device_a;
    drivers::PortOptions port;
    if ((!text.starts_with("a=") && !text.starts_with("b=")) || !device.empty() ||
        !controlplane::set_device(port, text.substr(2))) {
      refuse("port-config", text, "a=DEVICE or b=DEVICE, each once, as in a=linux:veth0");
    }
    device = text.substr(2);
  }
  if (options.device_a.empty()) throw UsageError("--port-config: expected a=DEVICE, too");
  return options;
}

SideOptions offering_side(const Given& given) {
  SideOptions side;
  side.local = required_endpoint(given, "from");
  side.remote = given.contains("gateway") ? std::nullopt : std::optional(required_endpoint(given, "to"));
  side.suite = suite(given, "suite");
  side.parameters = session_parameters(given, "session-parameters");
  side.mki = given["mki"].as<string>();
  side.send_key = given["key"].as<string>();
  side.receive_key = given["receive-key"].as<string>();
  side.link = link(given, "");
  return side;
}

SideOptions far_side(const Given& given, const LinkSpec& same) {
  SideOptions side;
  side.local = required_endpoint(given, "sink");
  side.remote = endpoint(given, "sink-from");
  side.suite = suite(given, "sink-suite");
  side.parameters = session_parameters(given, "sink-session-parameters");
  side.mki = given["sink-mki"].as<string>();
  side.send_key = given["sink-send-key"].as<string>();
  side.receive_key = given["sink-key"].as<string>();
  side.link = given.contains("sink-link") ? link(given, "sink-") : same;
  return side;
}

/// What a gateway that is driven tells us is not the user's to say.
std::optional<Endpoint> ng_gateway(const Given& given) {
  if (!given.contains("gateway")) return std::nullopt;
  const auto& text = given["gateway"].as<string>();
  constexpr std::string_view kKind = "rtpengine=";
  const auto value = text.starts_with(kKind) ? Endpoint::parse(text.substr(kKind.size())) : std::nullopt;
  if (!value) refuse("gateway", text, "rtpengine= and the address and UDP port of its ng socket");
  for (const char* option : {"to", "sink-from", "key", "receive-key", "sink-key", "sink-send-key", "keys", "mki",
                             "sink-mki", "session-parameters", "sink-session-parameters", "emit-config"}) {
    if (given.contains(option) && !given[option].defaulted()) {
      throw UsageError("--gateway and --" + string(option) + ": expected one of them");
    }
  }
  return value;
}

ImpairmentRates impairment(const Given& given) {
  const auto share = [&given](const string& option) { return real(given, option, 0, 100) / 100; };
  return {share("loss"), share("duplicate"), share("reorder"), share("bad-tag"), share("malformed")};
}

}  // namespace

LoadOptions read_values(const Given& given) {
  LoadOptions options;
  options.emit = emit(given);
  options.ng_gateway = ng_gateway(given);
  options.a = offering_side(given);
  options.b = far_side(given, options.a.link);
  if (options.direct() && !options.b.remote) options.b.remote = options.a.local;
  options.streams = number<std::uint32_t>(given, "streams", 1, 1'000'000);
  options.port_step = number<std::uint16_t>(given, "port-step", 1, 1000);
  options.stream_rate = stream_rate(given, options.streams);
  options.find_rate = find_rate(given);
  if (options.find_rate && given.contains("pps")) throw UsageError("--find-rate and --pps: expected one of them");
  read_extent(given, options);
  read_shape(given, options);
  options.bidirectional = given["bidirectional"].as<bool>();
  if (const auto& rtcp = given["rtcp"].as<string>(); !set_choice<RtcpMode>(
          options.rtcp, rtcp, {{"off", RtcpMode::kOff}, {"pair", RtcpMode::kPair}, {"mux", RtcpMode::kMux}})) {
    refuse("rtcp", rtcp, "off, pair or mux");
  }
  options.late = milliseconds(given, "late");
  options.settle = milliseconds(given, "settle");
  options.impairment = impairment(given);
  options.seed = number<std::uint64_t>(given, "seed", 0, UINT64_MAX);
  try {
    options.engine = crypto::engine_kind(given["engine"].as<string>());
  } catch (const SetupError& error) {
    throw UsageError("--engine: " + string(error.what()));
  }
  if (given.contains("core")) options.core = number<unsigned>(given, "core", 0, 1023);
  options.spin = given["spin"].as<bool>();
  options.json = given["json"].as<bool>();
  options.pauses_of = given["pauses-of"].as<string>();
  options.backlog = real(given, "backlog", 0, 1000);
  options.pcap_file = given["write-pcap"].as<string>();
  options.memory_mb = number<unsigned>(given, "memory", 64, 1'048'576);
  options.keys_file = given["keys"].as<string>();
  return options;
}

}  // namespace sallyport::load
