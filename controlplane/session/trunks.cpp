#include "controlplane/session/trunks.hpp"

#include <algorithm>

#include "controlplane/session/trunk_target.hpp"

namespace sallyport::controlplane {

using nlohmann::json;

Trunks::Trunks(sip::UserAgent& agent, TargetNames& names, TlsSource tls, std::shared_ptr<const SipConfig> config)
    : agent_(agent),
      names_(names),
      tls_(std::move(tls)),
      registrations_(agent, [this](const TrunkConfig& trunk) { return ways_of(trunk); }) {
  set_config(std::move(config));
  names_.on_change([this] { watch_all(); });
}

void Trunks::set_config(std::shared_ptr<const SipConfig> config) {
  config_ = std::move(config);
  names_.set_config(*config_);
  watch_all();
  registrations_.set_trunks(config_->trunks);
}

/// Watches every target of the configuration, and every address that a name leads to.
void Trunks::watch_all() {
  auto before = std::exchange(entries_, {});
  for (const TrunkConfig& trunk : config_->trunks) {
    std::vector<Entry>& old = before[trunk.name];
    std::vector<Entry>& now = entries_[trunk.name];
    std::vector<TrunkTarget> targets;
    for (const TrunkTarget& target : trunk.targets) {
      for (TrunkTarget& each : names_.all(target)) targets.push_back(std::move(each));
    }
    for (const TrunkTarget& target : targets) {
      Watched wanted{target, server_name(trunk, target), "sip:" + config_->realm, trunk.keep_alive};
      const auto same =
          std::find_if(old.begin(), old.end(), [&](const Entry& entry) { return entry.watched == wanted; });
      if (same == old.end()) {
        now.push_back(make(trunk, std::move(wanted)));
      } else {
        now.push_back(std::move(*same));
        old.erase(same);
      }
    }
  }
}

/// How to connect to a trunk's targets now, also when the trunk that it is of is another object, or no more.
std::function<sip::Destination(const TrunkTarget&)> Trunks::destinations_of(const TrunkConfig& trunk) const {
  TrunkConfig settings;
  settings.name = trunk.name;
  settings.security = trunk.security;
  settings.certificate_name = trunk.certificate_name;
  return [this, settings](const TrunkTarget& target) { return destination_of(settings, target, tls_()); };
}

TrunkRegistration::Ways Trunks::ways_of(const TrunkConfig& trunk) {
  const auto now = [this, name = trunk.name] {
    for (const TrunkConfig& each : config_->trunks) {
      if (each.name == name) return targets(each);
    }
    return std::vector<TrunkTarget>();
  };
  return {now, destinations_of(trunk)};
}

Trunks::Entry Trunks::make(const TrunkConfig& trunk, Watched watched) {
  Entry entry{std::move(watched), nullptr};
  if (trunk.keep_alive == std::chrono::seconds(0)) return entry;
  const TrunkTarget& target = entry.watched.target;
  WatchTimes times;
  times.interval = trunk.keep_alive;
  times.patience = std::clamp<std::chrono::milliseconds>(times.interval, times.patience / 2, times.patience);
  entry.watch = std::make_unique<TargetWatch>(
      agent_,
      TargetWatch::Target{"trunk " + trunk.name + ": " + to_string(target), target_uri({}, target), entry.watched.from,
                          [where = destinations_of(trunk), target] { return where(target); }},
      times);
  return entry;
}

TargetState Trunks::state_of(const Entry& entry) {
  return entry.watch ? entry.watch->seen().state : TargetState::kUnknown;
}

std::vector<TrunkTarget> Trunks::targets(const TrunkConfig& trunk) const {
  // A call may be of a configuration that is no more.
  const auto found = entries_.find(trunk.name);
  std::vector<TrunkTarget> ordered;
  for (const TrunkTarget& target : trunk.targets) {
    for (TrunkTarget& each : names_.in_order(target)) ordered.push_back(std::move(each));
  }
  if (found == entries_.end()) return ordered;
  const auto down = [&](const TrunkTarget& target) {
    return std::any_of(found->second.begin(), found->second.end(), [&](const Entry& entry) {
      return entry.watched.target == target && state_of(entry) == TargetState::kDown;
    });
  };
  std::stable_partition(ordered.begin(), ordered.end(), [&](const TrunkTarget& target) { return !down(target); });
  return ordered;
}

/// The names of a trunk that lead nowhere.
std::vector<const TrunkTarget*> Trunks::unresolved(const TrunkConfig& trunk) const {
  std::vector<const TrunkTarget*> names;
  for (const TrunkTarget& target : trunk.targets) {
    if (names_.all(target).empty()) names.push_back(&target);
  }
  return names;
}

std::string Trunks::problem(const TrunkConfig& trunk) const {
  std::string why;
  for (const TrunkTarget* target : unresolved(trunk)) {
    const TargetNames::Seen* seen = names_.seen(*target);
    why.append(why.empty() ? "" : ", ");
    why += seen == nullptr || !seen->asked ? target->host + ": not resolved yet" : seen->problem;
  }
  return why.empty() ? "it has no target" : why;
}

void Trunks::doubt(const TrunkConfig& trunk, const TrunkTarget& target) {
  const auto found = entries_.find(trunk.name);
  if (found == entries_.end()) return;
  for (const Entry& entry : found->second) {
    if (entry.watch && entry.watched.target == target) entry.watch->doubt();
  }
}

void Trunks::flow_closed(const sip::Flow& flow) {
  for (const auto& [name, entries] : entries_) {
    for (const Entry& entry : entries) {
      if (entry.watch) entry.watch->flow_closed(flow);
    }
  }
  registrations_.flow_closed(flow);
}

json Trunks::target_json(const Entry& entry) const {
  json shown{{"target", entry.watched.target.remote.to_string()},
             {"transport", sip::name_of(entry.watched.target.kind)},
             {"state", "not watched"}};
  if (const TargetNames::Seen* seen = names_.seen(entry.watched.target)) {
    const auto age = agent_.timers().now() - seen->since;
    shown["name"] = {{"host", entry.watched.target.host},
                     {"resolved_s", std::chrono::duration_cast<std::chrono::seconds>(age).count()},
                     {"problem", seen->problem}};
  }
  if (!entry.watch) return shown;
  const TargetWatch::Seen& seen = entry.watch->seen();
  const auto age = agent_.timers().now() - seen.since;
  shown["state"] = to_string(seen.state);
  shown["for_s"] = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  shown["answer"] = seen.answer;
  if (seen.round_trip) shown["round_trip_ms"] = static_cast<double>(seen.round_trip->count()) / 1000;
  return shown;
}

json Trunks::registration_json(const std::string& trunk) const {
  const TrunkRegistration* registration = registrations_.of(trunk);
  if (registration == nullptr) return nullptr;
  const TrunkRegistration::Seen& seen = registration->seen();
  json shown{{"state", to_string(seen.state)}, {"answer", seen.answer}};
  if (seen.target) shown["target"] = to_string(*seen.target);
  if (seen.until) {
    const auto left = std::max(*seen.until - agent_.timers().now(), sip::TimerQueue::Duration(0));
    shown["expires_s"] = std::chrono::duration_cast<std::chrono::seconds>(left).count();
  }
  return shown;
}

json Trunks::list() const {
  json shown = json::array();
  for (const TrunkConfig& trunk : config_->trunks) {
    json targets = json::array();
    for (const Entry& entry : entries_.at(trunk.name)) targets.push_back(target_json(entry));
    for (const TrunkTarget* name : unresolved(trunk)) {
      const TargetNames::Seen* seen = names_.seen(*name);
      targets.push_back({{"target", name->host},
                         {"transport", sip::name_of(name->kind)},
                         {"state", "unresolved"},
                         {"answer", seen == nullptr ? "" : seen->problem}});
    }
    shown.push_back(
        {{"trunk", trunk.name}, {"targets", std::move(targets)}, {"registration", registration_json(trunk.name)}});
  }
  return shown;
}

json Trunks::summary() const {
  json shown = json::array();
  for (const TrunkConfig& trunk : config_->trunks) {
    const std::vector<Entry>& entries = entries_.at(trunk.name);
    const auto down = std::count_if(entries.begin(), entries.end(),
                                    [](const Entry& entry) { return state_of(entry) == TargetState::kDown; });
    const std::size_t nowhere = unresolved(trunk).size();
    shown.push_back({{"trunk", trunk.name},
                     {"targets", entries.size() + nowhere},
                     {"down", static_cast<std::size_t>(down) + nowhere}});
  }
  return shown;
}

}  // namespace sallyport::controlplane
