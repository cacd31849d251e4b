// A capture file of UDP payloads with headers that are made up around them, as if they had been seen on an Ethernet.
// For the recording link; one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "controlplane/admin/pcap_file.hpp"
#include "controlplane/config.hpp"

namespace sallyport::load {

class PcapWriter {
 public:
  /// Replaces the file, which only we can read: media may be clear in it. Throws SetupError.
  explicit PcapWriter(const std::string& path) : file_(path, controlplane::OldFile::kReplaced) {}

  /// One datagram, now. Both ends are of one family.
  void write(const controlplane::Endpoint& source, const controlplane::Endpoint& destination,
             std::span<const std::uint8_t> payload);

 private:
  controlplane::PcapFile file_;
};

}  // namespace sallyport::load
