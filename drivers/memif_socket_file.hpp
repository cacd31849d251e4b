// The UNIX socket that a memif server listens on. DPDK's driver binds it but neither removes one that a killed
// predecessor left nor its own at the end: this does both. Control thread.
#pragma once

#include <string>

namespace sallyport::drivers {

/// Removes the socket at `path` if nobody listens on it any more; says whether there was one.
/// Throws SetupError where somebody listens, or where the path is something else than a socket.
bool remove_stale_memif_socket(const std::string& path);

class MemifSocketFile {
 public:
  /// Makes way for a server at `path`. Throws SetupError as above.
  explicit MemifSocketFile(std::string path);
  ~MemifSocketFile();
  MemifSocketFile(const MemifSocketFile&) = delete;
  MemifSocketFile& operator=(const MemifSocketFile&) = delete;

 private:
  std::string path_;
};

}  // namespace sallyport::drivers
