#include "drivers/mbuf_pool.hpp"

#include <rte_errno.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdio>
#include <string>

#include "crypto/error.hpp"
#include "drivers/dpdk_log.hpp"

namespace sallyport::drivers {
namespace {

/// AF_PACKET hands over up to 2048 bytes; AF_XDP keeps 256 for the kernel's own use in front of the frame; SRTP's
/// trailer (MKI and tag) goes behind a full one. Object and header together must stay within a page, AF_XDP's limit.
constexpr std::uint16_t kDataRoom = RTE_PKTMBUF_HEADROOM + 2048 + 256;

/// Per-core cache of free mbufs: big enough for the bursts in flight, small against the smallest useful pool.
constexpr unsigned kCacheSize = 256;

/// DPDK wants a name that no other pool of the process has: the owner's address is one.
std::string unique_name(const void* owner) {
  std::array<char, RTE_MEMPOOL_NAMESIZE> name{};
  std::snprintf(name.data(), name.size(), "mbufs_%p", owner);
  return name.data();
}

}  // namespace

MbufPool::MbufPool(unsigned count, int socket) : count_(count) {
  DpdkLogCapture log;
  const unsigned cache = count >= 4 * kCacheSize ? kCacheSize : 0;
  pool_ = rte_pktmbuf_pool_create(unique_name(this).c_str(), count, cache, kPacketMetaSize, kDataRoom, socket);
  if (pool_ == nullptr) {
    throw SetupError("cannot make a pool of " + std::to_string(count) + " packet buffers (" +
                     std::to_string(static_cast<std::uint64_t>(count) * (kDataRoom + 256) / (1024 * 1024)) + " MB): " +
                     rte_strerror(rte_errno) + ", expected fewer 'mbufs' or more 'memory_mb'" + log.last_words());
  }
}

MbufPool::~MbufPool() { rte_mempool_free(pool_); }

unsigned MbufPool::available() const noexcept { return rte_mempool_avail_count(pool_); }

}  // namespace sallyport::drivers
