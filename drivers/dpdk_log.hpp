// What DPDK and libbpf have to say while something is set up: kept back, and told to the user only if it went wrong, as
// part of the SetupError. Control thread; one capture at a time. After set-up their errors go where they went before.
#pragma once

#include <cstdio>
#include <string>

namespace sallyport::drivers {

/// Collects DPDK's log from here to the end of its life.
class DpdkLogCapture {
 public:
  DpdkLogCapture();
  ~DpdkLogCapture();
  DpdkLogCapture(const DpdkLogCapture&) = delete;
  DpdkLogCapture& operator=(const DpdkLogCapture&) = delete;

  /// The last words so far, joined into one line: " (DPDK: ...; ...)", or nothing where it was silent.
  std::string last_words();

 private:
  char* text_ = nullptr;
  std::size_t length_ = 0;
  std::FILE* stream_;
  std::FILE* previous_;
};

}  // namespace sallyport::drivers
