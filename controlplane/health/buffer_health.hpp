// Watches one pool of packet buffers: used up, a port can receive nothing. Pure, as PortHealth.
#pragma once

#include <cstdint>
#include <string>

#include "controlplane/health/condition.hpp"
#include "controlplane/health/report.hpp"

namespace sallyport::controlplane {

class BufferHealth {
 public:
  /// `socket`: the processor's, -1 for any.
  BufferHealth(int socket, unsigned total);

  /// `available`: free ones now.
  HealthReports look(unsigned available, Condition::Time now);
  bool used_up() const noexcept { return used_up_.holds(); }
  /// How often that began.
  std::uint64_t times() const noexcept { return times_; }
  /// The warning while they are.
  std::string text() const;

 private:
  int socket_;
  unsigned total_;
  unsigned available_ = 0;
  std::uint64_t times_ = 0;
  Condition used_up_;
};

}  // namespace sallyport::controlplane
