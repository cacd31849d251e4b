#include <algorithm>
#include <numeric>

#include "controlplane/signalling/dns/srv_record.hpp"

namespace sallyport::controlplane::dns {

std::vector<std::size_t> srv_order(std::span<const SrvRecord> records,
                                   const std::function<std::uint32_t(std::uint32_t most)>& random) {
  // By priority; within one those without weight come first, so that they have their small chance.
  std::vector<std::size_t> left(records.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  std::stable_sort(left.begin(), left.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t at) { return std::pair(records[at].priority, records[at].weight != 0); };
    return key(a) < key(b);
  });
  std::vector<std::size_t> order;
  while (!left.empty()) {
    const auto end = std::find_if(left.begin(), left.end(), [&](std::size_t at) {
      return records[at].priority != records[left.front()].priority;
    });
    const auto sum = std::accumulate(left.begin(), end, std::uint32_t{0},
                                     [&](std::uint32_t so_far, std::size_t at) { return so_far + records[at].weight; });
    // The first whose running sum reaches the number that was drawn.
    const std::uint32_t drawn = random(sum);
    std::uint32_t running = 0;
    const auto chosen = std::find_if(left.begin(), end, [&](std::size_t at) {
      running += records[at].weight;
      return running >= drawn;
    });
    order.push_back(*chosen);
    left.erase(chosen);
  }
  return order;
}

}  // namespace sallyport::controlplane::dns
