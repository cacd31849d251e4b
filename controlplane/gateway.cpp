#include "controlplane/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "controlplane/logging.hpp"
#include "controlplane/next_hop.hpp"
#include "crypto/error.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

/// How often the workers' events are taken and commands that found a full ring are sent again.
constexpr std::chrono::milliseconds kPollInterval{5};

drivers::EalOptions eal_options(const Config& config) {
  drivers::EalOptions options;
  options.worker_cores = config.workers.cores;
  options.huge_pages = config.huge_pages;
  options.memory_mb = config.memory_mb;
  options.log_debug = config.log_level == "debug" || config.log_level == "trace";
  for (const PortConfig& port : config.ports) {
    if (port.options.kind == drivers::DeviceKind::kPci) options.pci_devices.push_back(port.options.device);
  }
  const std::string& crypto_device = config.crypto_device.device;
  if (drivers::is_pci_address(crypto_device)) options.pci_devices.push_back(crypto_device);
  return options;
}

/// Enough to fill every receive and transmit queue that the ports may have, with room for what is on its way between
/// them. Only a NIC has a queue for each worker.
unsigned mbufs_for(const Config& config) {
  if (config.mbufs != 0) return config.mbufs;
  constexpr unsigned kOnTheWay = 8191;
  const auto workers = static_cast<unsigned>(config.workers.cores.size());
  unsigned queued = 0;
  for (const PortConfig& port : config.ports) {
    const unsigned queues = port.options.kind == drivers::DeviceKind::kPci ? workers : 1;
    queued += queues * port.options.descriptors * 3 / 2;
  }
  return queued + kOnTheWay;
}

/// A Linux interface may become an AF_XDP port.
drivers::MbufLayout mbuf_layout(const Config& config) {
  const bool any_linux = std::any_of(config.ports.begin(), config.ports.end(), [](const PortConfig& port) {
    return port.options.kind == drivers::DeviceKind::kLinux;
  });
  return any_linux ? drivers::MbufLayout::kOnePerPage : drivers::MbufLayout::kPacked;
}

/// Lines and trunks as their security profiles say.
void take_profiles(Config& config, Profiles& profiles) {
  profiles.use(profiles.read(std::move(config.sip)));
  config.sip = profiles.effective();
  config.warnings.insert(config.warnings.end(), profiles.warnings().begin(), profiles.warnings().end());
}

}  // namespace

Gateway::Gateway(Config config, std::vector<std::string> overrides)
    : config_(std::move(config)),
      overrides_(std::move(overrides)),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      poll_timer_(io_),
      health_timer_(io_),
      control_(io_, config_.control_socket),
      eal_(eal_options(config_)),
      neighbours_(io_),
      engines_(config_),
      engine_(engines_.for_control()),
      profiles_(config_.store_file) {
  take_profiles(config_, profiles_);
  for (const std::string& warning : config_.warnings) spdlog::warn("{}", warning);
  settle_on_cores();
  open_ports();
  for (const std::string& warning : numa_warnings()) spdlog::warn("{}", warning);
  dataplane_ = make_dataplane();
  dataplane_->set_listener({.media_lost = [this](StreamHandle handle) { media_lost(handle, true); },
                            .media_resumed = [this](StreamHandle handle) { media_lost(handle, false); },
                            .refused =
                                [this](StreamHandle handle) {
                                  streams_->refused(handle);
                                  if (sip_) sip_->calls().refused(handle);
                                },
                            .retired =
                                [this](StreamHandle handle, auto& stream) {
                                  streams_->retired(handle, stream);
                                  if (sip_) sip_->gate().retired(handle, stream);
                                },
                            .key_lifetime =
                                [this](const auto&... told) {
                                  streams_->key_lifetime(told...);
                                  if (sip_) sip_->calls().key_lifetime(told...);
                                },
                            .epoch_due =
                                [this](const auto&... told) {
                                  streams_->epoch_due(told...);
                                  if (sip_) sip_->gate().epoch_due(told...);
                                },
                            .key_gone =
                                [this](const crypto::Context* key) {
                                  streams_->key_gone(key);
                                  if (sip_) sip_->gate().key_gone(key);
                                },
                            .roc_refused = [this](auto... told) { streams_->roc_refused(told...); },
                            .played = {},
                            .device_silent = [this](auto... told) { log_crypto_device(told...); },
                            .state_taken = {}});
  streams_ = std::make_unique<StaticStreams>(*dataplane_, *engine_, [this](auto&&... arguments) {
    return watch_next_hop(std::forward<decltype(arguments)>(arguments)...);
  });
  dataplane_->start();
  if (!config_.sip.listen.empty()) {
    sip_ = std::make_unique<SipService>(io_, config_, *dataplane_, *engine_, [this](auto&&... arguments) {
      return watch_next_hop(std::forward<decltype(arguments)>(arguments)...);
    });
    profile_commands_ = std::make_unique<ProfileCommands>(profiles_, sip_->notice(),
                                                          [this] { sip_->profiles_changed(profiles_.effective()); });
  }
  streams_->apply(std::move(config_.streams));
  health_ = make_health();
  reporter_ = std::make_unique<StatusReporter>(facts(), *dataplane_, *streams_, *health_);
  trace_ = std::make_unique<PacketTrace>(*dataplane_, *streams_);
  capture_ = std::make_unique<PacketCapture>(*dataplane_, *streams_, config_.clear_media);
  add_commands();
  spdlog::info("engine {}; {} workers; huge pages {}; {} streams", engine_->description(), dataplane_->workers(),
               eal_.huge_pages_in_use() ? "in use" : "not in use", streams_->all().size());
}

drivers::MbufPool& Gateway::pool_for(int numa_node) {
  const auto found =
      std::find_if(pools_.begin(), pools_.end(), [&](const auto& pool) { return pool.first == numa_node; });
  if (found != pools_.end()) return *found->second;
  const drivers::MbufLayout layout = mbuf_layout(config_);
  return *pools_.emplace_back(numa_node, std::make_unique<drivers::MbufPool>(mbufs_for(config_), numa_node, layout))
              .second;
}

/// Control leaves the workers' cores alone where there are others, and says what workers have to share.
void Gateway::settle_on_cores() {
  const std::vector<unsigned>& workers = config_.workers.cores;
  const drivers::CoreIsolation isolation = drivers::core_isolation();
  for (const std::string& warning : drivers::isolation_warnings(workers, isolation)) spdlog::info("{}", warning);
  const std::vector<unsigned> own = drivers::control_cores(drivers::available_cores(), workers, isolation.isolated);
  drivers::stay_on(own);
  if (own.empty()) {
    spdlog::info("control runs on the workers' cores, since every core is a worker's: leave one out of workers.cores");
  } else {
    spdlog::info("control runs on core {}", drivers::format_cpu_list(own));
  }
}

std::vector<std::string> Gateway::numa_warnings() const {
  std::vector<drivers::NumaPlace> ports;
  std::vector<drivers::NumaPlace> cores;
  for (const Port& port : ports_) {
    ports.push_back({port.config->options.name, drivers::numa_node_of_device(port.config->options)});
  }
  for (const unsigned core : config_.workers.cores) {
    cores.push_back({std::to_string(core), drivers::numa_node_of_core(core)});
  }
  return drivers::numa_warnings(ports, cores);
}

void Gateway::open_ports() {
  const auto workers = static_cast<unsigned>(config_.workers.cores.size());
  for (const PortConfig& config : config_.ports) {
    try {
      for (const std::string& line : drivers::remove_leftovers(config.options))
        spdlog::warn("left by a gateway that was killed: {}", line);
      drivers::MbufPool& pool = pool_for(drivers::numa_node_of_device(config.options));
      Port& port = ports_.emplace_back();
      port.config = &config;
      port.device = std::make_unique<drivers::EthPort>(config.options, workers, pool);
      port.kernel_path = drivers::make_kernel_path(*port.device, port.device->queues(), pool);
    } catch (const SetupError& error) {
      throw SetupError(config.position + ": " + error.what());
    }
    const Port& port = ports_.back();
    spdlog::info("port {}: {}; steering: {}; kernel path: {}", config.options.name, port.device->description(),
                 port.device->steering(), port.kernel_path->description());
  }
}

void Gateway::media_lost(StreamHandle handle, bool lost) {
  lost ? streams_->media_lost(handle) : streams_->media_resumed(handle);
  if (sip_) sip_->calls().media_lost(handle, lost);
}

void Gateway::log_crypto_device(dataplane::WorkerId worker, bool silent) const {
  const std::string& device = config_.crypto_device.device;
  if (silent) {
    spdlog::error(
        "crypto device {}: does not answer worker {}; packets of its suites are dropped there (device_silent)", device,
        worker);
  } else {
    spdlog::info("crypto device {}: answers worker {} again", device, worker);
  }
}

std::unique_ptr<DataplaneClient> Gateway::make_dataplane() const {
  std::vector<DataplanePort> ports;
  std::vector<dataplane::LocalAddress> addresses;
  for (const Port& port : ports_) {
    for (const drivers::IpPrefix& address : port.config->options.addresses) {
      addresses.push_back(
          {address.address, port.config->options.media_ports, static_cast<std::uint16_t>(ports.size())});
    }
    ports.push_back({port.device.get(), port.kernel_path->twin(), port.config->udp_checksum});
  }
  return std::make_unique<DataplaneClient>(
      DataplaneOptions{.cores = config_.workers.cores,
                       .max_streams = config_.max_streams,
                       .make_engine = [this](dataplane::WorkerId worker) { return engines_.for_worker(worker); },
                       .idle_polls = config_.workers.idle_polls,
                       .idle_sleep = config_.workers.idle_sleep},
      eal_, std::move(ports), std::move(addresses));
}

std::unique_ptr<Health> Gateway::make_health() const {
  std::vector<BufferPool> pools;
  for (const auto& [socket, pool] : pools_) pools.push_back({socket, pool.get()});
  return std::make_unique<Health>(*dataplane_, std::move(pools));
}

/// Static neighbours first; then Linux's tables, where Linux sees the port.
NextHopWatch Gateway::watch_next_hop(std::size_t port_index, const drivers::IpAddress& remote,
                                     std::function<void(std::optional<drivers::MacAddress>)> told) {
  const Port& port = ports_[port_index];
  const drivers::IpAddress hop = next_hop(port.config->options, remote).value_or(remote);
  for (const StaticNeighbour& neighbour : port.config->neighbours) {
    if (neighbour.address == hop) {
      told(neighbour.mac);
      return nullptr;
    }
  }
  if (port.kernel_path->interface().empty()) {
    spdlog::warn("port {}: no kernel path and no neighbour entry for {}: nothing can be sent there",
                 port.config->options.name, hop.to_string());
    return nullptr;
  }
  const auto id = neighbours_.watch(port.kernel_path->interface(), remote, gateway_for(port.config->options, remote),
                                    std::move(told));
  return {nullptr, [this, id](void*) { neighbours_.cancel(id); }};
}

GatewayFacts Gateway::facts() const {
  GatewayFacts facts{.config_file = config_.file,
                     .engine = std::string(engine_->description()),
                     .engines = config_.engines,
                     .crypto_device = config_.crypto_device.device,
                     .huge_pages = eal_.huge_pages_in_use(),
                     .warnings = config_.warnings,
                     .ports = {},
                     .started = started_};
  for (const Port& port : ports_) facts.ports.push_back({port.device.get(), port.kernel_path->description()});
  return facts;
}

void Gateway::add_commands() {
  control_.handle("status", [this](const nlohmann::json&) {
    health_->look();
    nlohmann::json status = reporter_->status();
    if (sip_) status["sip"] = sip_->status();
    return status;
  });
  add_call_commands();
  add_profile_commands();
  control_.handle("stats", [this](const nlohmann::json&) {
    nlohmann::json stats = reporter_->stats();
    if (sip_) stats["sip"] = sip_->stats();
    return stats;
  });
  control_.handle("pauses", [this](const nlohmann::json&) { return reporter_->pauses(); });
  control_.handle("streams", [this](const nlohmann::json&) { return reporter_->streams(); });
  control_.handle("trace_start",
                  [this](const nlohmann::json& asked, const Requester& from) { return trace_->start(asked, from); });
  control_.handle("trace_read", [this](const nlohmann::json&) { return trace_->read(); });
  control_.handle("trace_stop", [this](const nlohmann::json&) { return trace_->stop(); });
  control_.handle("capture_start",
                  [this](const nlohmann::json& asked, const Requester& from) { return capture_->start(asked, from); });
  control_.handle("capture_read", [this](const nlohmann::json& asked) { return capture_->read(asked); });
  control_.handle("capture_stop", [this](const nlohmann::json& asked) { return capture_->stop(asked); });
  control_.handle("reload", [this](const nlohmann::json&) {
    const std::vector<std::string> faults = reload();
    if (faults.empty()) return nlohmann::json::object();
    std::string text = "the configuration was not applied:";
    for (const std::string& fault : faults) text += "\n" + fault;
    throw SetupError(text);
  });
}

SipService& Gateway::sip() const {
  if (!sip_) throw SetupError("SIP is off: expected a sip.listen in the configuration");
  return *sip_;
}

void Gateway::add_call_commands() {
  control_.handle("calls", [this](const nlohmann::json&) { return nlohmann::json{{"calls", sip().calls().list()}}; });
  control_.handle("call", [this](const nlohmann::json& asked) {
    const auto found = asked.find("call");
    const std::string text = found != asked.end() && found->is_string() ? found->get<std::string>() : std::string();
    std::uint64_t id = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (failed != std::errc{} || end != text.data() + text.size()) {
      throw SetupError("call " + text + ": expected the number of a call");
    }
    return nlohmann::json{{"call", sip().calls().show(id)}};
  });
  control_.handle("lines", [this](const nlohmann::json&) {
    return nlohmann::json{{"registrations", sip().calls().registrations()}};
  });
  control_.handle("trunks", [this](const nlohmann::json&) {
    return nlohmann::json{{"trunks", sip().trunks().list()}};
  });
}

void Gateway::add_profile_commands() {
  const auto handle = [this](const char* command, auto serve) {
    control_.handle(command, [this, serve](const nlohmann::json& asked, const Requester& from) {
      sip();  // throws where it is off
      return serve(*profile_commands_, asked, from);
    });
  };
  handle("profile",
         [](ProfileCommands& commands, const auto& asked, const auto& from) { return commands.profile(asked, from); });
  handle("line",
         [](ProfileCommands& commands, const auto& asked, const auto& from) { return commands.line(asked, from); });
  handle("users", [](ProfileCommands& commands, const auto&, const auto&) { return commands.users(); });
}

void Gateway::run() {
  wait_for_signal();
  poll_dataplane();
  watch_health();
  io_.run();
}

void Gateway::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal != SIGHUP) {
      spdlog::info("stopping");
      if (!sip_) return io_.stop();
      sip_->leave([this] { io_.stop(); });
      return wait_for_second_signal();
    }
    reload();
    wait_for_signal();
  });
}

/// Whoever asks twice to stop is not to wait for others.
void Gateway::wait_for_second_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) return wait_for_second_signal();
    io_.stop();
  });
}

void Gateway::poll_dataplane() {
  dataplane_->poll();
  trace_->poll();
  capture_->poll();
  poll_timer_.expires_after(kPollInterval);
  poll_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) poll_dataplane();
  });
}

void Gateway::watch_health() {
  health_->look();
  streams_->make_failed_epochs();
  health_timer_.expires_after(Health::kInterval);
  health_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_health();
  });
}

/// Parties and streams of a new configuration. Throws SetupError; then the streams are as they were.
StreamChanges Gateway::take_over(Config& wanted) {
  if (!sip_) return streams_->apply(std::move(wanted.streams));
  FixedPorts& ports = sip_->fixed_ports();
  ports.claim(wanted.streams);
  try {
    sip_->reload(wanted.sip);
    const StreamChanges changes = streams_->apply(std::move(wanted.streams));
    ports.keep(PortAllocator::Clock::now());
    return changes;
  } catch (...) {
    ports.undo(PortAllocator::Clock::now());
    throw;
  }
}

std::vector<std::string> Gateway::reload() {
  std::vector<std::string> faults;
  try {
    Config wanted = load_config(config_.file, overrides_);
    for (const std::string& setting : restart_only_changes(config_, wanted)) {
      faults.push_back(setting + " cannot change while the gateway runs; restart it");
    }
    if (faults.empty()) {
      Profiles::State profiles = profiles_.read(std::move(wanted.sip));
      wanted.sip = profiles.table.effective;
      const StreamChanges changes = take_over(wanted);
      profiles_.use(std::move(profiles));
      const auto& warnings = profiles_.warnings();
      wanted.warnings.insert(wanted.warnings.end(), warnings.begin(), warnings.end());
      set_log_level(wanted.log_level);
      config_.log_level = wanted.log_level;
      capture_->streams_changed(wanted.clear_media);
      for (const std::string& warning : wanted.warnings) spdlog::warn("{}", warning);
      reporter_->set_warnings(wanted.warnings);
      spdlog::info("reloaded {}: {} streams kept, {} re-keyed, {} replaced, {} added, {} removed; {} adjusted",
                   config_.file, changes.kept, changes.rekeyed, changes.replaced, changes.added, changes.removed,
                   changes.adjusted);
    }
  } catch (const ConfigError& error) {
    faults = error.faults();
  } catch (const SetupError& error) {
    faults.push_back(error.what());
  }
  for (const std::string& fault : faults) spdlog::error("reload refused: {}", fault);
  return faults;
}

}  // namespace sallyport::controlplane
