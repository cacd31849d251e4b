#include "controlplane/session/sip_limits.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// Files for everything but connections: workers' devices, call records, captures, the control socket.
constexpr std::size_t kOtherFiles = 256;

}  // namespace

std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kOtherFiles;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return static_cast<std::size_t>(limit.rlim_cur);
}

sip::PeerLimits limits_of(const SipConfig& config, std::size_t open_files, const TargetNames* names) {
  sip::PeerLimits limits = config.limits;
  const std::size_t most = open_files > 2 * kOtherFiles ? open_files - kOtherFiles : kOtherFiles;
  std::size_t& connections = limits.transport.counts.in_all;
  if (connections > most) {
    spdlog::warn("SIP: at most {} connections, since this process may open {} files (ulimit -n, LimitNOFILE=)", most,
                 open_files);
    connections = most;
  }
  for (const TrunkConfig& trunk : config.trunks) {
    std::vector<TrunkTarget> targets;
    for (const TrunkTarget& target : trunk.targets) {
      if (target.host.empty()) targets.push_back(target);
      if (target.host.empty() || names == nullptr) continue;
      for (TrunkTarget& resolved : names->all(target)) targets.push_back(std::move(resolved));
    }
    for (const TrunkTarget& target : targets) {
      const std::uint16_t port = target.kind == sip::TransportKind::kUdp ? target.remote.port : 0;
      const auto [known, fresh] = limits.configured.emplace(Endpoint{target.remote.address, port}, trunk.requests);
      if (fresh) continue;
      // An address of two trunks has the higher limit of both.
      const bool none = known->second == 0 || trunk.requests == 0;
      known->second = none ? 0 : std::max(known->second, trunk.requests);
    }
  }
  return limits;
}

json limits_biting(const sip::LimitLog& log) {
  json names = json::array();
  for (const sip::LimitText& text : sip::kLimitTexts) {
    if (log.biting(text.limit)) names.push_back(text.name);
  }
  return names;
}

json counters_json(const sip::UserAgent& agent) {
  const sip::TransportCounters& transport = agent.transport().counters();
  const sip::TransactionCounters& transactions = agent.transactions().counters();
  json limits = json::object();
  for (const sip::LimitText& text : sip::kLimitTexts) {
    if (const std::uint64_t count = agent.limit_log().count(text.limit); count != 0) limits[text.name] = count;
  }
  json malformed = json::object();
  for (std::size_t i = 0; i < sip::kMalformedNames.size(); ++i) {
    if (transport.malformed[i] != 0) malformed[sip::kMalformedNames[i]] = transport.malformed[i];
  }
  return {{"received", transport.received},
          {"malformed_answered", transport.malformed_answered},
          {"malformed_dropped", transport.malformed_dropped},
          {"malformed", std::move(malformed)},
          {"keep_alives", transport.keep_alives},
          {"connections", agent.transport().connections()},
          {"half_open", agent.transport().half_open()},
          {"connections_refused", transport.connections_refused},
          {"connections_failed", transport.connections_failed},
          {"requests", transactions.requests},
          {"retransmissions", transactions.retransmissions},
          {"stray_responses", transactions.stray_responses},
          {"stray_cancels", transactions.stray_cancels},
          {"timeouts", transactions.timeouts},
          {"overload", transactions.overload},
          {"limits", std::move(limits)}};
}

}  // namespace sallyport::controlplane
