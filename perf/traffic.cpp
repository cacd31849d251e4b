#include "perf/traffic.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>
#include <numeric>
#include <random>
#include <string_view>

#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {
namespace {

/// Enough packets for a pass of tens of microseconds, so that reading the clock does not count.
constexpr std::size_t kPacketsPerPass = 1024;
/// Streams start below their first sequence wrap, so that the first packet has ROC 0 for everybody.
constexpr std::uint32_t kHighestStart = 60000;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kLongestOverhead = 32;

bool take_value(std::string_view argument, std::string_view option, std::uint32_t& value) {
  if (!argument.starts_with(option)) return false;
  argument.remove_prefix(option.size());
  const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), value);
  if (error == std::errc{} && end == argument.data() + argument.size() && value != 0) return true;
  std::fprintf(stderr, "%.*sN: expected a number from 1\n", static_cast<int>(option.size()), option.data());
  std::exit(2);
}

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

Shape take_shape(int& argc, char** argv) {
  Shape shape;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const bool ours = take_value(argv[i], "--streams=", shape.streams) ||
                      take_value(argv[i], "--burst=", shape.burst) || take_value(argv[i], "--size=", shape.size);
    if (!ours) argv[kept++] = argv[i];
  }
  argc = kept;
  if (shape.burst > 64 || shape.size < crypto::kRtpFixedHeader || shape.size > 1500) {
    std::fputs("expected --burst up to 64 and --size from 12 to 1500\n", stderr);
    std::exit(2);
  }
  return shape;
}

Traffic::Traffic(const Shape& shape)
    : shape_(shape),
      rounds_(std::max<std::size_t>(1, kPacketsPerPass / shape.streams)),
      stride_((shape.size + kLongestOverhead + kCacheLine - 1) / kCacheLine * kCacheLine),
      pool_(allocate_on_huge_pages(rounds_ * shape.streams * stride_)) {
  std::vector<std::uint32_t> round(shape.streams);
  std::iota(round.begin(), round.end(), 0U);
  std::mt19937 random(1);
  for (std::size_t i = 0; i < rounds_; ++i) {
    std::shuffle(round.begin(), round.end(), random);
    stream_of_.insert(stream_of_.end(), round.begin(), round.end());
  }
  for (std::uint32_t i = 0; i < shape.streams; ++i)
    start_of_.push_back(static_cast<std::uint16_t>(random() % kHighestStart));
}

void Traffic::rewrite() {
  ++pass_;
  for (std::size_t i = 0; i < packets(); ++i) {
    std::uint8_t* data = packet(i);
    std::fill_n(data, shape_.size, std::uint8_t{0x55});
    data[0] = 0x80;
    data[1] = 0;
    crypto::set_rtp_sequence(data, static_cast<std::uint16_t>(index_of(i)));
    crypto::set_rtp_timestamp(data, static_cast<std::uint32_t>(index_of(i) * 160));
    crypto::set_rtp_ssrc(data, ssrc_of(i));
  }
}

std::string row_name(const std::string& direction, std::string_view suite, const Shape& shape,
                     const std::string& engine) {
  return "srtp/direction:" + direction + "/suite:" + std::string(suite) + "/size:" + std::to_string(shape.size) +
         "/burst:" + std::to_string(shape.burst) + "/streams:" + std::to_string(shape.streams) + "/engine:" + engine;
}

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void PassTimer::report(benchmark::State& state) {
  if (ns_per_packet_.empty()) return;
  const auto middle = ns_per_packet_.begin() + static_cast<std::ptrdiff_t>(ns_per_packet_.size() / 2);
  std::nth_element(ns_per_packet_.begin(), middle, ns_per_packet_.end());
  state.counters["ns_per_packet"] = *middle;
}

}  // namespace sallyport::perf
