#include "perf/relay_feeder.hpp"

#include <algorithm>
#include <stdexcept>

namespace sallyport::perf {
namespace {

/// Packets of each feeder that may be under way: fewer than a ring between workers holds.
constexpr std::uint64_t kMostInFlight = 2048;
/// Passes of a round where nothing arrives.
constexpr int kIdlePasses = 64;
constexpr std::chrono::seconds kPatience{10};

double median(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Shape with_streams(Shape shape, std::size_t streams) {
  shape.streams = static_cast<std::uint32_t>(streams);
  return shape;
}

}  // namespace

RelayFeeder::RelayFeeder(Relay& relay, unsigned id, const Shape& shape, const crypto::Suite* in,
                         crypto::EngineKind engine, RelayPlay& play)
    : relay_(relay),
      id_(id),
      burst_(shape.burst),
      play_(play),
      worker_(relay.worker(id)),
      engine_(crypto::make_engine(engine)) {
  if (id >= relay.queues()) return;
  traffic_.emplace(with_streams(shape, relay.arriving(id).size()));
  packets_.resize(traffic_->packets());
  if (in != nullptr) sealer_.emplace(*engine_, *in);
}

RelayFeeder::Reading RelayFeeder::read() const {
  const dataplane::WorkerStats& stats = worker_.stats();
  Reading reading{};
  for (std::size_t i = 0; i < dataplane::kStages; ++i) reading.ticks[i] = stats.stages[i].ticks.read();
  reading.ticks.back() = stats.busy_ticks.read();
  reading.passed_on = stats.tx.read() + stats.handed_out.read();
  return reading;
}

void RelayFeeder::run(double seconds) {
  try {
    play(seconds);
  } catch (...) {
    play_.failed = true;
    throw;
  }
}

void RelayFeeder::play(double seconds) {
  const std::size_t warm_up = traffic_ ? traffic_->advances_per_round() : 1;
  for (std::size_t i = 0; i < warm_up; ++i) round();
  wait_for_none(play_.warming);
  for (auto& samples : samples_) samples.clear();
  fed_ = 0;
  const Reading before = read();
  const double enough = seconds * 1e9 / relay_.ns_per_tick();
  bool sated = !traffic_;
  while (play_.unsated != 0 && !play_.failed) {
    round();
    if (sated || static_cast<double>(read().ticks.back() - before.ticks.back()) < enough) continue;
    sated = true;
    --play_.unsated;
  }
  passed_on_ = read().passed_on - before.passed_on;
  wait_for_none(play_.playing);
  settle();
}

void RelayFeeder::round() {
  if (traffic_) prepare();
  wait_for_room();
  const Reading before = read();
  for (int i = 0; i < kIdlePasses && !traffic_; ++i) pass();
  for (std::size_t i = 0; i < packets_.size(); i += burst_) {
    const std::size_t count = std::min<std::size_t>(burst_, packets_.size() - i);
    relay_.inject(std::span(packets_).subspan(i, count), id_);
    play_.fed += count;
    fed_ += count;
    worker_.poll_once();
  }
  const Reading after = read();
  if (id_ < relay_.queues()) play_.collected += relay_.collect(id_);
  if (after.passed_on == before.passed_on) return;
  for (std::size_t i = 0; i < samples_.size(); ++i) {
    samples_[i].push_back(static_cast<double>(after.ticks[i] - before.ticks[i]) * relay_.ns_per_tick() /
                          static_cast<double>(after.passed_on - before.passed_on));
  }
}

void RelayFeeder::prepare() {
  traffic_->advance();
  const std::size_t length = sealer_ ? sealer_->seal(*traffic_) : traffic_->shape().size;
  const std::vector<std::uint32_t>& flows = relay_.arriving(id_);
  for (std::size_t i = 0; i < packets_.size(); ++i) {
    packets_[i] = relay_.frame(flows[traffic_->stream_of(i)], {traffic_->packet(i), length});
  }
}

void RelayFeeder::pass() {
  worker_.poll_once();
  if (id_ < relay_.queues()) play_.collected += relay_.collect(id_);
  const std::uint64_t dropped = worker_.stats().dropped();
  if (dropped != 0) throw std::runtime_error("a worker dropped " + std::to_string(dropped) + " packets");
}

/// The other workers may have lost their cores for a while.
void RelayFeeder::wait_for_room() {
  while (play_.fed > play_.collected + kMostInFlight * relay_.queues() && !play_.failed) pass();
}

/// Counts this one out of `feeders`.
void RelayFeeder::wait_for_none(std::atomic<unsigned>& feeders) {
  --feeders;
  while (feeders != 0 && !play_.failed) pass();
}

void RelayFeeder::settle() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (play_.collected != play_.fed && !play_.failed) {
    pass();
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(std::to_string(play_.collected) + " packets of " + std::to_string(play_.fed) +
                               " came out");
    }
  }
}

PerStage<double> RelayFeeder::busy() {
  PerStage<double> busy;
  std::transform(samples_.begin(), samples_.end(), busy.begin(),
                 [this](std::vector<double>& values) { return median(values) * static_cast<double>(passed_on_); });
  return busy;
}

}  // namespace sallyport::perf
