#include "controlplane/security/nonce_window.hpp"

namespace sallyport::controlplane {

bool NonceWindow::take(const NonceId& nonce, std::uint32_t count) {
  if (count == 0) return false;  // counting starts at one
  const auto known = used_.find(nonce);
  if (known != used_.end()) return take(known->second, count);
  if (used_.size() >= most_) {
    if (nonce < used_.begin()->first) return false;
    used_.erase(used_.begin());
  }
  used_.emplace(nonce, Counts{count, 1});
  return true;
}

bool NonceWindow::take(Counts& counts, std::uint32_t count) noexcept {
  if (count > counts.highest) {
    const std::uint32_t ahead = count - counts.highest;
    counts.seen = (ahead < 64 ? counts.seen << ahead : 0) | 1;
    counts.highest = count;
    return true;
  }
  const std::uint32_t behind = counts.highest - count;
  const std::uint64_t bit = behind < 64 ? std::uint64_t{1} << behind : 0;
  if (bit == 0 || (counts.seen & bit) != 0) return false;
  counts.seen |= bit;
  return true;
}

}  // namespace sallyport::controlplane
