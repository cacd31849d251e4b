// The file that `sallyport capture` and sallyport-load write: pcap with time stamps in nanoseconds, Ethernet frames,
// written by libpcap. It may hold what was said: its mode is 0600, and it is never written through a link.
#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace sallyport::controlplane {

/// What becomes of a file that is there already: a reason to refuse, or gone.
enum class OldFile : std::uint8_t { kRefused, kReplaced };

class PcapFile {
 public:
  /// Makes the file. Throws SetupError that says why it cannot be made.
  explicit PcapFile(std::string path, OldFile old = OldFile::kRefused);
  PcapFile(const PcapFile&) = delete;
  PcapFile& operator=(const PcapFile&) = delete;

  /// `time`: ns since 1970. `length`: of the packet, of which `kept` is what there is.
  void add(std::int64_t time, std::uint32_t length, std::span<const std::uint8_t> kept);
  /// Throws SetupError where not all of it could be written.
  void flush();
  /// Takes the file away again.
  void remove() noexcept;

 private:
  struct Close {
    void operator()(pcap_t* form) const noexcept { pcap_close(form); }
    void operator()(pcap_dumper_t* file) const noexcept { pcap_dump_close(file); }
  };

  std::string path_;
  std::unique_ptr<pcap_t, Close> form_;
  std::unique_ptr<pcap_dumper_t, Close> file_;
};

}  // namespace sallyport::controlplane
