// One gateway per interface: a lock that lasts as long as its process, so that what a killed gateway left can be told
// from what a living one uses. A file under the runtime folder, gone after an orderly end.
#pragma once

#include <string>

#include "drivers/file_descriptor.hpp"

namespace sallyport::drivers {

/// Folder for locks and records of this host: /run/sallyport, or one under XDG_RUNTIME_DIR where that cannot be
/// written. Made on demand, for its owner only. Throws SetupError.
std::string runtime_folder();

class InterfaceLock {
 public:
  /// `interface`: a name of this network namespace. Throws SetupError where another gateway holds it.
  explicit InterfaceLock(const std::string& interface);
  ~InterfaceLock();
  InterfaceLock(const InterfaceLock&) = delete;
  InterfaceLock& operator=(const InterfaceLock&) = delete;

 private:
  std::string path_;
  FileDescriptor file_;
};

}  // namespace sallyport::drivers
