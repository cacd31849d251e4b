#include "perf/watchpoint.hpp"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

namespace sallyport::perf {

Watchpoints::~Watchpoints() {
  for (std::size_t i = 0; i < count_; ++i) close(files_[i]);
}

void Watchpoints::add(std::uintptr_t word, Touch touch) {
  perf_event_attr event{};
  event.size = sizeof event;
  event.type = PERF_TYPE_BREAKPOINT;
  event.bp_type = touch == Touch::kWrite ? HW_BREAKPOINT_W : HW_BREAKPOINT_RW;
  event.bp_addr = word;
  event.bp_len = kWord;
  event.exclude_kernel = 1;
  event.exclude_hv = 1;
  const long file = syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "hardware watchpoints");
  files_.at(count_++) = static_cast<int>(file);
}

bool Watchpoints::touched(std::size_t i) const {
  std::uint64_t times = 0;
  if (read(files_.at(i), &times, sizeof times) != sizeof times) {
    throw std::system_error(errno, std::generic_category(), "hardware watchpoints");
  }
  return times != 0;
}

std::string watchpoints_missing() {
  std::atomic<std::uint64_t> words[2] = {};
  try {
    Watchpoints points;
    points.add(reinterpret_cast<std::uintptr_t>(&words[0]), Touch::kReadOrWrite);
    points.add(reinterpret_cast<std::uintptr_t>(&words[1]), Touch::kReadOrWrite);
    static_cast<void>(words[0].load());
    if (points.touched(0) && !points.touched(1)) return "";
    return "hardware watchpoints do not count here";
  } catch (const std::system_error& error) {
    return error.what();
  }
}

}  // namespace sallyport::perf
