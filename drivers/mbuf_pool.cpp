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
/// trailer (MKI and tag) goes behind a full one.
constexpr std::uint16_t kDataRoom = RTE_PKTMBUF_HEADROOM + 2048 + 256;

/// Per-core cache of free mbufs: big enough for the bursts in flight, small against the smallest useful pool.
constexpr unsigned kCacheSize = 256;

/// DPDK wants a name that no other pool of the process has: the owner's address is one.
std::string unique_name(const void* owner) {
  std::array<char, RTE_MEMPOOL_NAMESIZE> name{};
  std::snprintf(name.data(), name.size(), "mbufs_%p", owner);
  return name.data();
}

/// The largest object that AF_XDP takes, and the smallest page.
constexpr unsigned kPage = 4096;

/// net_af_xdp 22.11 gives the kernel an area of count * object size, while DPDK leaves a gap wherever an object would
/// cross a page: the last objects would lie outside, and every one that came to the receive queue would be lost to it
/// for good. An object that fills its page leaves no gap.
rte_mempool* create_one_per_page(const char* name, unsigned count, unsigned cache, int socket) {
  constexpr unsigned kFlags = RTE_MEMPOOL_F_NO_SPREAD;  // no padding for memory channels
  constexpr unsigned kElementHeader = sizeof(rte_mbuf) + kPacketMetaSize;
  const unsigned overhead = rte_mempool_calc_obj_size(kElementHeader, kFlags, nullptr);
  rte_pktmbuf_pool_private sizes{};
  sizes.mbuf_data_room_size = static_cast<std::uint16_t>(kPage - overhead);
  sizes.mbuf_priv_size = kPacketMetaSize;
  rte_mempool* pool = rte_mempool_create_empty(name, count, kElementHeader + sizes.mbuf_data_room_size, cache,
                                               sizeof sizes, socket, kFlags);
  if (pool == nullptr) return nullptr;
  rte_pktmbuf_pool_init(pool, &sizes);
  if (const int populated = rte_mempool_populate_default(pool); populated < 0) {
    rte_mempool_free(pool);
    rte_errno = -populated;
    return nullptr;
  }
  rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
  return pool;
}

/// About what the pool needs.
std::uint64_t megabytes(unsigned count, MbufLayout layout) {
  const unsigned each = layout == MbufLayout::kOnePerPage ? kPage : kDataRoom + 256;
  return std::uint64_t{count} * each / (1024 * 1024);
}

}  // namespace

MbufPool::MbufPool(unsigned count, int socket, MbufLayout layout) : count_(count) {
  DpdkLogCapture log;
  const unsigned cache = count >= 4 * kCacheSize ? kCacheSize : 0;
  const std::string name = unique_name(this);
  pool_ = layout == MbufLayout::kOnePerPage
              ? create_one_per_page(name.c_str(), count, cache, socket)
              : rte_pktmbuf_pool_create(name.c_str(), count, cache, kPacketMetaSize, kDataRoom, socket);
  if (pool_ == nullptr) {
    throw SetupError("cannot make a pool of " + std::to_string(count) + " packet buffers (" +
                     std::to_string(megabytes(count, layout)) + " MB): " + rte_strerror(rte_errno) +
                     ", expected fewer memory.mbufs or more memory.size_mb" + log.last_words());
  }
}

MbufPool::~MbufPool() { rte_mempool_free(pool_); }

unsigned MbufPool::available() const noexcept { return rte_mempool_avail_count(pool_); }

}  // namespace sallyport::drivers
