// Next hops of the dataplane: which MAC address a packet for some destination gets. Linux's own routes and neighbours
// are asked and followed over netlink, in the network namespace of the thread that makes the resolver; Linux itself
// sends ARP and ND. Runs on the io_context's thread, as do the callbacks; knows no workers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "controlplane/netlink_socket.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane {

/// When the resolver acts by itself; the defaults are right but for tests.
struct NeighbourTiming {
  std::chrono::milliseconds retry{1000};  ///< until a neighbour that is not resolved is tried again
  /// Media bypasses the kernel, so that it thinks its entries idle: they are used, and all routes asked again, this
  /// often.
  std::chrono::milliseconds refresh{20000};
  std::chrono::milliseconds settle{50};  ///< changes of routes and links within this are handled together
  int receive_buffer = 1 << 20;          ///< bytes of events that may queue
};

class NeighbourResolver {
 public:
  /// The next hop's MAC address; nothing while it is not resolved or the destination cannot be reached through the
  /// interface. Called when it first is known to be either, from within watch() where that is so at once, and at each
  /// change.
  using Callback = std::function<void(std::optional<drivers::MacAddress>)>;
  using WatchId = std::uint64_t;

  /// Throws SetupError where netlink cannot be had.
  explicit NeighbourResolver(boost::asio::io_context& io, NeighbourTiming timing = {});
  /// No callback comes after this, also where the io_context goes on running.
  ~NeighbourResolver();
  NeighbourResolver(const NeighbourResolver&) = delete;
  NeighbourResolver& operator=(const NeighbourResolver&) = delete;

  /// Follows the next hop towards `destination` out of `interface`, which may appear later. `gateway`: the next hop
  /// where the caller knows it (see gateway_for()); without one the kernel's route decides, and has to leave by
  /// `interface`.
  WatchId watch(const std::string& interface, const drivers::IpAddress& destination,
                const std::optional<drivers::IpAddress>& gateway, Callback callback);
  /// No callback of that watch comes after this. Unknown ids are ignored.
  void cancel(WatchId id);

 private:
  struct HopKey {
    unsigned interface;
    drivers::IpAddress address;
    auto operator<=>(const HopKey&) const = default;
  };
  /// A neighbour that watches lead to.
  struct Hop {
    std::optional<drivers::MacAddress> mac;
    std::chrono::steady_clock::time_point used;
    std::set<WatchId> watches;
  };
  struct Watch {
    std::string interface;
    drivers::IpAddress destination;
    std::optional<drivers::IpAddress> gateway;
    Callback callback;
    std::optional<HopKey> hop;
    bool has_reported = false;
    std::optional<drivers::MacAddress> reported;
    std::string problem;  ///< why there is no next hop, as it was logged
  };

  std::optional<HopKey> find_hop(const Watch& watch, std::string& problem);
  void evaluate(WatchId id);
  void attach(WatchId id, Watch& watch, const HopKey& key);
  void detach(WatchId id, Watch& watch);
  void report(WatchId id, const std::optional<drivers::MacAddress>& mac);
  /// Has the kernel resolve or probe the next hop, and learns what it knows already.
  void use(const HopKey& key);
  void use_where(const std::function<bool(const Hop&)>& due);
  void learn(const HopKey& key, std::optional<drivers::MacAddress> mac);
  void on_neighbour(const NeighbourEntry& entry, bool removed);
  void on_event(const nlmsghdr& header, Bytes payload);
  void on_overrun();
  void wait_for_events();
  void evaluate_all_soon();
  void tick();

  /// A handler that does nothing once the resolver is gone: one that has fired already can no longer be cancelled.
  template <class Handler>
  auto while_alive(Handler handler) {
    return [alive = std::weak_ptr<const bool>(alive_), handler](auto... arguments) {
      if (alive.lock()) handler(arguments...);
    };
  }

  NeighbourTiming timing_;
  NetlinkQueries queries_;
  drivers::FileDescriptor event_socket_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  boost::asio::posix::stream_descriptor events_;
  boost::asio::steady_timer tick_timer_;
  boost::asio::steady_timer settle_timer_;
  bool settling_ = false;
  std::chrono::steady_clock::time_point evaluated_;
  WatchId last_id_ = 0;
  std::map<WatchId, Watch> watches_;
  std::map<HopKey, Hop> hops_;
};

}  // namespace sallyport::controlplane
