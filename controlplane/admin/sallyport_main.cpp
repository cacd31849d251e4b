// sallyport: asks a running gateway and prints what it says. Exit status: 0 done, 1 refused or nobody answers, 2 usage.
#include <unistd.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <chrono>
#include <iostream>
#include <optional>

#include "controlplane/admin/capture_command.hpp"
#include "controlplane/admin/cli_tables.hpp"
#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/control_socket.hpp"
#include "controlplane/admin/interrupt.hpp"
#include "controlplane/admin/profile_command.hpp"
#include "controlplane/admin/trace_command.hpp"
#include "controlplane/version.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

namespace po = boost::program_options;
using nlohmann::json;

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kUsage = 2;

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kCommands = {{
    {"status", "cores and their load, ports, engine, warnings"},
    {"stats", "packets of each worker by what became of them, drops by reason, time per stage"},
    {"pauses", "the last times that a worker stood still, and what is known of why"},
    {"streams", "each stream's sides: suite, packets, loss, jitter, drops by reason"},
    {"calls", "calls that are up and the latest that were: status, suites, why they ended"},
    {"call", "show ID: one call with all reasons: why this suite, why this status"},
    {"lines", "lines that are registered, and from where"},
    {"trunks", "each trunk's targets: up or down, since when, their last answer; our registration there"},
    {"line", "set NAME profile=PROFILE: gives a line another security profile than the configuration file does"},
    {"profile", "list, find, show, add, copy, set, rename, delete or apply: security profiles at run time"},
    {"users", "each line's user, and what it is challenged with"},
    {"trace", "NAME: what every stage does with the next packets of that stream, or of its side NAME.a or NAME.b"},
    {"capture", "NAME --write FILE: that stream's (side's) packets as they arrive and leave, into a new pcap file"},
    {"reload", "read the configuration again; streams that stay the same lose nothing"},
    {"version", "of this program and of the running gateway"},
    {"help", "this text"},
}};

struct Arguments {
  std::string command;
  std::string name;  ///< of the stream, where the command has one
  std::string call;  ///< number of a call
  json profile;      ///< what is asked of profiles, lines and users
  bool md5 = false;
  std::string socket;
  bool as_json = false;
  std::optional<double> watch;  ///< seconds between two views
  std::optional<int> packets;
  std::optional<int> seconds;
  std::optional<std::string> write;
  std::optional<std::string> side;
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
      ("packets", po::value<int>()->value_name("N"),
       "trace: how many, at most 1000 (1); capture: how many at most (1000000)")  //
      ("seconds", po::value<int>()->value_name("S"),
       "trace and capture: how long, at most 600 and 86400 (10)")                              //
      ("write", po::value<std::string>()->value_name("FILE"), "capture: the file to be made")  //
      ("side", po::value<std::string>()->value_name("wire|clear"),
       "capture: as on the wire (wire), or RTP and RTCP inside, where the configuration allows it")  //
      ("md5", "users: only those that can be served by MD5 and nothing better")                      //
      ("help", "this text");
  return options;
}

void print_help() {
  std::cout << "Usage: sallyport [OPTIONS] COMMAND [NAME]\n\nCommands:\n";
  for (const auto& [name, meaning] : kCommands)
    std::cout << "  " << name << std::string(10 - name.size(), ' ') << meaning << "\n";
  std::cout << "\n" << described() << "\nExit status: 0 done, 1 refused or no gateway answers, 2 wrong usage.\n";
}

bool is_of_profiles(const std::string& command) {
  return command == "profile" || command == "line" || command == "users";
}

bool takes_name(const std::string& command) { return command == "trace" || command == "capture"; }

template <typename T>
std::optional<T> given(const po::variables_map& values, const char* option) {
  return values.count(option) > 0 ? std::optional(values[option].as<T>()) : std::nullopt;
}

/// Throws UsageError where options and command do not go together.
void check_together(const Arguments& arguments) {
  if (arguments.watch && (!(*arguments.watch >= 0.1) || *arguments.watch > 3600)) {
    throw UsageError("--watch: expected 0.1 to 3600 seconds");
  }
  constexpr std::array<std::string_view, 6> kViews{"status", "stats", "streams", "calls", "lines", "trunks"};
  const bool views = std::find(kViews.begin(), kViews.end(), arguments.command) != kViews.end();
  if (arguments.watch && !views) throw UsageError("--watch goes with status, stats, streams, calls, lines and trunks");
  if ((arguments.packets || arguments.seconds) && !takes_name(arguments.command)) {
    throw UsageError("--packets and --seconds go with trace and capture");
  }
  if (arguments.md5 && arguments.command != "users") throw UsageError("--md5 goes with users");
  const bool captures = arguments.command == "capture";
  if ((arguments.write || arguments.side) && !captures) throw UsageError("--write and --side go with capture");
  if (captures && !arguments.write) throw UsageError("capture: expected --write FILE");
  if (captures && arguments.as_json) throw UsageError("--json does not go with capture");
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
  const auto words =
      values.count("command") > 0 ? values["command"].as<std::vector<std::string>>() : std::vector<std::string>{};
  if (values.count("help") > 0 || (!words.empty() && words[0] == "help")) return std::nullopt;
  if (words.empty()) throw UsageError("expected a command");
  const auto known =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const auto& c) { return c.first == words[0]; });
  if (known == kCommands.end()) throw UsageError("unknown command '" + words[0] + "'");
  Arguments arguments;
  const bool named = takes_name(words[0]);
  if (words[0] == "call") {
    if (words.size() != 3 || words[1] != "show") throw UsageError("call: expected show ID");
    arguments.call = words[2];
  } else if (is_of_profiles(words[0])) {
    arguments.profile = profile_request(words);
  } else if (words.size() != (named ? 2U : 1U)) {
    throw UsageError(named ? words[0] + ": expected the name of one stream or side" : "expected one command");
  }
  arguments.command = words[0];
  if (named) arguments.name = words[1];
  arguments.socket = values["socket"].as<std::string>();
  arguments.as_json = values.count("json") > 0;
  arguments.md5 = values.count("md5") > 0;
  arguments.watch = given<double>(values, "watch");
  arguments.packets = given<int>(values, "packets");
  arguments.seconds = given<int>(values, "seconds");
  arguments.write = given<std::string>(values, "write");
  arguments.side = given<std::string>(values, "side");
  check_together(arguments);
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

int show_call(const Arguments& arguments) {
  const json reply = ControlClient(arguments.socket).demand({{"command", "call"}, {"call", arguments.call}});
  std::cout << (arguments.as_json ? reply.dump() + "\n" : reply_text("call", reply, {}));
  return kDone;
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

int trace(const Arguments& arguments) {
  TraceOrder order;
  order.socket = arguments.socket;
  order.of = arguments.name;
  order.packets = arguments.packets.value_or(order.packets);
  order.seconds = arguments.seconds.value_or(order.seconds);
  order.as_json = arguments.as_json;
  return run_trace(order);
}

int capture(const Arguments& arguments) {
  CaptureOrder order;
  order.socket = arguments.socket;
  order.of = arguments.name;
  order.file = *arguments.write;
  order.side = arguments.side.value_or(order.side);
  order.packets = arguments.packets.value_or(order.packets);
  order.seconds = arguments.seconds.value_or(order.seconds);
  return run_capture(order);
}

int run(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    print_help();
    return kDone;
  }
  if (arguments->command == "version") return print_versions(*arguments);
  if (arguments->command == "call") return show_call(*arguments);
  if (is_of_profiles(arguments->command)) {
    return run_profile({arguments->socket, arguments->profile, arguments->as_json, arguments->md5});
  }
  if (arguments->command == "trace") return trace(*arguments);
  if (arguments->command == "capture") return capture(*arguments);
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
