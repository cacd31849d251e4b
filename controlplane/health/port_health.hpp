// Watches one port: its link, packets that it does not take or that it loses, and whether a NIC that was told to steer
// media to workers does so. Pure: fed with samples, answers with sentences; Health takes the samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/health/condition.hpp"
#include "controlplane/health/report.hpp"
#include "drivers/eth_port.hpp"

namespace sallyport::controlplane {

/// Counters are totals since the start.
struct PortSample {
  drivers::LinkState link = drivers::LinkState::kUp;
  std::uint64_t rx = 0;       ///< taken from the port by workers
  std::uint64_t astray = 0;   ///< of them, media that came to another worker's queue
  std::uint64_t tx = 0;       ///< taken by the port
  std::uint64_t refused = 0;  ///< not taken by it: tx_full
  std::uint64_t missed = 0;   ///< lost by it on receiving
};

class PortHealth {
 public:
  /// `steers`: the NIC itself is to deliver media to the worker that owns it.
  PortHealth(std::string name, std::string device, bool steers);

  /// To be called a few times a second; what began or ended since the last time.
  HealthReports look(const PortSample& sample, Condition::Time now);
  /// What is wrong now.
  std::vector<std::string> warnings() const;

  const PortSample& sample() const noexcept { return last_; }
  /// How often the link went down.
  std::uint64_t link_downs() const noexcept { return link_downs_; }
  /// Share of received packets that a NIC which is to steer gave to another worker's queue; nothing as long as that is
  /// too few to tell, or the NIC is not to steer.
  std::optional<double> astray_share() const;

 private:
  void look_at_steering(Condition::Time now, HealthReports& reports);
  void look_at_link(const PortSample& sample, Condition::Time now, HealthReports& reports);
  std::string link_text() const;
  std::string refused_text() const;
  std::string missed_text() const;
  std::string astray_text() const;

  std::string name_;
  std::string device_;
  bool steers_;
  bool was_up_ = false;
  bool told_of_steering_ = false;
  PortSample last_;
  Condition link_down_;
  Condition refusing_;
  Condition missing_;
  Condition astray_;
  std::uint64_t link_downs_ = 0;
  std::uint64_t refused_before_ = 0;  ///< when the condition began
  std::uint64_t missed_before_ = 0;
};

}  // namespace sallyport::controlplane
