// Looks at ports, packet buffers and workers a few times a second, writes into the log what goes wrong and when it is
// over, and tells `status` what is wrong now. Reads counters, changes nothing. Control thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/health/buffer_health.hpp"
#include "controlplane/health/core_health.hpp"
#include "controlplane/health/port_health.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::controlplane {

/// Packet buffers and the processor socket that they are on; -1: any.
struct BufferPool {
  int socket = -1;
  const drivers::MbufPool* pool = nullptr;
};

class Health {
 public:
  static constexpr std::chrono::milliseconds kInterval{200};

  /// What is passed by reference, and the pools, outlive it.
  Health(const DataplaneClient& dataplane, std::vector<BufferPool> pools);

  /// To be called every kInterval at least.
  void look();

  /// What is wrong now, a sentence each.
  std::vector<std::string> warnings() const;
  const std::vector<BufferPool>& pools() const noexcept { return pools_; }
  /// How often the buffers of a pool were found used up.
  std::uint64_t times_used_up(std::size_t pool) const noexcept { return buffers_[pool].times(); }
  bool shares_core(std::size_t worker) const noexcept { return cores_[worker].shared(); }
  /// By the port's place in the configuration; as it was at the last look.
  const PortHealth& port(std::size_t index) const noexcept { return ports_[index]; }

 private:
  PortSample sample(std::size_t port) const;

  const DataplaneClient& dataplane_;
  std::vector<BufferPool> pools_;
  std::vector<PortHealth> ports_;
  std::vector<BufferHealth> buffers_;
  std::vector<CoreHealth> cores_;
};

}  // namespace sallyport::controlplane
