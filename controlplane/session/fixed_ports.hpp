// The ports of configured streams among those of calls: no call gets one of them, and a stream that a reload brings
// gets none that a call has. Used by SipService; control thread only.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/session/port_allocator.hpp"

namespace sallyport::controlplane {

class FixedPorts {
 public:
  /// `ports` outlives this.
  explicit FixedPorts(PortAllocator& ports) : ports_(ports) {}

  /// Takes the pairs of these streams that are not taken yet; those before stay, too, until keep() or undo() follows.
  /// Throws SetupError, with nothing changed, where a call has one of them.
  void claim(const std::vector<StreamConfig>& streams);
  /// The streams are installed: what they do not need is given back.
  void keep(PortAllocator::Clock::time_point now);
  /// They are not: all is as before.
  void undo(PortAllocator::Clock::time_point now);

 private:
  using Place = std::pair<drivers::IpAddress, std::uint16_t>;  ///< the even port of a pair
  struct Held {
    MediaPort pair;
    bool claimed = false;  ///< by the latest claim()
    bool before = false;   ///< it
  };

  void claim(const StreamConfig& stream, const StreamSideConfig& side);
  void drop_unless(bool Held::*wanted, PortAllocator::Clock::time_point now);

  PortAllocator& ports_;
  std::map<Place, Held> held_;
};

}  // namespace sallyport::controlplane
