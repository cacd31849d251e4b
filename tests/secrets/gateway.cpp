#include "tests/secrets/gateway.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::secrets {
namespace {

/// Packets of each burst, round by round: enough to bring streams with epochs into their second, and fewer and fewer at
/// the end, so that nothing hides under what a larger burst leaves.
constexpr std::array<std::size_t, 12> kBursts{64, 64, 64, 64, 33, 17, 8, 5, 4, 3, 2, 1};
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
  for (const auto& named : crypto::test::all_engines()) names.push_back(named.name);
  return names;
}

Engines engines_named(const std::string& name) {
  static const std::vector<crypto::test::NamedEngine> kControl = crypto::test::all_engines();
  static const std::vector<crypto::test::NamedEngine> kWorker = crypto::test::all_engines();
  return {*std::ranges::find(kControl, name, &crypto::test::NamedEngine::name)->engine,
          *std::ranges::find(kWorker, name, &crypto::test::NamedEngine::name)->engine};
}

std::string as_identifier(std::string name) {
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

void Gateway::make_streams(const std::vector<Plan>& plans) {
  control_.run([&] {
    for (const Plan& plan : plans) {
      streams_.push_back(std::make_unique<Stream>(engines_.control, *plan.suite, plan.keying, plan.seed));
    }
  });
}

bool Gateway::run_traffic() {
  bool good = true;
  for (const std::size_t size : kBursts) {
    worker_.run([&] {
      for (const auto& stream : streams_) good = stream->run_traffic(engines_.worker, packets_, size) && good;
    });
    control_.run([&] {
      for (const auto& stream : streams_) stream->serve(engines_.control);
    });
  }
  return good;
}

void Gateway::retire_streams() {
  control_.run([&] { streams_.clear(); });
}

}  // namespace sallyport::secrets
