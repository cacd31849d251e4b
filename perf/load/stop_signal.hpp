// SIGINT and SIGTERM as something that a polling loop asks for: the run ends early and still reports.
#pragma once

#include <sys/signalfd.h>

#include <csignal>

#include "drivers/file_descriptor.hpp"

namespace sallyport::load {

class StopSignal {
 public:
  StopSignal() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    fd_ = drivers::FileDescriptor(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  }

  bool arrived() const noexcept {
    signalfd_siginfo info;
    return ::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info);
  }

 private:
  drivers::FileDescriptor fd_;
};

}  // namespace sallyport::load
