// `sallyport capture`: fetches the packets of a leg from a running gateway, and writes them into a file.
#pragma once

#include <string>

namespace sallyport::controlplane {

struct CaptureOrder {
  std::string socket;
  std::string of;  ///< "STREAM" or "STREAM.a"
  std::string file;
  std::string side = "wire";
  int packets = 1'000'000;
  int seconds = 10;
};

/// Until the packets are there, the time is over, or Ctrl-C; returns the exit status. Throws SetupError where the
/// gateway refuses, or the file cannot be made or written.
int run_capture(const CaptureOrder& order);

}  // namespace sallyport::controlplane
