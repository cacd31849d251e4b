#include "controlplane/admin/pcap_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr int kSnapLength = 65535;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::string last_error() { return std::generic_category().message(errno); }

/// O_EXCL: fails for whatever is there, a link included, wherever that may lead.
std::FILE* make_file(const std::string& path, OldFile old) {
  const bool refused = old == OldFile::kRefused;
  const int how = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (refused ? O_EXCL : O_TRUNC);
  const int descriptor = ::open(path.c_str(), how, 0600);
  if (descriptor < 0) {
    throw SetupError(path + " cannot be made: " + last_error() +
                     (refused ? "; expected the name of a new file" : "; expected the name of a file of ours"));
  }
  return ::fdopen(descriptor, "wb");
}

}  // namespace

PcapFile::PcapFile(std::string path, OldFile old) : path_(std::move(path)) {
  std::FILE* const file = make_file(path_, old);
  form_.reset(pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO));
  if (file != nullptr && form_ != nullptr) file_.reset(pcap_dump_fopen(form_.get(), file));
  if (file_ == nullptr) {
    if (file != nullptr) std::fclose(file);
    remove();
    throw SetupError(path_ + " cannot be written: " + (form_ == nullptr ? last_error() : pcap_geterr(form_.get())));
  }
  flush();
}

void PcapFile::add(std::int64_t time, std::uint32_t length, std::span<const std::uint8_t> kept) {
  pcap_pkthdr header{};
  header.ts.tv_sec = time / kNanosecondsPerSecond;
  header.ts.tv_usec = time % kNanosecondsPerSecond;  // nanoseconds, by the precision of the file
  header.caplen = static_cast<bpf_u_int32>(kept.size());
  header.len = length;
  pcap_dump(reinterpret_cast<u_char*>(file_.get()), &header, kept.data());
}

void PcapFile::flush() {
  if (pcap_dump_flush(file_.get()) != 0 || std::ferror(pcap_dump_file(file_.get())) != 0) {
    throw SetupError(path_ + " cannot be written: " + last_error());
  }
}

void PcapFile::remove() noexcept { ::unlink(path_.c_str()); }

}  // namespace sallyport::controlplane
