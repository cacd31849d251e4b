#include "controlplane/config_read.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {
namespace {

std::string last_error() { return std::generic_category().message(errno); }

/// Reads until the end of the file, or one byte past `limit`.
bool read_all(int fd, std::size_t size_hint, std::size_t limit, SecretString& text) {
  text.resize(std::min(size_hint, limit) + 1);
  std::size_t used = 0;
  for (;;) {
    const ssize_t count = ::read(fd, text.data() + used, text.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    used += static_cast<std::size_t>(count);
    if (count == 0 || used > limit) break;
    if (used == text.size()) text.resize(std::min(2 * used, limit + 1));
  }
  text.resize(used);
  return true;
}

}  // namespace

std::optional<FileText> read_file(const std::string& path, std::size_t limit, std::string& problem) {
  // O_NONBLOCK: a FIFO must not hold us up before its kind is known.
  const drivers::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    problem = "cannot be read: " + last_error();
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    problem = S_ISDIR(status.st_mode) ? "is a directory: expected a file" : "is not a regular file";
    return std::nullopt;
  }
  FileText result;
  result.identity = {path, status.st_mode, status.st_uid};
  if (!read_all(file.get(), static_cast<std::size_t>(status.st_size), limit, result.text)) {
    problem = "cannot be read: " + last_error();
    return std::nullopt;
  }
  if (result.text.size() > limit) {
    problem = "is too large: expected at most " + std::to_string(limit) + " bytes";
    return std::nullopt;
  }
  return result;
}

std::string exposure(const FileIdentity& file) {
  if (file.owner != 0 && file.owner != ::geteuid()) {
    return "belongs to user " + std::to_string(file.owner) + ": expected root or the gateway's own user";
  }
  if ((file.mode & (S_IRWXG | S_IRWXO)) != 0) {
    std::string octal = "000";
    for (std::size_t i = 0; i < 3; ++i) octal[2 - i] = static_cast<char>('0' + ((file.mode >> (3 * i)) & 7U));
    return "has mode 0" + octal + ", so that others may use it: expected 0600 (chmod 600)";
  }
  return {};
}

}  // namespace sallyport::controlplane
