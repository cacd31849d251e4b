#include "drivers/reserved_ports.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>

#include "drivers/file_descriptor.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/resource_lock.hpp"

namespace sallyport::drivers {
namespace {

constexpr const char* kKernelList = "/proc/sys/net/ipv4/ip_local_reserved_ports";
constexpr std::string_view kAdded = "+";  ///< in the record: the line of what we have added; no interface is called so

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool write_all(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text << std::flush;
  return file.good();
}

/// "8080" or "20000-39999".
bool add_range(std::string_view text, PortSet& ports) {
  unsigned first = 0;
  const char* const end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, first);
  unsigned last = first;
  if (error == std::errc{} && next != end && *next == '-') {
    const auto second = std::from_chars(next + 1, end, last);
    next = second.ptr;
    error = second.ec;
  }
  if (error != std::errc{} || next != end || first > last || last >= ports.size()) return false;
  for (unsigned port = first; port <= last; ++port) ports.set(port);
  return true;
}

/// Applies a change to the record and to the kernel's list, alone among all gateways of the host.
bool change(const std::function<PortSet(PortReservations&, const PortSet&)>& apply) {
  constexpr mode_t kOwnerOnly = 0600;
  const std::string path = runtime_folder() + "/" + network_namespace_id() + "-reserved-ports";
  const FileDescriptor record(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!record || flock(record.get(), LOCK_EX) != 0) return false;
  const auto kernel = parse_port_list(read_all(kKernelList));
  if (!kernel) return false;
  PortReservations reservations = PortReservations::parse(read_all(path));
  const PortSet wanted = apply(reservations, *kernel);
  const bool done = wanted == *kernel || write_all(kKernelList, format_port_list(wanted) + "\n");
  if (!done) return false;
  if (reservations.users.empty()) return unlink(path.c_str()) == 0;
  return write_all(path, reservations.format());
}

}  // namespace

PortSet ports_in(PortRange range) {
  PortSet ports;
  for (unsigned port = range.first; port <= range.last; ++port) ports.set(port);
  return ports;
}

std::optional<PortSet> parse_port_list(std::string_view text) {
  PortSet ports;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (!add_range(text.substr(0, comma), ports)) return std::nullopt;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return ports;
}

std::string format_port_list(const PortSet& ports) {
  std::string text;
  for (std::size_t port = 0; port < ports.size(); ++port) {
    if (!ports[port]) continue;
    const std::size_t first = port;
    while (port + 1 < ports.size() && ports[port + 1]) ++port;
    text += (text.empty() ? "" : ",") + std::to_string(first);
    if (port > first) text += "-" + std::to_string(port);
  }
  return text;
}

PortSet PortReservations::reserve(const PortSet& kernel, const std::string& user, PortRange range) {
  const PortSet wanted = ports_in(range);
  added |= wanted & ~kernel;
  users[user] = wanted;
  return kernel | wanted;
}

PortSet PortReservations::release(const PortSet& kernel, const std::string& user) {
  users.erase(user);
  PortSet needed;
  for (const auto& [name, ports] : users) needed |= ports;
  const PortSet superfluous = added & ~needed;
  added &= needed;
  return kernel & ~superfluous;
}

PortReservations PortReservations::parse(std::string_view text) {
  PortReservations reservations;
  std::istringstream lines{std::string(text)};
  std::string name;
  for (std::string list; lines >> name >> list;) {
    const auto ports = parse_port_list(list == "-" ? "" : list);
    if (!ports) continue;
    (name == kAdded ? reservations.added : reservations.users[name]) = *ports;
  }
  return reservations;
}

std::string PortReservations::format() const {
  const auto line = [](const std::string& name, const PortSet& ports) {
    return name + " " + (ports.none() ? "-" : format_port_list(ports)) + "\n";
  };
  std::string text = line(std::string(kAdded), added);
  for (const auto& [name, ports] : users) text += line(name, ports);
  return text;
}

ReservedPorts::ReservedPorts(std::string interface, PortRange range) : interface_(std::move(interface)) {
  in_force_ = change([&](PortReservations& reservations, const PortSet& kernel) {
    return reservations.reserve(kernel, interface_, range);
  });
}

ReservedPorts::~ReservedPorts() {
  if (in_force_) release_reserved_ports(interface_);
}

bool release_reserved_ports(const std::string& interface) {
  bool found = false;
  change([&](PortReservations& reservations, const PortSet& kernel) {
    found = reservations.users.contains(interface);
    return reservations.release(kernel, interface);
  });
  return found;
}

}  // namespace sallyport::drivers
