#include "controlplane/health/buffer_health.hpp"

#include "dataplane/burst.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::chrono::milliseconds kCalm{2000};

}  // namespace

BufferHealth::BufferHealth(int socket, unsigned total) : socket_(socket), total_(total), used_up_(kCalm) {}

HealthReports BufferHealth::look(unsigned available, Condition::Time now) {
  available_ = available;
  // A port takes no more than a burst at a time, all or none: fewer than that are as good as none.
  switch (used_up_.see(available < dataplane::kBurst, now)) {
    case Condition::Change::kBegan:
      ++times_;
      return {{false, text()}};
    case Condition::Change::kEnded:
      return {{true, "there are packet buffers again: " + std::to_string(available_) + " of " + std::to_string(total_) +
                         " are free"}};
    case Condition::Change::kNone:
      break;
  }
  return {};
}

std::string BufferHealth::text() const {
  const std::string where = socket_ < 0 ? "" : " of socket " + std::to_string(socket_);
  return "the packet buffers" + where + " are used up: " + std::to_string(available_) + " of " +
         std::to_string(total_) + " are free; what arrives waits, or is lost (raise memory.mbufs)";
}

}  // namespace sallyport::controlplane
