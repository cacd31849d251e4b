#include "controlplane/health/port_health.hpp"

#include <cstdio>
#include <utility>

namespace sallyport::controlplane {
namespace {

using drivers::LinkState;

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr std::chrono::milliseconds kCalm{2000};
/// Fewer packets say nothing about a NIC's hash.
constexpr std::uint64_t kEnoughPackets = 1000;
/// Above what a NIC that steers may deliver otherwise: fragments of other traffic, the first packets.
constexpr double kAstray = 0.02;

std::string seconds(std::chrono::duration<double> time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", time.count());
  return text;
}

}  // namespace

PortHealth::PortHealth(std::string name, std::string device, bool steers)
    : name_("port " + std::move(name)),
      device_(std::move(device)),
      steers_(steers),
      link_down_(kAtOnce),
      refusing_(kCalm),
      missing_(kCalm),
      astray_(kAtOnce) {}

HealthReports PortHealth::look(const PortSample& sample, Condition::Time now) {
  HealthReports reports;
  look_at_link(sample, now, reports);
  const PortSample before = std::exchange(last_, sample);

  switch (refusing_.see(sample.refused > before.refused, now)) {
    case Condition::Change::kBegan:
      refused_before_ = before.refused;
      reports.push_back({false, refused_text()});
      break;
    case Condition::Change::kEnded:
      reports.push_back({true, name_ + " takes packets again, after " + seconds(refusing_.lasted()) + " in which " +
                                   std::to_string(sample.refused - refused_before_) + " were dropped (tx_full)"});
      break;
    case Condition::Change::kNone:
      break;
  }
  switch (missing_.see(sample.missed > before.missed, now)) {
    case Condition::Change::kBegan:
      missed_before_ = before.missed;
      reports.push_back({false, missed_text()});
      break;
    case Condition::Change::kEnded:
      reports.push_back({true, name_ + " loses no received packets any more, after " + seconds(missing_.lasted()) +
                                   " in which it lost " + std::to_string(sample.missed - missed_before_)});
      break;
    case Condition::Change::kNone:
      break;
  }
  look_at_steering(now, reports);
  return reports;
}

/// What the first packets show is said once, also where all is well.
void PortHealth::look_at_steering(Condition::Time now, HealthReports& reports) {
  const std::optional<double> share = astray_share();
  if (!share) return;
  if (astray_.see(*share > kAstray, now) == Condition::Change::kBegan) {
    reports.push_back({false, astray_text()});
  } else if (!told_of_steering_) {
    reports.push_back({true, name_ + ": the NIC steers media by UDP destination port as it was told: of its first " +
                                 std::to_string(last_.rx) + " packets " + std::to_string(last_.astray) +
                                 " came to another worker than theirs"});
  }
  told_of_steering_ = true;
}

void PortHealth::look_at_link(const PortSample& sample, Condition::Time now, HealthReports& reports) {
  const bool up = sample.link == LinkState::kUp;
  const bool gone = sample.link == LinkState::kGone && last_.link != LinkState::kGone;
  const Condition::Change change = link_down_.see(!up, now);
  if (change == Condition::Change::kEnded && was_up_) {
    reports.push_back(
        {true, name_ + ": the link of " + device_ + " is up again, after " + seconds(link_down_.lasted())});
  } else if (change == Condition::Change::kEnded) {
    reports.push_back({true, name_ + ": the link of " + device_ + " is up"});
  } else if (change == Condition::Change::kBegan || gone) {
    link_downs_ += change == Condition::Change::kBegan && was_up_;
    last_.link = sample.link;
    reports.push_back({false, link_text()});
  }
  was_up_ |= up;
}

std::string PortHealth::link_text() const {
  if (last_.link == LinkState::kGone) {
    return name_ + ": " + device_ + " was removed; one that is made anew is used after a restart of the gateway";
  }
  return name_ + ": the link of " + device_ + " is down" + (was_up_ ? "" : ", and has not been up yet");
}

std::string PortHealth::refused_text() const {
  return name_ + " does not take all packets: " + std::to_string(last_.refused - refused_before_) +
         " were dropped (tx_full)";
}

std::string PortHealth::missed_text() const {
  return name_ + " loses received packets for want of descriptors or packet buffers: " +
         std::to_string(last_.missed - missed_before_) + " so far";
}

std::string PortHealth::astray_text() const {
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.0f %%", 100 * astray_share().value_or(0));
  return name_ + ": the NIC was told to steer media by UDP destination port, but " + percent +
         " of what it delivers is another worker's and is handed over: it does otherwise than its driver says, or " +
         "those packets are of the address family that is not steered";
}

std::vector<std::string> PortHealth::warnings() const {
  std::vector<std::string> all;
  if (link_down_.holds()) all.push_back(link_text());
  if (refusing_.holds()) all.push_back(refused_text());
  if (missing_.holds()) all.push_back(missed_text());
  if (astray_.holds()) all.push_back(astray_text());
  return all;
}

std::optional<double> PortHealth::astray_share() const {
  if (!steers_ || last_.rx < kEnoughPackets) return std::nullopt;
  return static_cast<double>(last_.astray) / static_cast<double>(last_.rx);
}

}  // namespace sallyport::controlplane
