// sallyportd: the gateway. Reads the configuration, brings everything up or says why not (exit status 2), runs.
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/gateway.hpp"
#include "controlplane/logging.hpp"
#include "controlplane/security/profiles.hpp"
#include "controlplane/version.hpp"
#include "crypto/error.hpp"
#include "crypto/openssl_memory.hpp"

namespace {

namespace options = boost::program_options;

constexpr int kExitOk = 0;
constexpr int kExitSetup = 2;

options::options_description known_options() {
  options::options_description known(
      "sallyportd, the Sallyport media gateway\n\n"
      "  sallyportd --config FILE [--check] [--SECTION.KEY=VALUE ...]\n\nOptions");
  known.add_options()("config,c", options::value<std::string>()->default_value("/etc/sallyport/sallyport.conf"),
                      "configuration file")(
      "check", "only validate the configuration: exit status 0 if it is right, 2 with every fault named if not")(
      "reference", "print every key of the configuration with meaning, unit and default")(
      "version", "print the version")("help,h", "print this help");
  return known;
}

/// "--section.key=value" and "--section.key value" become "section.key=value".
std::vector<std::string> overrides_from(const std::vector<std::string>& unrecognized) {
  std::vector<std::string> overrides;
  for (std::size_t i = 0; i < unrecognized.size(); ++i) {
    std::string token = unrecognized[i];
    if (!token.starts_with("--") || token.find('.') == std::string::npos) {
      throw options::error("unknown argument '" + token + "'; see --help, and --reference for settings");
    }
    token.erase(0, 2);
    if (token.find('=') == std::string::npos) {
      if (i + 1 == unrecognized.size())
        throw options::error("'--" + token + "' has no value; expected --" + token + "=VALUE");
      token += "=" + unrecognized[++i];
    }
    overrides.push_back(std::move(token));
  }
  return overrides;
}

/// No memory image of a process that holds keys, neither as a core file nor through a debugger of the same user.
void forbid_memory_images() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

int run(int argc, char** argv) {
  using namespace sallyport::controlplane;
  const options::options_description known = known_options();
  const auto parsed = options::command_line_parser(argc, argv).options(known).allow_unregistered().run();
  options::variables_map given;
  options::store(parsed, given);
  options::notify(given);
  if (given.contains("help")) {
    std::cout << known << "\nEvery setting of the file can be given as --SECTION.KEY=VALUE and is then stronger.\n";
    return kExitOk;
  }
  if (given.contains("version")) {
    std::cout << "sallyportd " << kVersion << '\n';
    return kExitOk;
  }
  if (given.contains("reference")) {
    std::cout << config_reference();
    return kExitOk;
  }
  const auto overrides = overrides_from(options::collect_unrecognized(parsed.options, options::include_positional));
  Config config = load_config(given["config"].as<std::string>(), overrides);
  if (given.contains("check")) {
    const Profiles::State profiles = Profiles(config.store_file).read(std::move(config.sip));
    config.warnings.insert(config.warnings.end(), profiles.table.warnings.begin(), profiles.table.warnings.end());
    for (const std::string& warning : config.warnings) std::cerr << "warning: " << warning << '\n';
    std::cout << config.file << ": valid, " << config.ports.size() << " ports, " << config.streams.size()
              << " streams\n";
    return kExitOk;
  }
  set_up_logging(config.log_level);
  forbid_memory_images();
  Gateway gateway(std::move(config), overrides);
  spdlog::info("sallyportd {} is up", kVersion);
  gateway.run();
  return kExitOk;
}

}  // namespace

int main(int argc, char** argv) {
  if (!sallyport::crypto::keep_openssl_in_secret_memory()) {
    std::cerr << "warning: OpenSSL took memory before it could be told where: its keys are in ordinary memory\n";
  }
  try {
    return run(argc, argv);
  } catch (const sallyport::controlplane::ConfigError& error) {
    for (const std::string& fault : error.faults()) std::cerr << "sallyportd: " << fault << '\n';
  } catch (const std::exception& error) {
    std::cerr << "sallyportd: " << error.what() << '\n';
  }
  return kExitSetup;
}
