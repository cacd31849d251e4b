#include "perf/load/flights.hpp"

#include <algorithm>

namespace sallyport::load {

Histogram Flights::outside(const PauseWindows& windows, const dataplane::Clock& clock) const {
  Histogram latency;
  for (std::size_t i = 0; i < used_; ++i) {
    const Flight& flight = flights_[i];
    const dataplane::Tsc received = std::max(flight.received, flight.sent);
    if (windows.touches(flight.sent, received)) continue;
    latency.add(static_cast<std::uint64_t>(clock.nanoseconds(received - flight.sent)));
  }
  return latency;
}

}  // namespace sallyport::load
