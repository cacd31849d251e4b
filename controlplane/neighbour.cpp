#include "controlplane/neighbour.hpp"

#include <linux/neighbour.h>
#include <net/if.h>
#include <spdlog/spdlog.h>

#include <vector>

namespace sallyport::controlplane {
namespace {

using Clock = std::chrono::steady_clock;

/// States in which an entry's MAC address may be used; a stale one is probed while it is.
constexpr std::uint16_t kUsable = NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

constexpr std::uint16_t kStatic = NUD_PERMANENT | NUD_NOARP;

bool is_link_local(const drivers::IpAddress& address) {
  return address.v6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;  // fe80::/10 (RFC 4291 2.5.6)
}

}  // namespace

NeighbourResolver::NeighbourResolver(boost::asio::io_context& io, NeighbourTiming timing)
    : timing_(timing),
      event_socket_(open_netlink_events(timing.receive_buffer)),
      events_(io, event_socket_.get()),
      tick_timer_(io),
      settle_timer_(io),
      evaluated_(Clock::now()) {
  wait_for_events();
  tick();
}

NeighbourResolver::~NeighbourResolver() { events_.release(); }  // event_socket_ closes it

NeighbourResolver::WatchId NeighbourResolver::watch(const std::string& interface, const drivers::IpAddress& destination,
                                                    const std::optional<drivers::IpAddress>& gateway,
                                                    Callback callback) {
  const WatchId id = ++last_id_;
  watches_.emplace(id, Watch{interface, destination, gateway, std::move(callback), {}, false, {}, {}});
  evaluate(id);
  return id;
}

void NeighbourResolver::cancel(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  detach(id, found->second);
  watches_.erase(found);
}

std::optional<NeighbourResolver::HopKey> NeighbourResolver::find_hop(const Watch& watch, std::string& problem) {
  const unsigned interface = ::if_nametoindex(watch.interface.c_str());
  if (interface == 0) {
    problem = "there is no interface " + watch.interface;
    return std::nullopt;
  }
  if (watch.gateway) return HopKey{interface, *watch.gateway};
  const auto route = queries_.route_to(watch.destination, is_link_local(watch.destination) ? interface : 0);
  if (!route) {
    problem = "there is no route";
  } else if (route->interface != interface) {
    char name[IF_NAMESIZE] = "another link";
    ::if_indextoname(route->interface, name);
    problem = std::string("the route leaves by ") + name;
  } else {
    return HopKey{interface, route->gateway.value_or(watch.destination)};
  }
  return std::nullopt;
}

void NeighbourResolver::evaluate(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;  // cancelled meanwhile
  Watch& watch = found->second;
  std::string problem;
  const auto key = find_hop(watch, problem);
  if (problem != watch.problem && !problem.empty()) {
    spdlog::warn("{} cannot be reached through {}: {}", watch.destination.to_string(), watch.interface, problem);
  }
  watch.problem = problem;
  if (key && key == watch.hop) return;
  detach(id, watch);
  if (key) {
    attach(id, watch, *key);
  } else {
    report(id, std::nullopt);
  }
}

void NeighbourResolver::attach(WatchId id, Watch& watch, const HopKey& key) {
  watch.hop = key;
  const auto [found, fresh] = hops_.try_emplace(key);
  found->second.watches.insert(id);
  // A change of next hop keeps the old one's MAC address until the new one is known to be unreachable.
  if (fresh) {
    use(key);
  } else if (found->second.mac) {
    report(id, found->second.mac);
  }
}

void NeighbourResolver::detach(WatchId id, Watch& watch) {
  if (!watch.hop) return;
  const auto found = hops_.find(*watch.hop);
  watch.hop.reset();
  if (found == hops_.end()) return;
  found->second.watches.erase(id);
  if (found->second.watches.empty()) hops_.erase(found);
}

void NeighbourResolver::report(WatchId id, const std::optional<drivers::MacAddress>& mac) {
  const auto found = watches_.find(id);
  if (found == watches_.end() || (found->second.has_reported && found->second.reported == mac)) return;
  found->second.has_reported = true;
  found->second.reported = mac;
  const Callback callback = found->second.callback;  // a copy: it may cancel its own watch
  callback(mac);
}

void NeighbourResolver::use(const HopKey& key) {
  const auto found = hops_.find(key);
  if (found == hops_.end()) return;
  found->second.used = Clock::now();
  const auto known = queries_.neighbour(key.interface, key.address);
  // NTF_USE would take an administrator's static entry for one to be resolved, and lose its MAC address.
  if (!known || (known->state & kStatic) == 0) queries_.use_neighbour(key.interface, key.address);
  // An entry that is reachable already gives no event.
  if (known && (known->state & kUsable) != 0 && known->mac) learn(key, known->mac);
}

void NeighbourResolver::learn(const HopKey& key, std::optional<drivers::MacAddress> mac) {
  const auto found = hops_.find(key);
  if (found == hops_.end()) return;
  if (found->second.mac != mac) {
    spdlog::info("next hop {} {}", key.address.to_string(),
                 mac ? "is at " + mac->to_string() : std::string("does not answer"));
  }
  found->second.mac = mac;
  const std::vector<WatchId> ids(found->second.watches.begin(), found->second.watches.end());
  for (const WatchId id : ids) report(id, mac);  // callbacks may add and cancel watches
}

void NeighbourResolver::on_neighbour(const NeighbourEntry& entry, bool removed) {
  const HopKey key{entry.interface, entry.address};
  const auto found = hops_.find(key);
  if (found == hops_.end()) return;
  if (removed) {
    use(key);  // flushed by somebody: the MAC address stands until resolution fails
  } else if ((entry.state & kUsable) != 0 && entry.mac) {
    learn(key, entry.mac);
  } else if (entry.state == NUD_FAILED) {
    learn(key, std::nullopt);
  }
}

void NeighbourResolver::on_event(const nlmsghdr& header, Bytes payload) {
  switch (header.nlmsg_type) {
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      if (const auto entry = read_neighbour(payload)) on_neighbour(*entry, header.nlmsg_type == RTM_DELNEIGH);
      break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
    case RTM_NEWLINK:
    case RTM_DELLINK:
      evaluate_all_soon();
      break;
    default:
      break;
  }
}

void NeighbourResolver::on_overrun() {
  spdlog::warn("netlink: changes of neighbours came faster than they were read; reading all of them again");
  std::vector<NeighbourEntry> entries;
  queries_.each_neighbour([&](const NeighbourEntry& entry) { entries.push_back(entry); });
  for (const NeighbourEntry& entry : entries) on_neighbour(entry, false);
  use_where([](const Hop&) { return true; });  // those that are gone from the table come back, or fail
  evaluate_all_soon();
}

void NeighbourResolver::wait_for_events() {
  const auto on_ready = [this](const boost::system::error_code& error) {
    if (error) return;
    bool overrun = false;
    while (read_netlink_events(event_socket_.get(), overrun,
                               [this](const nlmsghdr& header, Bytes payload) { on_event(header, payload); })) {
    }
    if (overrun) on_overrun();
    wait_for_events();
  };
  events_.async_wait(boost::asio::posix::descriptor_base::wait_read, while_alive(on_ready));
}

void NeighbourResolver::evaluate_all_soon() {
  if (settling_) return;
  settling_ = true;
  settle_timer_.expires_after(timing_.settle);
  settle_timer_.async_wait(while_alive([this](const boost::system::error_code& error) {
    if (error) return;
    settling_ = false;
    evaluated_ = Clock::now();
    std::vector<WatchId> ids;
    for (const auto& [id, watch] : watches_) ids.push_back(id);
    for (const WatchId id : ids) evaluate(id);
  }));
}

void NeighbourResolver::use_where(const std::function<bool(const Hop&)>& due) {
  std::vector<HopKey> keys;
  for (const auto& [key, hop] : hops_) {
    if (due(hop)) keys.push_back(key);
  }
  for (const HopKey& key : keys) use(key);  // callbacks may add and cancel watches
}

void NeighbourResolver::tick() {
  const auto now = Clock::now();
  use_where([&](const Hop& hop) { return now - hop.used >= (hop.mac ? timing_.refresh : timing_.retry); });
  if (now - evaluated_ >= timing_.refresh) evaluate_all_soon();
  tick_timer_.expires_after(timing_.retry);
  tick_timer_.async_wait(while_alive([this](const boost::system::error_code& error) {
    if (!error) tick();
  }));
}

}  // namespace sallyport::controlplane
