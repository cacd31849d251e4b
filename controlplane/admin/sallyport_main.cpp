// sallyport: asks a running gateway and prints what it says. Exit status: 0 done, 1 refused or nobody answers, 2 usage.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>

#include "controlplane/admin/cli_tables.hpp"
#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/control_socket.hpp"
#include "controlplane/version.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

namespace po = boost::program_options;
using nlohmann::json;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kCommands = {{
    {"status", "cores and their load, ports, engine, warnings"},
    {"stats", "packets of each worker by what became of them, drops by reason, time per stage"},
    {"streams", "each stream's sides: suite, packets, loss, jitter, drops by reason"},
    {"reload", "read the configuration again; streams that stay the same lose nothing"},
    {"version", "of this program and of the running gateway"},
}};

struct Arguments {
  std::string command;
  std::string socket;
  bool as_json = false;
  std::optional<double> watch;  ///< seconds between two views
};

class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// "--watch 2" as "--watch=2": without that, the option's optional value would swallow the command that follows.
std::vector<std::string> join_watch(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (auto at = arguments.begin(); at != arguments.end(); ++at) {
    if (*at != "--watch") continue;
    const bool has_value = at + 1 != arguments.end() && is_number(*(at + 1));
    *at = "--watch=" + (has_value ? *(at + 1) : std::string("1"));
    if (has_value) at = arguments.erase(at + 1) - 1;
  }
  return arguments;
}

po::options_description described() {
  po::options_description options("Options");
  options.add_options()  //
      ("socket", po::value<std::string>()->value_name("PATH")->default_value(std::string(kDefaultControlSocket)),
       "the gateway's control socket")                //
      ("json", "print the reply as it is, one line")  //
      ("watch", po::value<double>()->value_name("[SECONDS]"),
       "show again every so many seconds (1) until interrupted")  //
      ("help", "this text");
  return options;
}

void print_help() {
  std::cout << "Usage: sallyport [OPTIONS] COMMAND\n\nCommands:\n";
  for (const auto& [name, meaning] : kCommands)
    std::cout << "  " << name << std::string(10 - name.size(), ' ') << meaning << "\n";
  std::cout << "\n" << described() << "\nExit status: 0 done, 1 refused or no gateway answers, 2 wrong usage.\n";
}

/// Nothing where only help was asked for.
std::optional<Arguments> parse(int argc, char** argv) {
  po::options_description all = described();
  all.add_options()("command", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  positional.add("command", -1);
  po::variables_map values;
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  po::store(po::command_line_parser(join_watch(argc, argv)).options(all).positional(positional).style(style).run(),
            values);
  po::notify(values);
  if (values.count("help") > 0) return std::nullopt;
  const auto commands =
      values.count("command") > 0 ? values["command"].as<std::vector<std::string>>() : std::vector<std::string>{};
  if (commands.size() != 1) throw UsageError("expected one command");
  const auto known =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& c) { return c.first == commands[0]; });
  if (known == kCommands.end()) throw UsageError("unknown command '" + commands[0] + "'");
  Arguments arguments{commands[0], values["socket"].as<std::string>(), values.count("json") > 0, {}};
  if (values.count("watch") > 0) arguments.watch = values["watch"].as<double>();
  if (arguments.watch && (!(*arguments.watch >= 0.1) || *arguments.watch > 3600)) {
    throw UsageError("--watch: expected 0.1 to 3600 seconds");
  }
  if (arguments.watch && (arguments.command == "reload" || arguments.command == "version")) {
    throw UsageError("--watch goes with status, stats and streams");
  }
  return arguments;
}

json parse_reply(const std::string& line) {
  json reply = json::parse(line, nullptr, false);
  if (!reply.is_object()) throw SetupError("the gateway's answer is malformed: is that a sallyportd socket?");
  return reply;
}

/// Whether the gateway did what it was asked; says so where not.
bool check(const json& reply) {
  const bool good = reply.value("ok", false);
  if (!good) std::cerr << "sallyport: " << reply.value("error", "refused without a reason") << "\n";
  return good;
}

/// Both versions; this program's also where no gateway answers.
int print_versions(const Arguments& arguments) {
  json versions{{"sallyport", kVersion}};
  int outcome = kDone;
  try {
    versions["sallyportd"] = parse_reply(ControlClient(arguments.socket).ask("status")).value("version", "unknown");
  } catch (const SetupError& error) {
    std::cerr << "sallyport: " << error.what() << "\n";
    outcome = kRefused;
  }
  std::cout << (arguments.as_json ? versions.dump() + "\n" : fields_text(versions));
  return outcome;
}

int ask_once(const Arguments& arguments) {
  ControlClient client(arguments.socket);
  const std::string line = client.ask(arguments.command);
  if (arguments.as_json) std::cout << line << "\n";
  const json reply = parse_reply(line);
  if (!check(reply)) return kRefused;
  if (!arguments.as_json) std::cout << reply_text(arguments.command, reply, {});
  return kDone;
}

/// Waits; true where SIGINT or SIGTERM (both blocked) came meanwhile.
bool interrupted_within(double seconds) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  timespec time{};
  time.tv_sec = static_cast<time_t>(seconds);
  time.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return sigtimedwait(&signals, nullptr, &time) > 0;
}

int watch(const Arguments& arguments) {
  using Clock = std::chrono::steady_clock;
  ControlClient client(arguments.socket);
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  json before;
  Clock::time_point before_at;
  do {
    const std::string line = client.ask(arguments.command);
    const auto at = Clock::now();
    json reply = parse_reply(line);
    if (!check(reply)) return kRefused;
    const Earlier earlier{before.is_null() ? nullptr : &before, std::chrono::duration<double>(at - before_at).count()};
    if (arguments.as_json) {
      std::cout << line << "\n" << std::flush;
    } else {
      if (terminal) std::cout << "\x1b[H\x1b[2J";  // cursor home, clear the screen
      std::cout << reply_text(arguments.command, reply, earlier) << (terminal ? "" : "\n") << std::flush;
    }
    if (!std::cout) return kRefused;
    before = std::move(reply);
    before_at = at;
  } while (!interrupted_within(*arguments.watch));
  return kDone;
}

int run(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    print_help();
    return kDone;
  }
  if (arguments->command == "version") return print_versions(*arguments);
  return arguments->watch ? watch(*arguments) : ask_once(*arguments);
}

}  // namespace
}  // namespace sallyport::controlplane

int main(int argc, char** argv) {
  using namespace sallyport;
  try {
    return controlplane::run(argc, argv);
  } catch (const SetupError& error) {
    std::cerr << "sallyport: " << error.what() << "\n";
    return controlplane::kRefused;
  } catch (const std::exception& error) {  // Boost.Program_options and UsageError
    std::cerr << "sallyport: " << error.what() << "; see sallyport --help\n";
    return controlplane::kUsage;
  }
}
