// The UNIX socket that a memif server listens on. DPDK's driver binds it, but does not remove one that a killed
// predecessor left. Whether somebody still listens is found out without connecting: net_memif of DPDK 22.11 may crash
// the process that listens when a client goes away at once. Control thread.
#pragma once

#include <string>

#include "drivers/resource_lock.hpp"

namespace sallyport::drivers {

/// Removes the socket at `path` if nobody listens on it any more; says whether there was one.
/// Throws SetupError where another gateway or program has it, or where the path is something else than a socket.
bool remove_stale_memif_socket(const std::string& path);

/// Keeps a path for a memif server of this process.
class MemifSocketFile {
 public:
  /// Makes way for the server. Throws SetupError as above.
  explicit MemifSocketFile(std::string path);
  ~MemifSocketFile();
  MemifSocketFile(const MemifSocketFile&) = delete;
  MemifSocketFile& operator=(const MemifSocketFile&) = delete;
  /// Lets no new client in.
  void close() noexcept;

 private:
  std::string path_;
  ResourceLock lock_;
};

}  // namespace sallyport::drivers
