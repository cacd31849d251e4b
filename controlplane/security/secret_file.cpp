#include "controlplane/security/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "controlplane/config_read.hpp"
#include "crypto/error.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::size_t kLargestSecret = 64 * 1024;
constexpr std::size_t kLargestPublic = 1024 * 1024;

FileText read(const std::string& path, std::size_t limit) {
  std::string problem;
  std::optional<FileText> file = read_file(path, limit, problem);
  if (!file) throw SetupError("'" + path + "' " + problem);
  return std::move(*file);
}

/// Takes the file away again unless it got its name.
class NewFile {
 public:
  explicit NewFile(const std::string& path) : target_(path), name_(path + ".XXXXXX") {
    // O_EXCL and mode 0600 are mkostemp's own.
    file_ = drivers::FileDescriptor(::mkostemp(name_.data(), O_CLOEXEC));
    if (!file_) fail();
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (!named_) ::unlink(name_.c_str());
  }

  void write(std::string_view bytes, unsigned mode) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fchmod(file_.get(), mode) != 0 || ::fsync(file_.get()) != 0) fail();
  }

  void name(ExistingFile existing) {
    const unsigned flags = existing == ExistingFile::kKept ? RENAME_NOREPLACE : 0U;
    if (::renameat2(AT_FDCWD, name_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) fail();
    named_ = true;
    const std::size_t slash = target_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : target_.substr(0, slash);
    const drivers::FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened || ::fsync(opened.get()) != 0) fail();
  }

 private:
  [[noreturn]] void fail() const {
    const int error = errno;
    throw SetupError("'" + target_ + "' cannot be written: " + std::generic_category().message(error));
  }

  std::string target_;
  std::string name_;
  drivers::FileDescriptor file_;
  bool named_ = false;
};

}  // namespace

SecretString read_secret_file(const std::string& path) {
  FileText file = read(path, kLargestSecret);
  if (const std::string problem = exposure(file.identity); !problem.empty()) {
    throw SetupError("'" + path + "' " + problem);
  }
  return std::move(file.text);
}

SecretString read_public_file(const std::string& path) { return read(path, kLargestPublic).text; }

bool name_is_taken(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

void write_file(const std::string& path, std::string_view bytes, unsigned mode, ExistingFile existing) {
  NewFile file(path);
  file.write(bytes, mode);
  file.name(existing);
}

}  // namespace sallyport::controlplane
