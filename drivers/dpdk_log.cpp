#include "drivers/dpdk_log.hpp"

#include <bpf/libbpf.h>
#include <rte_log.h>

#include <cstdarg>
#include <cstdlib>
#include <deque>
#include <sstream>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

/// libbpf's warnings join DPDK's log, so that one capture has the whole story.
int print_libbpf(libbpf_print_level level, const char* format, va_list arguments) {
  return level == LIBBPF_WARN ? std::vfprintf(rte_log_get_stream(), format, arguments) : 0;
}

}  // namespace

DpdkLogCapture::DpdkLogCapture() : stream_(open_memstream(&text_, &length_)), previous_(rte_log_get_stream()) {
  if (stream_ == nullptr) throw SetupError("no memory to keep DPDK's log");
  libbpf_set_print(print_libbpf);
  rte_openlog_stream(stream_);
}

DpdkLogCapture::~DpdkLogCapture() {
  rte_openlog_stream(previous_);
  std::fclose(stream_);
  std::free(text_);  // NOLINT: allocated by open_memstream
}

std::string DpdkLogCapture::last_words() {
  constexpr std::size_t kLines = 4;
  std::fflush(stream_);
  std::istringstream lines(std::string(text_, length_));
  std::deque<std::string> last;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || (!last.empty() && last.back() == line)) continue;
    last.push_back(line);
    if (last.size() > kLines) last.pop_front();
  }
  std::string words;
  for (const std::string& line : last) words += (words.empty() ? "" : "; ") + line;
  return words.empty() ? words : " (DPDK: " + words + ")";
}

}  // namespace sallyport::drivers
