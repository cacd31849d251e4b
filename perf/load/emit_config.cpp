#include "perf/load/emit_config.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "controlplane/negotiation/session_parameters.hpp"
#include "drivers/file_descriptor.hpp"
#include "perf/load/plan.hpp"
#include "perf/load/random_key.hpp"

namespace sallyport::load {
namespace {

using controlplane::SecretString;

/// A key with the side's MKI; "-" for plain RTP.
SecretString key_for(const SideOptions& side) {
  if (side.suite == nullptr) return "-";
  SecretString text = random_key(*side.suite);
  if (!side.mki.empty()) text.append("|").append(side.mki);
  return text;
}

struct StreamKeys {
  SecretString a_to_gateway, a_from_gateway, b_to_gateway, b_from_gateway;
};

std::string_view rtcp_name(RtcpMode mode) {
  return mode == RtcpMode::kPair ? "pair" : mode == RtcpMode::kMux ? "mux" : "off";
}

/// The gateway's keys of one side: its local is our remote, and what we send with it receives with.
void append_side(SecretString& out, std::string_view name, const LoadOptions& options, const SideOptions& side,
                 const SidePlan& plan, const SecretString& to_gateway, const SecretString& from_gateway) {
  const auto line = [&out, name](std::string_view key, std::string_view value) {
    out.append(name).append(".").append(key).append(" = ").append(value).append("\n");
  };
  line("local", plan.remote->to_string());
  line("remote", plan.local.to_string());
  if (side.suite != nullptr) {
    line("suite", side.suite->name);
    line("send_key", from_gateway);
    line("receive_key", to_gateway);
    const std::string parameters = controlplane::to_string(side.parameters);
    if (!parameters.empty()) line("session_parameters", parameters);
  }
  line("rtcp", rtcp_name(options.rtcp));
}

void append_stream(SecretString& out, std::size_t index, const LoadOptions& options, const StreamPlan& plan,
                   const StreamKeys& keys) {
  out.append("\n[stream.load").append(std::to_string(index)).append("]\n");
  append_side(out, "a", options, options.a, plan.a, keys.a_to_gateway, keys.a_from_gateway);
  append_side(out, "b", options, options.b, plan.b, keys.b_to_gateway, keys.b_from_gateway);
}

/// First and last UDP port of the gateway on one side.
drivers::PortRange ports_of(const LoadOptions& options, const SideOptions& side) {
  const unsigned above = options.rtcp == RtcpMode::kPair ? 1 : 0;
  return {side.remote->port,
          static_cast<std::uint16_t>(side.remote->port + options.port_step * (options.streams - 1) + above)};
}

std::string prefixed(const drivers::IpAddress& address) { return address.to_string() + (address.v6 ? "/64" : "/24"); }

/// [port.NAME] that carries the given sides.
void append_port(SecretString& out, std::string_view name, const std::string& device, const LoadOptions& options,
                 const std::vector<const SideOptions*>& sides) {
  out.append("\n[port.").append(name).append("]\ndevice = ").append(device).append("\n");
  drivers::PortRange range = ports_of(options, *sides.front());
  std::vector<std::string> lines;
  for (const SideOptions* side : sides) {
    const drivers::PortRange also = ports_of(options, *side);
    range = {std::min(range.first, also.first), std::max(range.last, also.last)};
    lines.push_back("address = " + prefixed(side->remote->address));
    if (!side->link.by_port()) continue;
    lines.push_back("kernel_path = none");
    lines.push_back("mac = " + side->link.peer_mac.to_string());
    lines.push_back("neighbour = " + side->local.address.to_string() + ' ' + side->link.mac.to_string());
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  for (const std::string& line : lines) out.append(line).append("\n");
  out.append("media_ports = ").append(std::to_string(range.first) + '-' + std::to_string(range.last)).append("\n");
}

void append_ports(SecretString& out, const LoadOptions& options) {
  const EmitOptions& emit = *options.emit;
  if (emit.device_a.empty()) return;
  if (emit.device_b.empty()) return append_port(out, "a", emit.device_a, options, {&options.a, &options.b});
  append_port(out, "a", emit.device_a, options, {&options.a});
  append_port(out, "b", emit.device_b, options, {&options.b});
}

std::string link_lines(const LinkSpec& link, const std::string& prefix) {
  if (!link.by_port()) return prefix + "link = udp\n";
  const char* const memif = link.server ? "memif-server:" : "memif:";
  std::string lines = prefix + "link = " + (link.kind == LinkKind::kPci ? "pci:" : memif) + link.device + '\n' +
                      prefix + "peer-mac = " + link.peer_mac.to_string() + '\n';
  if (link.mac != drivers::MacAddress{}) lines += prefix + "mac = " + link.mac.to_string() + '\n';
  return lines;
}

/// The generator's own options, as far as they describe the streams.
SecretString own_options(const LoadOptions& options, const std::filesystem::path& keys) {
  std::string text = "streams = " + std::to_string(options.streams) + "\nfrom = " + options.a.local.to_string() +
                     "\nto = " + options.a.remote->to_string() + "\nsink = " + options.b.local.to_string() +
                     "\nsink-from = " + options.b.remote->to_string() +
                     "\nport-step = " + std::to_string(options.port_step) +
                     "\nrtcp = " + std::string(rtcp_name(options.rtcp)) + '\n';
  if (options.a.suite != nullptr) text += "suite = " + std::string(options.a.suite->name) + '\n';
  if (options.b.suite != nullptr) text += "sink-suite = " + std::string(options.b.suite->name) + '\n';
  const std::string a_parameters = controlplane::to_string(options.a.parameters);
  const std::string b_parameters = controlplane::to_string(options.b.parameters);
  if (!a_parameters.empty()) text += "session-parameters = " + a_parameters + '\n';
  if (!b_parameters.empty()) text += "sink-session-parameters = " + b_parameters + '\n';
  text += "keys = " + keys.string() + '\n' + link_lines(options.a.link, "") + link_lines(options.b.link, "sink-");
  return SecretString(text);
}

[[noreturn]] void refuse(const std::filesystem::path& path) {
  throw UsageError("--emit-config: cannot write '" + path.string() + "': " + std::strerror(errno));
}

void write_file(const std::filesystem::path& path, const SecretString& text) {
  const drivers::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0 || ::fchmod(file.get(), 0600) != 0) refuse(path);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(file.get(), rest.data(), rest.size());
    if (written < 0) refuse(path);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void emit_config(const LoadOptions& options) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(options.emit->folder);
  std::filesystem::create_directories(folder, error);
  if (error) throw UsageError("--emit-config: cannot make folder '" + folder.string() + "': " + error.message());

  SecretString streams = "# written by sallyport-load --emit-config\n";
  SecretString keys = "# key receive-key sink-send-key sink-key of each stream\n";
  append_ports(streams, options);
  const std::vector<StreamPlan> plan = plan_streams(options);
  for (std::size_t i = 0; i < plan.size(); ++i) {
    const StreamKeys stream{key_for(options.a), key_for(options.a), key_for(options.b), key_for(options.b)};
    append_stream(streams, i, options, plan[i], stream);
    for (const SecretString* key : {&stream.a_to_gateway, &stream.a_from_gateway, &stream.b_to_gateway}) {
      keys.append(*key).append(" ");
    }
    keys.append(stream.b_from_gateway).append("\n");
  }
  write_file(folder / "streams.conf", streams);
  write_file(folder / "load.keys", keys);
  write_file(folder / "load.conf", own_options(options, folder / "load.keys"));
}

}  // namespace sallyport::load
