#include "drivers/xdp_program.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "crypto/error.hpp"
#include "drivers/xdp/media_map.h"

namespace sallyport::drivers {
namespace {

constexpr std::string_view kProgramName = "sallyport_media";
constexpr std::string_view kMapName = "media_addresses";
constexpr std::size_t kMostMaps = 8;

/// The map of that name among those that a loaded program uses.
FileDescriptor map_of_program(std::uint32_t program_id, std::string_view name) {
  const FileDescriptor program(bpf_prog_get_fd_by_id(program_id));
  std::array<std::uint32_t, kMostMaps> ids{};
  bpf_prog_info info{};
  info.nr_map_ids = kMostMaps;
  info.map_ids = reinterpret_cast<std::uintptr_t>(ids.data());
  std::uint32_t length = sizeof info;
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &length) != 0) return {};
  for (std::uint32_t i = 0; i < info.nr_map_ids && i < kMostMaps; ++i) {
    FileDescriptor map(bpf_map_get_fd_by_id(ids[i]));
    bpf_map_info map_info{};
    length = sizeof map_info;
    if (map && bpf_obj_get_info_by_fd(map.get(), &map_info, &length) == 0 && name == map_info.name) return map;
  }
  return {};
}

sallyport_media_address map_key(const IpAddress& address) noexcept {
  sallyport_media_address key{};
  if (address.v6) {
    std::memcpy(key.words, address.bytes.data(), sizeof key.words);
  } else {
    key.words[2] = __builtin_bswap32(0xffff);  // ::ffff:a.b.c.d
    std::memcpy(&key.words[3], address.bytes.data(), sizeof key.words[3]);
  }
  return key;
}

}  // namespace

XdpProgramFile::XdpProgramFile() : file_(memfd_create("sallyport_media.o", MFD_CLOEXEC)) {
  const auto object = xdp_object();
  if (!file_ || write(file_.get(), object.data(), object.size()) != static_cast<ssize_t>(object.size())) {
    throw SetupError(std::string("cannot keep the XDP program in memory: ") + std::strerror(errno));
  }
}

std::string XdpProgramFile::path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

bool AttachedXdp::ours() const noexcept { return name == kProgramName; }

std::optional<AttachedXdp> attached_xdp(unsigned interface_index) {
  AttachedXdp attached;
  if (bpf_xdp_query_id(static_cast<int>(interface_index), 0, &attached.id) != 0 || attached.id == 0)
    return std::nullopt;
  const FileDescriptor program(bpf_prog_get_fd_by_id(attached.id));
  bpf_prog_info info{};
  std::uint32_t length = sizeof info;
  if (program && bpf_obj_get_info_by_fd(program.get(), &info, &length) == 0) attached.name = info.name;
  return attached;
}

bool detach_xdp(unsigned interface_index) {
  const auto attached = attached_xdp(interface_index);
  return attached && attached->ours() && bpf_xdp_detach(static_cast<int>(interface_index), 0, nullptr) == 0;
}

void fill_media_addresses(unsigned interface_index, const std::string& interface,
                          const std::vector<IpPrefix>& addresses, PortRange ports) {
  const auto attached = attached_xdp(interface_index);
  const FileDescriptor map = attached && attached->ours() ? map_of_program(attached->id, kMapName) : FileDescriptor();
  if (!map) throw SetupError("interface '" + interface + "': our XDP program is not on it any more");
  const sallyport_media_ports value{ports.first, ports.last};
  for (const IpPrefix& prefix : addresses) {
    const sallyport_media_address key = map_key(prefix.address);
    if (bpf_map_update_elem(map.get(), &key, &value, BPF_ANY) != 0) {
      throw SetupError("interface '" + interface + "': cannot tell the XDP program to redirect media for " +
                       prefix.address.to_string() + ": " + std::strerror(errno));
    }
  }
}

}  // namespace sallyport::drivers
