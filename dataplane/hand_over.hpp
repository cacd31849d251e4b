// The rings between workers: one from each to each other. The only way a packet changes worker.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "dataplane/ids.hpp"
#include "dataplane/ring.hpp"

namespace sallyport::dataplane {

class HandOverMesh {
 public:
  using PacketRing = Ring<rte_mbuf*>;

  /// `capacity` packets in each ring: some milliseconds of traffic, since a worker may lose its core for as long.
  HandOverMesh(std::size_t workers, std::size_t capacity) : workers_(workers) {
    for (std::size_t i = 0; i < workers * workers; ++i) rings_.push_back(std::make_unique<PacketRing>(capacity));
  }
  std::size_t workers() const noexcept { return workers_; }
  PacketRing& between(std::size_t from, std::size_t to) noexcept { return *rings_[from * workers_ + to]; }

 private:
  std::size_t workers_;
  std::vector<std::unique_ptr<PacketRing>> rings_;
};

}  // namespace sallyport::dataplane
