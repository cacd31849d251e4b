// A capture file of UDP payloads with headers that are made up around them, as if they had been seen on an Ethernet.
// For the recording link; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "controlplane/config.hpp"

struct pcap;
struct pcap_dumper;

namespace sallyport::load {

class PcapWriter {
 public:
  /// Replaces the file, which only we can read: media may be clear in it. Throws UsageError.
  explicit PcapWriter(const std::string& path);

  /// One datagram, now. Both ends are of one family.
  void write(const controlplane::Endpoint& source, const controlplane::Endpoint& destination,
             std::span<const std::uint8_t> payload) noexcept;

 private:
  struct Close {
    void operator()(pcap* handle) const noexcept;
    void operator()(pcap_dumper* file) const noexcept;
  };
  std::unique_ptr<pcap, Close> handle_;
  std::unique_ptr<pcap_dumper, Close> file_;
};

}  // namespace sallyport::load
