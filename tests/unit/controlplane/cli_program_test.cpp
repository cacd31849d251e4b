// The program sallyport as users run it: output and exit status, against a control server in this process.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <thread>

#include "controlplane/admin/control_server.hpp"
#include "controlplane/version.hpp"
#include "crypto/error.hpp"
#include "temporary_folder.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

struct Outcome {
  int status;
  std::string output;  ///< of both streams
};

Outcome run(const std::string& arguments, const std::string& prefix = "") {
  const std::string command = prefix + " " SALLYPORT_PROGRAM " " + arguments + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  Outcome outcome{-1, {}};
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

class CliProgram : public testing::Test {
 protected:
  CliProgram() {
    server_.handle("status", [](const json&) { return json{{"version", "9.9"}}; });
    server_.handle("streams", [](const json&) { return json{{"streams", json::array()}}; });
    server_.handle("reload", [](const json&) -> json { throw SetupError("the new configuration is wrong"); });
    thread_ = std::thread([this] { io_.run_for(std::chrono::seconds(60)); });
  }
  ~CliProgram() override {
    io_.stop();
    thread_.join();
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("control.sock");
  const std::string socket_ = "--socket " + path_ + " ";

 private:
  boost::asio::io_context io_;
  ControlServer server_{io_, path_};
  std::thread thread_;
};

TEST_F(CliProgram, PrintsReplies) {
  Outcome outcome = run(socket_ + "streams");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "no streams are configured\n");
  outcome = run(socket_ + "--json streams");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "{\"ok\":true,\"streams\":[]}\n");
}

TEST_F(CliProgram, PrintsBothVersions) {
  const std::string own(kVersion);
  Outcome outcome = run(socket_ + "version");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "sallyport: " + own + "\nsallyportd: 9.9\n");
  outcome = run("--json --socket /nonexistent/sock version");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("{\"sallyport\":\"" + own + "\"}\n"), std::string::npos) << outcome.output;
}

TEST_F(CliProgram, SaysWhatWasRefused) {
  const Outcome outcome = run(socket_ + "reload");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "sallyport: the new configuration is wrong\n");
}

TEST_F(CliProgram, SaysWhatToDoWhereNobodyAnswers) {
  const Outcome outcome = run("--socket " + folder_.file("none.sock") + " status");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.output.find("is sallyportd running?"), std::string::npos) << outcome.output;
}

TEST_F(CliProgram, WrongUsageIsStatus2) {
  for (const char* arguments : {"",
                                "callls",
                                "status stats",
                                "--wath status",
                                "--watch=x status",
                                "--watch 0 status",
                                "--watch reload",
                                "--socket",
                                "trace",
                                "trace a b",
                                "--packets 2 streams",
                                "--seconds x trace a",
                                "capture",
                                "capture a",
                                "--write f capture",
                                "--side wire status",
                                "--watch trace a",
                                "profile",
                                "profile paint",
                                "profile show",
                                "profile set a",
                                "profile set a digest",
                                "profile set a x=1 x=2",
                                "profile find name is-exactly",
                                "profile copy a",
                                "profile apply a b",
                                "line set a",
                                "line show a",
                                "users all",
                                "--md5 lines"}) {
    EXPECT_EQ(run(arguments).status, 2) << arguments;
  }
}

TEST_F(CliProgram, HelpNamesEveryCommand) {
  const Outcome outcome = run("--help");
  EXPECT_EQ(outcome.status, 0);
  for (const char* word :
       {"status", "stats", "pauses", "streams", "trace", "capture", "reload", "version", "--socket", "--json",
        "--watch", "--packets", "--seconds", "--write", "--side", "profile", "line", "users", "--md5"}) {
    EXPECT_NE(outcome.output.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(run("help").output, outcome.output);
}

TEST_F(CliProgram, WatchesUntilInterrupted) {
  const Outcome outcome = run(socket_ + "--watch 0.2 streams", "timeout --preserve-status -s INT 1");
  EXPECT_EQ(outcome.status, 0);
  std::size_t views = 0;
  for (std::size_t at = 0; (at = outcome.output.find("no streams", at)) != std::string::npos; ++at) ++views;
  EXPECT_GE(views, 3U);
  EXPECT_EQ(outcome.output.find('\x1b'), std::string::npos) << "no terminal, no escape sequences";
}

}  // namespace
}  // namespace sallyport::controlplane
