#include "tests/scenario/late_engine.hpp"

#include <algorithm>
#include <random>
#include <vector>

namespace sallyport::scenario {
namespace {

using crypto::Direction;
using crypto::EngineKind;
using crypto::Job;
using Time = std::chrono::steady_clock;

class LateDevice final : public crypto::AsyncEngine {
 public:
  LateDevice(LateEngines& source, crypto::Engine& worker) : source_(source), worker_(worker) {}

  std::size_t submit(std::span<Job* const> jobs, Direction direction) noexcept override {
    ++source_.counts.submit_calls;
    std::size_t taken = 0;
    for (; taken < jobs.size() && waiting_.size() < source_.lateness.depth; ++taken) {
      waiting_.push_back({jobs[taken], direction, source_.counts.submitted++, polls_, Time::now()});
    }
    return taken;
  }

  std::size_t collect(std::span<Job*> done) noexcept override {
    ++source_.counts.collect_calls;
    ++polls_;
    std::vector<Entry> due;
    for (const Entry& entry : waiting_) {
      if (is_due(entry)) due.push_back(entry);
    }
    if (source_.lateness.answers == Answers::kReversed) std::reverse(due.begin(), due.end());
    if (source_.lateness.answers == Answers::kShuffled) std::shuffle(due.begin(), due.end(), random_);
    if (due.size() > done.size()) due.resize(done.size());
    for (std::size_t i = 0; i < due.size(); ++i) {
      work(due[i]);
      if (!is_aside(due[i])) ++answers_;
      done[i] = due[i].job;
      std::erase_if(waiting_, [&](const Entry& entry) { return entry.job == due[i].job; });
    }
    source_.counts.collected += due.size();
    return due.size();
  }

  std::uint64_t answers() const noexcept override { return answers_; }
  std::size_t in_flight() const noexcept override { return waiting_.size(); }

 private:
  struct Entry {
    Job* job;
    Direction direction;
    std::uint64_t number;
    std::uint64_t poll;
    Time::time_point time;
  };

  bool is_aside(const Entry& entry) const {
    return source_.lateness.aside != 0 && entry.number % source_.lateness.aside == 0;
  }
  bool is_due(const Entry& entry) const {
    const Lateness& lateness = source_.lateness;
    if (is_aside(entry)) return true;
    return !lateness.silent && lateness.lost != entry.number && lateness.first <= entry.number &&
           polls_ - entry.poll > lateness.polls && Time::now() - entry.time >= lateness.time;
  }

  void work(const Entry& entry) {
    if (source_.lateness.fails) {
      entry.job->ok = false;
    } else if (entry.direction == Direction::kSeal) {
      worker_.seal({entry.job, 1});
    } else {
      worker_.open({entry.job, 1});
    }
  }

  LateEngines& source_;
  crypto::Engine& worker_;
  std::vector<Entry> waiting_;
  std::uint64_t polls_ = 0;
  std::uint64_t answers_ = 0;
  std::mt19937 random_{1};
};

class LateEngine final : public crypto::Engine {
 public:
  LateEngine(LateEngines& source, const LateEngines::Serves& serves)
      : source_(source), serves_(serves), inner_(crypto::make_engine(EngineKind::kOpenSsl)), device_(source, *inner_) {}

  EngineKind kind_for(const crypto::Suite& suite) const noexcept override {
    return serves_(suite) ? EngineKind::kCryptodev : EngineKind::kOpenSsl;
  }
  std::string_view description() const noexcept override { return "late"; }
  bool supports(const crypto::Suite& suite) const noexcept override { return inner_->supports(suite); }
  crypto::KeyRelease expand(const crypto::Suite& suite, const crypto::SessionKeys& keys,
                            crypto::KeyRecord& record) override {
    return inner_->expand(suite, keys, record);
  }
  void seal(std::span<Job> jobs) noexcept override {
    check(jobs);
    inner_->seal(jobs);
  }
  void open(std::span<Job> jobs) noexcept override {
    check(jobs);
    inner_->open(jobs);
  }
  crypto::AsyncEngine* async() noexcept override { return &device_; }

 private:
  void check(std::span<const Job> jobs) {
    source_.counts.wrong_door += static_cast<std::uint64_t>(
        std::count_if(jobs.begin(), jobs.end(), [](const Job& job) { return job.engine == EngineKind::kCryptodev; }));
  }

  LateEngines& source_;
  const LateEngines::Serves& serves_;
  std::unique_ptr<crypto::Engine> inner_;
  LateDevice device_;
};

}  // namespace

LateEngines::LateEngines(Lateness how, Serves serves) : lateness(std::move(how)), serves_(std::move(serves)) {}

std::unique_ptr<crypto::Engine> LateEngines::for_control() { return std::make_unique<LateEngine>(*this, serves_); }

std::unique_ptr<crypto::Engine> LateEngines::for_worker(dataplane::WorkerId) {
  return std::make_unique<LateEngine>(*this, serves_);
}

}  // namespace sallyport::scenario
