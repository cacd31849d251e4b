// The configuration as checked values. Made by load_config() from one file and the command line; everything in it is
// valid by itself and against the rest (ports exist, addresses are ours, nothing clashes). Knows no DPDK and starts
// nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/endpoint.hpp"
#include "controlplane/sip_config.hpp"
#include "crypto/engine_set.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/session_parameters.hpp"
#include "crypto/suite.hpp"
#include "dataplane/leg_options.hpp"
#include "drivers/crypto_device.hpp"
#include "drivers/eal.hpp"
#include "drivers/eth_port.hpp"

namespace sallyport::controlplane {

using dataplane::RtcpMode;
using dataplane::SourceCheck;

/// Where a party's SSRC already is: the ROC that a late joiner is told (RFC 3711 3.3.1).
struct ReceiveRoc {
  std::uint32_t ssrc = 0;
  std::uint32_t roc = 0;
  auto operator<=>(const ReceiveRoc&) const = default;
};

/// One side of a static stream, the keys "a.*" or "b.*" of [stream.NAME].
struct StreamSideConfig {
  Endpoint local;
  Endpoint remote;
  const crypto::Suite* suite = nullptr;                      ///< null: plain RTP
  std::vector<crypto::MasterKeyEntry> send_keys;             ///< we protect with one of them; several have MKIs
  std::vector<crypto::MasterKeyEntry> receive_keys;          ///< the party protects with them
  std::uint8_t send_with = 1;                                ///< which of the send keys, counted from 1
  crypto::SessionParameters parameters;                      ///< of both directions, but for
  std::optional<crypto::SessionParameters> send_parameters;  ///< what a call has agreed on for ours
  std::vector<ReceiveRoc> receive_rocs;
  RtcpMode rtcp = RtcpMode::kPair;
  SourceCheck source_check = SourceCheck::kAddress;
  std::optional<std::uint8_t> dscp;   ///< nothing: keep what came in
  std::optional<std::uint32_t> ssrc;  ///< nothing: random (SRTP) or passed through (RTP)

  const crypto::SessionParameters& sent_parameters() const noexcept {
    return send_parameters ? *send_parameters : parameters;
  }
};

struct StreamConfig {
  std::string name;
  StreamSideConfig a;
  StreamSideConfig b;
  std::uint32_t clock_rate = 8000;              ///< Hz, for jitter
  std::chrono::seconds media_timeout{10};       ///< 0: never reported
  std::chrono::milliseconds rekey_grace{5000};  ///< how long the previous receive key still counts after a re-key
};

struct StaticNeighbour {
  drivers::IpAddress address;
  drivers::MacAddress mac;
};

struct PortConfig {
  drivers::PortOptions options;
  std::string position;  ///< "FILE:LINE: key 'port.NAME.device' = 'VALUE'", for faults that only the device can find
  std::vector<StaticNeighbour> neighbours;  ///< for ports without a kernel path
  bool udp_checksum = true;                 ///< IPv4 only: false sends 0 where the device does not compute it
};

struct WorkersConfig {
  std::vector<unsigned> cores;  ///< one worker each
  unsigned idle_polls = 64;     ///< empty polls before the worker sleeps; 0: never
  std::chrono::microseconds idle_sleep{50};
};

struct Config {
  std::string file;  ///< absolute path
  std::string log_level = "info";
  WorkersConfig workers;
  drivers::HugePages huge_pages = drivers::HugePages::kAuto;
  unsigned memory_mb = 512;
  unsigned mbufs = 0;           ///< per socket; 0: by the ports' queues
  unsigned max_streams = 4096;  ///< stream sides per worker
  crypto::EngineChoice engines;
  drivers::CryptoDeviceOptions crypto_device;  ///< `device` empty: none; `workers` is set when it is opened
  std::string crypto_device_position;          ///< as PortConfig::position
  std::string control_socket = "/run/sallyport/control.sock";
  std::string store_file;  ///< absolute path of what is changed at run time
  bool clear_media = false;  ///< captures may show media in the clear
  std::vector<PortConfig> ports;
  std::vector<StreamConfig> streams;
  SipConfig sip;
  std::vector<std::string> warnings;  ///< said loudly at start, as for allow_index_reuse_in_lab
};

/// What is wrong with a configuration: every fault found, one line each,
/// "FILE:LINE: key 'port.wan.address' = '10.0.0.999/24': expected an address with prefix length, as in 192.0.2.1/24".
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> faults);
  const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  std::vector<std::string> faults_;
};

/// Reads and checks a configuration. `overrides`: "section.key=value" from the command line, stronger than the file.
/// Key files ("file:PATH") are read here; one that others can read (any mode bit of group or other), or a configuration
/// file with keys in it that others can read, is a fault. Throws ConfigError.
Config load_config(const std::string& path, const std::vector<std::string>& overrides);

/// The configuration reference (every key: meaning, unit, default) as text, made from the same table that load_config
/// uses.
std::string config_reference();

/// Names of the settings in which two configurations differ and that cannot change while the gateway runs
/// (ports, workers, memory, engine, control socket); empty: a reload can go ahead.
std::vector<std::string> restart_only_changes(const Config& running, const Config& wanted);

}  // namespace sallyport::controlplane
