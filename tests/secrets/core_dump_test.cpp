// While streams live, their keys are only where no core dump takes them from: in mappings that are left out of dumps.
// Every engine, every suite, every kind of keying; and a real core file where this host writes such.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/secrets/gateway.hpp"

namespace sallyport::secrets {
namespace {

class CoreDump : public testing::TestWithParam<std::string> {};

TEST_P(CoreDump, WouldHoldNoKeyOfALiveStream) {
  const Engines engines = engines_named(GetParam());
  const std::vector<Plan> plans = plans_for_all(engines.control);
  const NeedleSet needles = needles_of(plans);
  Gateway gateway(engines);
  gateway.make_streams(plans);
  EXPECT_TRUE(gateway.run_traffic());
  std::vector<Finding> findings = find_here(needles);
  EXPECT_GT(findings.size(), plans.size()) << "the search sees them where they may be";
  std::erase_if(findings, [](const Finding& finding) { return !finding.region.dumped; });
  EXPECT_TRUE(findings.empty()) << listed(findings);
}

INSTANTIATE_TEST_SUITE_P(Engines, CoreDump, testing::ValuesIn(own_engines()),
                         [](const auto& test) { return as_identifier(test.param); });

/// A folder for core files.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "sallyport-core-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The core file of a child that does `work` and then aborts, in `folder`; nothing where there is none.
template <class Work>
std::string core_of(const Folder& folder, Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_CORE, &unlimited) != 0 || chdir(folder.path().c_str()) != 0) _exit(1);
    work();
    signal(SIGABRT, SIG_DFL);
    abort();
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status) || !WCOREDUMP(status)) return "";
  const auto files = std::filesystem::directory_iterator(folder.path());
  return files == std::filesystem::directory_iterator() ? "" : files->path().string();
}

/// Whether the kernel writes cores as files into the folder of the process.
bool cores_are_files() {
  std::ifstream file("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(file, pattern);
  return !pattern.empty() && pattern[0] != '|' && pattern.find('/') == std::string::npos;
}

class RealCoreDump : public CoreDump {};

TEST_P(RealCoreDump, HoldsNoKeyOfALiveStream) {
  if (!cores_are_files()) GTEST_SKIP() << "this host hands core dumps to a program";
  const Engines engines = engines_named(GetParam());
  const std::vector<Plan> plans = plans_for_all(engines.control);
  const NeedleSet needles = needles_of(plans);
  const Folder folder;
  const std::string core = core_of(folder, [&] {
    auto* const gateway = new Gateway(engines);  // lives when the process dies
    gateway->make_streams(plans);
    if (!gateway->run_traffic()) _exit(1);
  });
  if (core.empty()) GTEST_SKIP() << "this host writes no core dumps";
  const std::vector<Finding> findings = find_in_file(core, needles);
  EXPECT_TRUE(findings.empty()) << listed(findings);
}

INSTANTIATE_TEST_SUITE_P(Engines, RealCoreDump, testing::ValuesIn(own_engines()),
                         [](const auto& test) { return as_identifier(test.param); });

TEST(RealCoreDump, TheSearchFindsWhatIsInOne) {
  if (!cores_are_files()) GTEST_SKIP() << "this host hands core dumps to a program";
  const std::vector<Plan> plans = plans_for_all(engines_named(own_engines().front()).control);
  const NeedleSet needles = needles_of(plans);
  const Folder folder;
  const std::string core = core_of(folder, [&] {
    auto* const shown = new std::vector<Needle>;
    Stream::add_needles_of(*plans[0].suite, plans[0].keying, plans[0].seed, *shown);
    for (Needle& needle : *shown) needle.hidden = hide(needle.hidden);
  });
  if (core.empty()) GTEST_SKIP() << "this host writes no core dumps";
  EXPECT_FALSE(find_in_file(core, needles).empty());
}

}  // namespace
}  // namespace sallyport::secrets
