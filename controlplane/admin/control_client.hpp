// The command line's end of the control socket: one connection, one request and reply at a time, blocking.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {

class ControlClient {
 public:
  /// Throws SetupError that says what to do where nobody answers.
  explicit ControlClient(std::string path);

  /// Sends {"command": command} and returns the reply's line. Throws SetupError where the gateway went away or is
  /// silent for ten seconds.
  std::string ask(const std::string& command);
  /// Sends a request that is more than a command's name, and returns what the gateway says. Throws SetupError also
  /// where it refuses, with its reason.
  nlohmann::json demand(const nlohmann::json& request);

 private:
  std::string exchange(const nlohmann::json& request);

  std::string path_;
  drivers::FileDescriptor socket_;
};

}  // namespace sallyport::controlplane
