#include "controlplane/session/trunk_registrations.hpp"

namespace sallyport::controlplane {
namespace {

/// How long the end of the gateway waits for providers.
constexpr std::chrono::seconds kFarewell{2};

}  // namespace

void TrunkRegistrations::set_trunks(const std::vector<TrunkConfig>& trunks) {
  auto before = std::exchange(entries_, {});
  for (const TrunkConfig& trunk : trunks) {
    if (!trunk.registers) continue;
    Wanted wanted{{"trunk " + trunk.name, trunk.user(), trunk.password, trunk.domain, trunk.expires}, trunk.targets};
    const auto same = before.find(trunk.name);
    if (same != before.end() && same->second.wanted == wanted) {
      entries_.insert(before.extract(same));
      continue;
    }
    auto made = std::make_unique<TrunkRegistration>(agent_, wanted.settings, ways_(trunk));
    entries_.emplace(trunk.name, Entry{std::move(wanted), std::move(made)});
    if (same == before.end()) start(trunk.name);
  }
  for (auto& [trunk, entry] : before) retire(trunk, std::move(entry));
}

/// One that is to follow another of its name is started by gone(): what it registers could be what the other takes
/// back.
void TrunkRegistrations::start(const std::string& trunk) {
  const auto found = entries_.find(trunk);
  if (found != entries_.end() && !leaving_.contains(trunk)) found->second.registration->start();
}

void TrunkRegistrations::retire(const std::string& trunk, Entry entry) {
  TrunkRegistration& registration = *entry.registration;
  leaving_.emplace(trunk, std::move(entry));
  registration.leave([this, trunk, which = &registration] {
    // Whoever tells us is still at work in it.
    agent_.timers().schedule(std::chrono::milliseconds(0), [this, trunk, which, weak = std::weak_ptr(alive_)] {
      if (weak.expired()) return;
      std::erase_if(leaving_, [&](const auto& each) { return each.second.registration.get() == which; });
      gone(trunk);
    });
  });
}

void TrunkRegistrations::gone(const std::string& trunk) {
  start(trunk);
  if (leaving_.empty()) finish();
}

void TrunkRegistrations::leave(std::function<void()> done) {
  done_ = std::move(done);
  for (auto& [trunk, entry] : std::exchange(entries_, {})) retire(trunk, std::move(entry));
  const auto patience = leaving_.empty() ? std::chrono::seconds(0) : kFarewell;
  agent_.timers().schedule(patience, [this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) finish();
  });
}

void TrunkRegistrations::finish() {
  if (const auto done = std::exchange(done_, {})) done();
}

void TrunkRegistrations::flow_closed(const sip::Flow& flow) {
  for (const auto& [trunk, entry] : entries_) entry.registration->flow_closed(flow);
}

const TrunkRegistration* TrunkRegistrations::of(const std::string& trunk) const {
  const auto found = entries_.find(trunk);
  return found == entries_.end() ? nullptr : found->second.registration.get();
}

}  // namespace sallyport::controlplane
