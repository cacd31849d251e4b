#include "controlplane/session/target_names.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "controlplane/random_bytes.hpp"
#include "controlplane/session/trunk_target.hpp"
#include "crypto/bytes.hpp"

namespace sallyport::controlplane {
namespace {

using dns::AddressFamily;
using dns::SrvRecord;
using sip::TransportKind;

constexpr unsigned kMostDoublings = 8;

/// Sums of weights are far below 2^32, so that the remainder is as good as even.
std::uint32_t random_up_to(std::uint32_t most) {
  std::array<std::uint8_t, 4> bytes{};
  fill_random(bytes);
  return crypto::load_be32(bytes.data()) % (most + 1);
}

/// RFC 3263 4.2, the transport being known.
std::string service_of(const TrunkTarget& target) {
  const char* service = target.kind == TransportKind::kUdp   ? "_sip._udp."
                        : target.kind == TransportKind::kTcp ? "_sip._tcp."
                                                             : "_sips._tcp.";
  return service + target.host;
}

/// The addresses that a listener of that transport can reach.
AddressFamily family_of(const SipConfig& config, TransportKind kind) {
  bool v4 = false;
  bool v6 = false;
  for (const SipListenConfig& listen : config.listen) {
    if (listen.kind == kind) (listen.local.address.v6 ? v6 : v4) = true;
  }
  return v4 == v6 ? AddressFamily::kBoth : v4 ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
}

}  // namespace

TargetNames::TargetNames(sip::TimerQueue& timers, dns::Source& dns, Random random, NameTimes times)
    : timers_(timers), dns_(dns), random_(random ? std::move(random) : Random(random_up_to)), times_(times) {}

TargetNames::~TargetNames() {
  for (const auto& [name, entry] : entries_) timers_.cancel(entry.next);
}

void TargetNames::set_config(const SipConfig& config) {
  auto before = std::exchange(entries_, {});
  for (const TrunkConfig& trunk : config.trunks) {
    for (const TrunkTarget& target : trunk.targets) {
      const std::string name = configured(target);
      if (target.host.empty() || entries_.contains(name)) continue;
      const auto known = before.find(name);
      if (known != before.end()) {
        entries_.insert(before.extract(known));
        continue;
      }
      Entry& entry = entries_[name];
      entry.target = target;
      entry.family = family_of(config, target.kind);
      entry.seen.since = timers_.now();
      ask(name);
    }
  }
  for (const auto& [name, entry] : before) timers_.cancel(entry.next);
}

TargetNames::Entry* TargetNames::waiting(const std::string& name, std::uint64_t round) {
  const auto at = entries_.find(name);
  return at == entries_.end() || at->second.round != round ? nullptr : &at->second;
}

void TargetNames::ask_in(Entry& entry, const std::string& name, std::chrono::seconds delay) {
  entry.round = 0;
  entry.next = timers_.schedule(delay, [this, name] { ask(name); });
}

void TargetNames::ask(const std::string& name) {
  Entry& entry = entries_.at(name);
  entry.round = ++last_round_;
  // Whoever names a port wants no other (RFC 3263 4.2).
  if (entry.target.port != 0) {
    return ask_addresses(name, {{0, 0, entry.target.port, entry.target.host}}, times_.longest);
  }
  dns_.services(service_of(entry.target),
                [this, name, round = entry.round, weak = std::weak_ptr(alive_)](dns::Answer<SrvRecord> answer) {
                  if (!weak.expired() && waiting(name, round) != nullptr) found_services(name, std::move(answer));
                });
}

void TargetNames::found_services(const std::string& name, dns::Answer<SrvRecord> answer) {
  Entry& entry = entries_.at(name);
  const TrunkTarget& target = entry.target;
  if (answer.values.empty() && !answer.absent) return failed(entry, name, answer.why);
  if (answer.values.empty()) {
    return ask_addresses(name, {{0, 0, sip::default_port(target.kind), target.host}}, times_.longest);
  }
  std::erase_if(answer.values, [](const SrvRecord& record) { return record.target.empty(); });
  if (answer.values.empty()) return failed(entry, name, service_of(target) + ": no such service is offered");
  ask_addresses(name, std::move(answer.values), answer.lifetime);
}

void TargetNames::ask_addresses(const std::string& name, std::vector<SrvRecord> records,
                                std::chrono::seconds lifetime) {
  Entry& entry = entries_.at(name);
  entry.finding.clear();
  std::stable_sort(records.begin(), records.end(), [](const SrvRecord& a, const SrvRecord& b) {
    return std::tie(a.priority, a.target, a.port) < std::tie(b.priority, b.target, b.port);
  });
  for (SrvRecord& record : records) entry.finding.push_back({std::move(record), {}});
  entry.open = entry.finding.size();
  entry.fresh = 0;
  entry.lifetime = lifetime;
  entry.trouble.clear();
  for (std::size_t server = 0; server < entry.finding.size(); ++server) {
    dns_.addresses(entry.finding[server].record.target, entry.family,
                   [this, name, server, round = entry.round,
                    weak = std::weak_ptr(alive_)](dns::Answer<drivers::IpAddress> answer) {
                     if (weak.expired() || waiting(name, round) == nullptr) return;
                     found_addresses(name, server, std::move(answer));
                   });
  }
}

void TargetNames::found_addresses(const std::string& name, std::size_t server, dns::Answer<drivers::IpAddress> answer) {
  Entry& entry = entries_.at(name);
  if (answer.values.empty()) {
    entry.trouble = answer.why;
    // DNS that fails takes no server away.
    const auto same = [&](const Server& known) { return known.record.target == entry.finding[server].record.target; };
    const auto known = std::find_if(entry.servers.begin(), entry.servers.end(), same);
    if (!answer.absent && known != entry.servers.end()) entry.finding[server].addresses = known->addresses;
  } else {
    entry.lifetime = std::min(entry.lifetime, answer.lifetime);
    // Name servers that rotate their answers change nothing.
    std::sort(answer.values.begin(), answer.values.end());
    entry.finding[server].addresses = std::move(answer.values);
    ++entry.fresh;
  }
  if (--entry.open > 0) return;
  std::erase_if(entry.finding, [](const Server& each) { return each.addresses.empty(); });
  if (entry.fresh == 0) return failed(entry, name, entry.trouble);
  // A server that is missing may be there soon.
  if (!entry.trouble.empty()) entry.lifetime = std::min(entry.lifetime, times_.most);
  found(entry, name);
}

void TargetNames::found(Entry& entry, const std::string& name) {
  if (!entry.seen.problem.empty()) spdlog::info("target {}: DNS answers again", name);
  entry.seen = {true, {}, timers_.now()};
  entry.failures = 0;
  ask_in(entry, name, std::clamp(entry.lifetime, times_.shortest, times_.longest));
  if (entry.servers == entry.finding) return;
  entry.servers = std::exchange(entry.finding, {});
  std::string shown;
  for (const TrunkTarget& each : all(entry.target)) {
    shown.append(shown.empty() ? "" : ", ").append(each.remote.to_string());
  }
  spdlog::info("target {} is {}", name, shown);
  tell();
}

void TargetNames::tell() const {
  for (const auto& changed : changed_) changed();
}

void TargetNames::failed(Entry& entry, const std::string& name, const std::string& why) {
  if (entry.seen.problem.empty()) {
    spdlog::warn("target {}: DNS fails: {}{}", name, why,
                 entry.servers.empty() ? "" : "; what it was resolved to is used until it answers");
  }
  const bool first = !entry.seen.asked;
  entry.seen.asked = true;
  entry.seen.problem = why;
  ask_in(entry, name, std::min(times_.retry * (1U << std::min(entry.failures++, kMostDoublings)), times_.most));
  if (first) tell();
}

void TargetNames::append(std::vector<TrunkTarget>& out, const TrunkTarget& target, const Server& server) {
  for (const drivers::IpAddress& address : server.addresses) {
    TrunkTarget one = target;
    one.remote = {address, server.record.port};
    out.push_back(std::move(one));
  }
}

std::vector<TrunkTarget> TargetNames::all(const TrunkTarget& target) const {
  if (target.host.empty()) return {target};
  std::vector<TrunkTarget> targets;
  const auto at = entries_.find(configured(target));
  if (at == entries_.end()) return targets;
  for (const Server& server : at->second.servers) append(targets, target, server);
  return targets;
}

std::vector<TrunkTarget> TargetNames::in_order(const TrunkTarget& target) const {
  const auto at = entries_.find(configured(target));
  if (target.host.empty() || at == entries_.end()) return all(target);
  std::vector<SrvRecord> records;
  for (const Server& server : at->second.servers) records.push_back(server.record);
  std::vector<TrunkTarget> targets;
  for (const std::size_t server : dns::srv_order(records, random_)) {
    append(targets, target, at->second.servers[server]);
  }
  return targets;
}

const TargetNames::Seen* TargetNames::seen(const TrunkTarget& target) const {
  const auto at = entries_.find(configured(target));
  return target.host.empty() || at == entries_.end() ? nullptr : &at->second.seen;
}

}  // namespace sallyport::controlplane
