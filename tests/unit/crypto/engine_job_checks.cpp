#include "tests/unit/crypto/engine_job_checks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "crypto/error.hpp"
#include "tests/unit/crypto/job_packet.hpp"

namespace sallyport::crypto::test {
namespace {

constexpr std::chrono::seconds kPatience{5};

struct Case {
  const Suite* suite;
  JobShape shape;
  std::uint32_t seed;
  std::unique_ptr<ExpandedKey> key;
  std::unique_ptr<JobPacket> packet;
};

std::vector<JobShape> shapes_of(const Suite& suite) {
  std::vector<JobShape> shapes;
  for (const std::size_t text : {0, 1, 15, 16, 17, 20, 31, 32, 33, 63, 64, 65, 160, 161, 1200, 1400, 1500}) {
    shapes.push_back({.text = text, .tag = suite.rtp_tag_len});
    if (suite.rtcp_tag_len != suite.rtp_tag_len) shapes.push_back({.text = text, .tag = suite.rtcp_tag_len});
    if (suite.encrypts()) shapes.push_back({.text = text, .tag = suite.rtp_tag_len, .aside = true});
    for (const std::size_t header : {8, 16, 24, 72, 300}) {
      shapes.push_back({.header = header, .text = text, .tag = suite.rtp_tag_len});
    }
    if (suite.aead()) continue;
    shapes.push_back({.text = text, .tag = suite.rtp_tag_len, .encrypted = false});
    shapes.push_back({.text = text, .tag = 0});
  }
  return shapes;
}

std::vector<Case> all_cases(Engine& engine) {
  std::vector<Case> cases;
  std::uint32_t seed = 1;
  for (const Suite& suite : kSuites) {
    if (!engine.supports(suite)) continue;
    for (const JobShape& shape : shapes_of(suite)) {
      const SessionKeys keys = make_session_keys(suite, seed);
      cases.push_back({&suite, shape, seed, std::make_unique<ExpandedKey>(engine, suite, keys),
                       std::make_unique<JobPacket>(suite, keys, shape, seed)});
      ++seed;
    }
  }
  // In an order that mixes suites and sizes, the same every time.
  std::stable_sort(cases.begin(), cases.end(),
                   [](const Case& a, const Case& b) { return a.seed * 2654435761U < b.seed * 2654435761U; });
  return cases;
}

std::string describe(const Case& test) {
  return std::string(test.suite->name) + " header " + std::to_string(test.shape.header) + " text " +
         std::to_string(test.shape.text) + " tag " + std::to_string(test.shape.tag) +
         (test.shape.aside ? " aside" : "") + (test.shape.encrypted ? "" : " unencrypted");
}

}  // namespace

void run_jobs(Engine& engine, std::span<Job> jobs, Direction direction) {
  AsyncEngine* const device = engine.async();
  if (device == nullptr) {
    direction == Direction::kSeal ? engine.seal(jobs) : engine.open(jobs);
    return;
  }
  std::vector<Job*> waiting;
  for (Job& job : jobs) waiting.push_back(&job);
  std::size_t submitted = 0;
  std::size_t collected = 0;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (collected < jobs.size() && std::chrono::steady_clock::now() < give_up) {
    submitted += device->submit(std::span(waiting).subspan(submitted), direction);
    std::array<Job*, kMaxBurst> done;
    collected += device->collect(done);
  }
  ASSERT_EQ(collected, jobs.size());
  ASSERT_EQ(device->in_flight(), 0U);
}

void check_all_shapes(Engine& engine) {
  std::vector<Case> cases = all_cases(engine);
  ASSERT_FALSE(cases.empty());
  for (const Direction direction : {Direction::kSeal, Direction::kOpen}) {
    for (std::size_t burst = 1, first = 0; first < cases.size(); first += burst, burst = burst % kMaxBurst + 7) {
      burst = std::min({burst, kMaxBurst, cases.size() - first});
      std::vector<Job> jobs;
      for (std::size_t i = first; i < first + burst; ++i) {
        const KeyRecord& key = cases[i].key->record();
        const EngineKind kind = engine.kind_for(*cases[i].suite);
        jobs.push_back(direction == Direction::kSeal ? cases[i].packet->seal_job(key, kind)
                                                     : cases[i].packet->open_job(key, kind));
      }
      run_jobs(engine, jobs, direction);
      for (std::size_t i = 0; i < burst; ++i) {
        const Case& test = cases[first + i];
        EXPECT_TRUE(jobs[i].ok) << describe(test);
        EXPECT_TRUE(direction == Direction::kSeal ? test.packet->is_sealed() : test.packet->is_open())
            << describe(test) << (direction == Direction::kSeal ? " seal" : " open");
        EXPECT_TRUE(test.packet->is_intact()) << describe(test);
      }
    }
  }
}

void check_forgeries(Engine& engine) {
  for (const Suite& suite : kSuites) {
    if (!engine.supports(suite)) continue;
    const SessionKeys keys = make_session_keys(suite, 77);
    const ExpandedKey key(engine, suite, keys);
    const JobShape shape{.text = 50, .tag = suite.rtp_tag_len};
    std::vector<std::unique_ptr<JobPacket>> packets;
    std::vector<Job> jobs;
    for (std::size_t i = 0; i < kMaxBurst; ++i) {
      packets.push_back(std::make_unique<JobPacket>(suite, keys, shape, static_cast<std::uint32_t>(i)));
      jobs.push_back(packets[i]->open_job(key.record(), engine.kind_for(suite)));
      const auto bit = static_cast<std::uint8_t>(1U << (i % 8));
      if (i % 4 == 1) packets[i]->tag_byte(i % shape.tag) ^= bit;
      if (i % 4 == 2) packets[i]->text_byte(i % shape.text) ^= bit;
      if (i % 4 == 3) packets[i]->header_byte(i % shape.header) ^= bit;
    }
    run_jobs(engine, jobs, Direction::kOpen);
    for (std::size_t i = 0; i < kMaxBurst; ++i) {
      EXPECT_EQ(jobs[i].ok, i % 4 == 0) << suite.name << " " << i;
      EXPECT_TRUE(i % 4 != 0 || packets[i]->is_open()) << suite.name << " " << i;
    }
  }
}

void check_refusals(Engine& engine) {
  for (const Suite& suite : kSuites) {
    if (engine.supports(suite)) continue;
    KeyRecord record{};
    EXPECT_THROW(engine.expand(suite, make_session_keys(suite, 1), record), SetupError) << suite.name;
  }
}

}  // namespace sallyport::crypto::test
