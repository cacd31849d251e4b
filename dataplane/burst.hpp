// A burst: at most 64 packets in a dense array. A stage takes a dense burst and leaves one.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>

#include "crypto/engine.hpp"

namespace sallyport::dataplane {

inline constexpr std::uint16_t kBurst = 64;
static_assert(kBurst <= crypto::kMaxBurst);

class Burst {
 public:
  std::uint16_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  bool full() const noexcept { return size_ == kBurst; }
  rte_mbuf* operator[](std::size_t i) const noexcept { return packets_[i]; }
  rte_mbuf** data() noexcept { return packets_.data(); }
  /// For those who filled data() themselves.
  void resize(std::uint16_t size) noexcept { size_ = size; }
  void clear() noexcept { size_ = 0; }
  void push(rte_mbuf* packet) noexcept { packets_[size_++] = packet; }

  /// Calls keep(packet) for each packet in order; those for which it returns false have a new owner (dropped, punted,
  /// handed over, consumed) and leave the burst.
  template <typename Keep>
  void sift(Keep&& keep) noexcept {
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i < size_; ++i) {
      if (i + 4 < size_) __builtin_prefetch(rte_pktmbuf_mtod(packets_[i + 4], void*));
      rte_mbuf* packet = packets_[i];
      if (keep(packet)) packets_[kept++] = packet;
    }
    size_ = kept;
  }

 private:
  std::array<rte_mbuf*, kBurst> packets_;
  std::uint16_t size_ = 0;
};

}  // namespace sallyport::dataplane
