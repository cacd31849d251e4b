#include "drivers/memif_socket_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

/// Whether the kernel lists a socket bound to that path (its last column) in this network namespace.
bool is_bound(const std::string& path) {
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    if (line.ends_with(" " + path)) return true;
  }
  return false;
}

bool remove_if_stale(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return false;
  if (!S_ISSOCK(status.st_mode)) throw SetupError("memif socket '" + path + "': something else is there already");
  if (is_bound(path)) throw SetupError("memif socket '" + path + "' is in use by another program");
  return unlink(path.c_str()) == 0;
}

}  // namespace

bool remove_stale_memif_socket(const std::string& path) {
  const auto lock = ResourceLock::socket(path);
  return remove_if_stale(path);
}

MemifSocketFile::MemifSocketFile(std::string path) : path_(std::move(path)), lock_(ResourceLock::socket(path_)) {
  remove_if_stale(path_);
}

MemifSocketFile::~MemifSocketFile() { close(); }

void MemifSocketFile::close() noexcept { unlink(path_.c_str()); }

}  // namespace sallyport::drivers
