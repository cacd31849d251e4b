// What happens to packets on their way: they are lost, late, doubled, damaged, cut and overtaken.
#pragma once

#include <deque>
#include <vector>

#include "tests/cross/traffic/end.hpp"
#include "tests/cross/traffic/random.hpp"

namespace sallyport::traffic {

/// A protected packet under way.
struct Flight {
  Item item;
  Bytes clear;           ///< before it was protected
  std::uint64_t serial;  ///< copies have the same
  bool genuine = true;   ///< as it was sent
};

class Network {
 public:
  /// Whatever may happen to it happens. `safe`: arrives whole and once.
  void send(Flight flight, bool safe, bool may_be_damaged, Random& random);
  /// The next 1 to `most` to arrive; nothing once all have.
  std::vector<Flight> arrive(std::size_t most, Random& random);
  bool empty() const { return waiting_.empty() && late_.empty(); }

 private:
  std::deque<Flight> waiting_;
  std::vector<Flight> late_;
};

/// A packet with a bit flipped somewhere, its tag replaced, cut or lengthened.
Bytes damaged(const Bytes& packet, Random& random);

}  // namespace sallyport::traffic
