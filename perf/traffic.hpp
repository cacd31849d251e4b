// What every SRTP bench works on, so that all of them touch the same buffers in the same order: RTP packets of many
// streams in one pool, and a way to measure passes over them.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace sallyport::perf {

struct Shape {
  std::uint32_t streams = 256;
  std::uint32_t burst = 32;
  std::uint32_t size = 172;  ///< bytes of an RTP packet: 12 header and 160 of G.711
};

/// Takes --streams=N, --burst=N and --size=N out of the arguments. Exits with a message on a bad value.
Shape take_shape(int& argc, char** argv);

/// Packets in the order in which they are worked on: a few rounds over all streams, each round in another random order.
class Traffic {
 public:
  explicit Traffic(const Shape& shape);

  const Shape& shape() const { return shape_; }
  std::size_t packets() const { return stream_of_.size(); }
  std::uint8_t* packet(std::size_t i) { return pool_.get() + i * stride_; }
  std::uint32_t stream_of(std::size_t i) const { return stream_of_[i]; }
  std::uint32_t ssrc_of(std::size_t i) const { return 0x10000 + stream_of_[i]; }
  /// Bytes from the start of a packet that may be written.
  std::size_t room() const { return stride_; }
  /// Continuous index of packet i in the present pass, sequence wraps counted.
  std::uint64_t index_of(std::size_t i) const {
    return start_of_[stream_of_[i]] + pass_ * rounds_ + i / shape_.streams;
  }

  /// Makes every packet a clear one again, with the stream's next sequence number.
  void rewrite();

 private:
  struct FreeMemory {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };

  Shape shape_;
  std::size_t rounds_;
  std::size_t stride_;
  std::unique_ptr<std::uint8_t, FreeMemory> pool_;
  std::uint64_t pass_ = 0;
  std::vector<std::uint32_t> stream_of_;
  std::vector<std::uint16_t> start_of_;  ///< by stream: sequence number of its first packet
};

/// "srtp/direction:protect/suite:.../size:.../burst:.../streams:.../engine:..."
std::string row_name(const std::string& direction, std::string_view suite, const Shape& shape,
                     const std::string& engine);

/// Processor time of this thread: what other programs take away on a busy machine does not count.
double thread_seconds();

/// Runs prepare() unmeasured and work() measured, pass by pass; reports the median pass as ns_per_packet.
class PassTimer {
 public:
  template <class Prepare, class Work>
  void run(benchmark::State& state, std::size_t packets, Prepare prepare, Work work) {
    for (auto iteration : state) {
      static_cast<void>(iteration);
      prepare();
      const double start = thread_seconds();
      work();
      const double elapsed = thread_seconds() - start;
      state.SetIterationTime(elapsed);
      ns_per_packet_.push_back(elapsed * 1e9 / static_cast<double>(packets));
    }
    report(state);
  }

 private:
  void report(benchmark::State& state);
  std::vector<double> ns_per_packet_;
};

}  // namespace sallyport::perf
