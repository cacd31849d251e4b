// Our XDP program (xdp/media.bpf.c) as the gateway sees it: the bytes that go into the binary, the copy of them that
// DPDK's driver can open, and the program once it is attached to an interface. Control thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/file_descriptor.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::drivers {

/// The compiled program, an ELF object.
std::span<const unsigned char> xdp_object() noexcept;

/// The program as a file without a name; lives as long as this object, no temporary file is left behind.
class XdpProgramFile {
 public:
  /// Throws SetupError where the kernel has no memory for it.
  XdpProgramFile();
  /// What libbpf can open.
  std::string path() const;

 private:
  FileDescriptor file_;
};

/// The XDP program on an interface, whoever put it there.
struct AttachedXdp {
  std::uint32_t id = 0;
  std::string name;
  bool ours() const noexcept;
};
std::optional<AttachedXdp> attached_xdp(unsigned interface_index);

/// Takes our program off the interface; does nothing where there is none or another one. Says whether it did.
bool detach_xdp(unsigned interface_index);

/// Makes the attached program of ours redirect UDP to `addresses` and `ports`. Throws SetupError.
void fill_media_addresses(unsigned interface_index, const std::string& interface,
                          const std::vector<IpPrefix>& addresses, PortRange ports);

}  // namespace sallyport::drivers
