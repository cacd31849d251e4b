#include "controlplane/admin/interrupt.hpp"

#include <signal.h>

#include <cmath>

namespace sallyport::controlplane {

bool interrupted_within(double seconds) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return sigtimedwait(&signals, nullptr, &time) > 0;
}

}  // namespace sallyport::controlplane
