#include "drivers/memif_socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "crypto/error.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::drivers {
namespace {

bool somebody_listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const FileDescriptor probe(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));  // memif's kind of socket
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno != ECONNREFUSED;
}

}  // namespace

bool remove_stale_memif_socket(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return false;
  if (!S_ISSOCK(status.st_mode)) throw SetupError("memif socket '" + path + "': something else is there already");
  if (somebody_listens(path)) throw SetupError("memif socket '" + path + "' is in use by another program");
  return unlink(path.c_str()) == 0;
}

MemifSocketFile::MemifSocketFile(std::string path) : path_(std::move(path)) { remove_stale_memif_socket(path_); }

MemifSocketFile::~MemifSocketFile() { unlink(path_.c_str()); }

}  // namespace sallyport::drivers
