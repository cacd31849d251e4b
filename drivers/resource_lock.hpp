// One gateway per interface and per memif socket: a lock that lasts as long as its process, so that what a killed
// gateway left can be told from what a living one uses. A file under the runtime folder, gone after an orderly end.
#pragma once

#include <string>

#include "drivers/file_descriptor.hpp"

namespace sallyport::drivers {

/// Folder for locks and records of this host: /run/sallyport, or one under XDG_RUNTIME_DIR where that cannot be
/// written. Made on demand, for its owner only. Throws SetupError.
std::string runtime_folder();

class ResourceLock {
 public:
  /// An interface of this network namespace. Throws SetupError where another gateway holds it.
  static ResourceLock interface(const std::string& name);
  /// The path of a UNIX socket, whatever the namespace.
  static ResourceLock socket(const std::string& path);
  ResourceLock(ResourceLock&& other) noexcept = default;
  ResourceLock& operator=(ResourceLock&&) = delete;
  ~ResourceLock();

 private:
  ResourceLock(std::string path, const std::string& what);

  std::string path_;
  FileDescriptor file_;  ///< none after it was moved away
};

}  // namespace sallyport::drivers
