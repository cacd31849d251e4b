#include "tests/secrets/gateway.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "tests/cross/engines_here.hpp"

namespace sallyport::secrets {
namespace {

constexpr int kRounds = 10;  ///< of bursts: streams with epochs come into their third
constexpr std::size_t kMostListed = 40;

std::uint16_t next_seed() {
  static std::uint16_t last = 0;
  return ++last;
}

}  // namespace

std::vector<Plan> plans_for(const crypto::Engine& engine, const Family& family) {
  std::vector<Plan> plans;
  for (const crypto::Suite& suite : crypto::kSuites) {
    if (suite.cipher != family.cipher || suite.key_len != family.key_len || !engine.supports(suite)) continue;
    for (const Keying keying : kKeyings) plans.push_back({&suite, keying, next_seed()});
  }
  return plans;
}

std::vector<Plan> plans_for_all(const crypto::Engine& engine) {
  std::vector<Plan> plans;
  for (const Family& family : kFamilies) {
    const std::vector<Plan> more = plans_for(engine, family);
    plans.insert(plans.end(), more.begin(), more.end());
  }
  return plans;
}

NeedleSet needles_of(const std::vector<Plan>& plans) {
  return NeedleSet(made_elsewhere([&plans] {
    std::vector<Needle> needles;
    for (const Plan& plan : plans) Stream::add_needles_of(*plan.suite, plan.keying, plan.seed, needles);
    return needles;
  }));
}

std::string listed(const std::vector<Finding>& findings) {
  std::ostringstream out;
  for (const Finding& finding : std::span(findings).first(std::min(findings.size(), kMostListed))) {
    out << "  " << finding << '\n';
  }
  out << "  " << findings.size() << " in all\n";
  return out.str();
}

std::vector<std::string> own_engines() {
  std::vector<std::string> names;
  for (const auto& named : crypto::test::engines_here()) {
    if (named.engine->kind_for(crypto::kSuites[0]) != crypto::EngineKind::kLibSrtp) names.push_back(named.name);
  }
  return names;
}

crypto::Engine& engine_named(const std::string& name) {
  return *std::ranges::find(crypto::test::engines_here(), name, &crypto::test::NamedEngine::name)->engine;
}

std::string as_identifier(std::string name) {
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

void Gateway::make_streams(const std::vector<Plan>& plans) {
  control_.run([&] {
    for (const Plan& plan : plans) {
      streams_.push_back(std::make_unique<Stream>(engine_, *plan.suite, plan.keying, plan.seed));
    }
  });
}

bool Gateway::run_traffic() {
  bool good = true;
  for (int round = 0; round < kRounds; ++round) {
    worker_.run([&] {
      for (const auto& stream : streams_) good = stream->run_traffic(engine_, packets_) && good;
    });
    control_.run([&] {
      for (const auto& stream : streams_) stream->serve(engine_);
    });
  }
  return good;
}

void Gateway::retire_streams() {
  control_.run([&] { streams_.clear(); });
}

}  // namespace sallyport::secrets
