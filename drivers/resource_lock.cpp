#include "drivers/resource_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "crypto/error.hpp"
#include "drivers/linux_interface.hpp"

namespace sallyport::drivers {
namespace {

bool make_folder(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0700;
  return (mkdir(path.c_str(), kOwnerOnly) == 0 || errno == EEXIST) && access(path.c_str(), W_OK | X_OK) == 0;
}

/// The process that wrote its number into the lock file.
std::string holder(int file) {
  std::array<char, 16> text{};
  const ssize_t length = pread(file, text.data(), text.size() - 1, 0);
  return length > 0 ? " (process " + std::string(text.data(), static_cast<std::size_t>(length)) + ")" : "";
}

/// Whether the path still leads to the open file, and not to a successor of it.
bool same_file(int file, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(file, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
}

}  // namespace

std::string runtime_folder() {
  const std::string system = "/run/sallyport";
  if (make_folder(system)) return system;
  const std::string reason = std::strerror(errno);
  if (const char* user = std::getenv("XDG_RUNTIME_DIR"); user != nullptr && *user == '/') {
    const std::string own = std::string(user) + "/sallyport";
    if (make_folder(own)) return own;
  }
  throw SetupError("cannot write to " + system + ": " + reason + ", expected the rights to it or XDG_RUNTIME_DIR");
}

ResourceLock ResourceLock::interface(const std::string& name) {
  return {runtime_folder() + "/" + network_namespace_id() + "-" + name + ".lock", "interface '" + name + "'"};
}

ResourceLock ResourceLock::socket(const std::string& path) {
  std::string name = path;
  std::replace(name.begin(), name.end(), '/', '_');
  return {runtime_folder() + "/socket" + name + ".lock", "socket '" + path + "'"};
}

ResourceLock::ResourceLock(std::string path, const std::string& what) : path_(std::move(path)) {
  constexpr mode_t kOwnerOnly = 0600;
  do {
    file_ = FileDescriptor(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
    if (!file_) throw SetupError("cannot open " + path_ + ": " + std::strerror(errno));
    if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
      throw SetupError(what + " is in use by another gateway" + holder(file_.get()) + ", expected one gateway for it");
    }
  } while (!same_file(file_.get(), path_));  // the previous holder removed it between our open and our lock
  const std::string process = std::to_string(getpid());
  if (ftruncate(file_.get(), 0) != 0 ||
      pwrite(file_.get(), process.data(), process.size(), 0) != static_cast<ssize_t>(process.size())) {
    throw SetupError("cannot write " + path_ + ": " + std::strerror(errno));
  }
}

ResourceLock::~ResourceLock() {
  if (file_) unlink(path_.c_str());
}

}  // namespace sallyport::drivers
