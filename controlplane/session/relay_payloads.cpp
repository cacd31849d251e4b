#include "controlplane/session/relay_payloads.hpp"

#include <bitset>

namespace sallyport::controlplane {

dataplane::PayloadMap payload_map(std::span<const PayloadMapping> relay) {
  dataplane::PayloadMap map;
  std::bitset<128> known;
  for (const PayloadMapping& row : relay) {
    if (known[row.from]) continue;  // the first row counts: the party's preference
    known.set(row.from);
    map.map(row.from, row.to);
  }
  for (const PayloadMapping& row : relay) {
    if (!known[row.to]) map.refuse(row.to);
  }
  return map;
}

}  // namespace sallyport::controlplane
