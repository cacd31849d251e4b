#include "perf/traffic.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <numeric>
#include <random>

#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {
namespace {

/// So many rounds at least before the order repeats itself; one would meet the streams in the worst order for a cache.
constexpr std::size_t kRounds = 4;
/// Streams start below their first sequence wrap, so that the first packet has ROC 0 for everybody.
constexpr std::uint32_t kHighestStart = 60000;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kLongestOverhead = 32;

/// As packet pools are allocated in a gateway; on ordinary pages where the kernel has no huge ones.
std::uint8_t* allocate_on_huge_pages(std::size_t size) {
  constexpr std::size_t kHugePage = 2 * 1024 * 1024;
  const std::size_t rounded = (size + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));
  return static_cast<std::uint8_t*>(memory);
}

}  // namespace

Traffic::Traffic(const Shape& shape, std::uint64_t position)
    : shape_(shape),
      stride_((shape.size + kLongestOverhead + kCacheLine - 1) / kCacheLine * kCacheLine),
      pool_(allocate_on_huge_pages(kInFlight * stride_)),
      next_(position) {
  std::vector<std::uint32_t> round(shape.streams);
  std::iota(round.begin(), round.end(), 0U);
  std::mt19937 random(1);
  const std::size_t rounds = std::max<std::size_t>(kRounds, kInFlight / shape.streams);
  for (std::size_t i = 0; i < rounds; ++i) {
    std::shuffle(round.begin(), round.end(), random);
    order_.insert(order_.end(), round.begin(), round.end());
  }
  for (std::uint32_t i = 0; i < shape.streams; ++i)
    start_of_.push_back(static_cast<std::uint16_t>(random() % kHighestStart));
}

void Traffic::advance() {
  first_ = next_;
  next_ += kInFlight;
  for (std::size_t i = 0; i < kInFlight; ++i) write(i);
}

void Traffic::write(std::size_t i) {
  std::uint8_t* data = packet(i);
  std::fill_n(data, shape_.size, std::uint8_t{0x55});
  data[0] = 0x80;
  data[1] = 0;
  crypto::set_rtp_sequence(data, static_cast<std::uint16_t>(index_of(i)));
  crypto::set_rtp_timestamp(data, static_cast<std::uint32_t>(index_of(i) * 160));
  crypto::set_rtp_ssrc(data, ssrc_of(i));
}

}  // namespace sallyport::perf
