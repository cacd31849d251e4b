// What becomes of a request that is new. A value.
#pragma once

#include <cstdint>

namespace sallyport::controlplane::sip {

enum class Admission : std::uint8_t {
  kServed,
  kBusy,     ///< answered 503, without state
  kDropped,  ///< not answered: there are too many of them for that
};

}  // namespace sallyport::controlplane::sip
