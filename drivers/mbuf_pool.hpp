// Packet buffers, one pool per socket. Each mbuf has a private area of kPacketMetaSize bytes for the dataplane's
// metadata, the usual 128 bytes of head room, and tail room for SRTP's trailer behind a full frame.
#pragma once

#include <cstdint>

struct rte_mempool;

namespace sallyport::drivers {

/// Where the buffers of a pool lie.
enum class MbufLayout : std::uint8_t {
  kPacked,      ///< as DPDK does it, spread over the sets of the cache
  kOnePerPage,  ///< exactly 4 KB each, without gaps: what AF_XDP can address
};

inline constexpr std::uint16_t kPacketMetaSize = 64;

class MbufPool {
 public:
  /// `count` mbufs on NUMA node `socket` (-1: any). Throws SetupError where memory does not suffice.
  MbufPool(unsigned count, int socket, MbufLayout layout = MbufLayout::kPacked);
  ~MbufPool();
  MbufPool(const MbufPool&) = delete;
  MbufPool& operator=(const MbufPool&) = delete;
  rte_mempool* get() const noexcept { return pool_; }
  unsigned available() const noexcept;
  unsigned capacity() const noexcept { return count_; }

 private:
  rte_mempool* pool_ = nullptr;
  unsigned count_ = 0;
};

}  // namespace sallyport::drivers
