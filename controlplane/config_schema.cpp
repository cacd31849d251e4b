#include "controlplane/config_schema.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "controlplane/config_sections.hpp"
#include "controlplane/config_values.hpp"
#include "controlplane/config_values_srtp.hpp"
#include "controlplane/negotiation/session_parameters.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::IpAddress;
using drivers::KernelPathKind;
using drivers::LinuxMode;
using Text = std::string_view;

template <class T>
bool append(std::vector<T>& list, const std::optional<T>& value) {
  if (value) list.push_back(*value);
  return value.has_value();
}

bool add_prefix(std::vector<drivers::IpPrefix>& list, Text text) {
  const auto prefix = drivers::IpPrefix::parse(text);
  return prefix && prefix->length > 0 && is_host_address(prefix->address) && append(list, prefix);
}

bool set_host(IpAddress& out, const std::optional<IpAddress>& address) {
  return address && is_host_address(*address) && set_parsed(out, address);
}

bool add_gateway(std::vector<IpAddress>& list, Text text) {
  IpAddress address;
  if (!set_host(address, IpAddress::parse(text))) return false;
  list.push_back(address);
  return true;
}

bool set_endpoint(Endpoint& out, Text text) {
  const auto endpoint = Endpoint::parse(text);
  return endpoint && is_host_address(endpoint->address) && set_parsed(out, endpoint);
}

bool set_media_ports(drivers::PortRange& out, Text text) {
  const auto range = drivers::PortRange::parse(text);
  return range && range->first > 0 && range->first <= range->last && set_parsed(out, range);
}

bool set_descriptors(std::uint16_t& out, Text text) {
  std::uint16_t value = 0;
  if (!set_number<std::uint16_t>(value, text, 64, 8192) || !std::has_single_bit(value)) return false;
  out = value;
  return true;
}

bool set_string_if(std::string& out, Text text, bool good) {
  if (good) out = text;
  return good;
}

/// Key texts are read by read_keys(), which knows the suite.
bool accept_key_text(Target&, Text text) { return !text.empty(); }

constexpr Text kYesNo = "yes or no";
constexpr Text kEndpoint = "an address and UDP port, as in 192.0.2.1:20000 or [2001:db8::1]:20000";
constexpr Text kSuites =
    "AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_256_CM_HMAC_SHA1_80, AES_192_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80, "
    "the same with _32, F8_128_HMAC_SHA1_80, or one of the unregistered F8_128_HMAC_SHA1_32, AEAD_AES_256_GCM_8, "
    "AEAD_AES_128_GCM_8, NULL_HMAC_SHA1_80, NULL_HMAC_SHA1_32";
constexpr Text kKey = "[inline:]KEY[|LIFETIME][|MKI:LENGTH] as in SDES, several apart by ;, or file:PATH";
constexpr Text kEngines = "auto, lanes, ipsec_mb, openssl, cryptodev or libsrtp";

// clang-format off: one key per row, as in the printed reference.
constexpr std::array kRows{
    KeyRow{"log", "level", "how much is logged", "", "info", "trace, debug, info, warning or error",
           [](Target& t, Text v) {
             return set_string_if(t.config->log_level, v,
                                  v == "trace" || v == "debug" || v == "info" || v == "warning" || v == "error");
           }},

    KeyRow{"workers", "cores", "processor cores, one worker each: a list as in 0,2 or 0-3", "", "all",
           "a list of cores, each once, as in 0,2 or 0-3, or all",
           [](Target& t, Text v) { return set_cores(t.config->workers.cores, v); }},
    KeyRow{"workers", "idle_polls", "empty polls before a worker sleeps; 0: it never sleeps", "polls", "64",
           "a number from 0 to 1000000",
           [](Target& t, Text v) { return set_number(t.config->workers.idle_polls, v, 0U, 1'000'000U); }},
    KeyRow{"workers", "idle_sleep_us", "how long an idle worker sleeps", "microseconds", "50",
           "a number from 1 to 10000",
           [](Target& t, Text v) { return set_duration(t.config->workers.idle_sleep, v, 1, 10'000); }},

    KeyRow{"memory", "huge_pages", "auto: where enough are free", "", "auto", "auto, never or always",
           [](Target& t, Text v) {
             return set_choice<drivers::HugePages>(t.config->huge_pages, v,
                                                   {{"auto", drivers::HugePages::kAuto},
                                                    {"never", drivers::HugePages::kNever},
                                                    {"always", drivers::HugePages::kAlways}});
           }},
    KeyRow{"memory", "size_mb", "memory for packet buffers and tables", "MiB", "512", "a number from 64 to 1048576",
           [](Target& t, Text v) { return set_number(t.config->memory_mb, v, 64U, 1'048'576U); }},
    KeyRow{"memory", "mbufs", "packet buffers per processor socket; 0: as many as the ports' queues can hold, and some",
           "buffers", "0", "a number from 0 to 16777216",
           [](Target& t, Text v) { return set_number(t.config->mbufs, v, 0U, 16'777'216U); }},
    KeyRow{"memory", "max_streams",
           "stream sides that each worker has room for; a reload puts new ones in before old ones have left", "sides",
           "4096", "a number from 2 to 1048576",
           [](Target& t, Text v) { return set_number(t.config->max_streams, v, 2U, 1'048'576U); }},

    KeyRow{
        "crypto", "engine",
        "what computes AES and SHA-1; auto: the fastest that this host has, suite by suite (lanes, ipsec_mb, openssl); "
        "a suite that the engine lacks goes to the fastest that has it",
        "", "auto", kEngines, [](Target& t, Text v) { return set_engine(t.config->engines.preferred, v); }},
    KeyRow{"crypto", "engine", "the same for one suite", "", "(crypto.engine)", kEngines,
           [](Target& t, Text v) { return set_engine(t.config->engines.by_suite[crypto::suite_index(*t.suite)], v); },
           false, false, false, false, true},
    KeyRow{"crypto", "device", "what the engine cryptodev works on: a driver of DPDK, or a device that DPDK owns", "",
           "(none)", "crypto_DRIVER, as in crypto_aesni_mb, or pci:DDDD:BB:DD.F",
           [](Target& t, Text v) { return set_crypto_device(t.config->crypto_device.device, v); }},
    KeyRow{"crypto", "device_mode",
           "async: packets go to the device and come back later; cpu: its driver works on the worker's own core", "",
           "async", "async or cpu",
           [](Target& t, Text v) {
             return set_choice<crypto::CryptodevMode>(
                 t.config->crypto_device.mode, v,
                 {{"async", crypto::CryptodevMode::kAsync}, {"cpu", crypto::CryptodevMode::kCpu}});
           }},
    KeyRow{"crypto", "device_keys", "how many keys the device has room for: four for each SRTP side, more with epochs",
           "keys", "16384", "a number from 64 to 16777216",
           [](Target& t, Text v) { return set_number(t.config->crypto_device.max_keys, v, 64U, 16'777'216U); }},

    KeyRow{"control", "socket", "UNIX socket of the command line tool", "", "/run/sallyport/control.sock",
           "an absolute path of at most 107 characters",
           [](Target& t, Text v) { return set_string_if(t.config->control_socket, v, is_socket_path(v)); }},

    KeyRow{"store", "file", "what is changed at run time: security profiles, and which lines have them (SQLite)", "",
           "(beside this file, of its name with .db)", "a path",
           [](Target& t, Text v) { return set_string_if(t.config->store_file, v, !v.empty()); }},

    KeyRow{"capture", "clear_media",
           "yes: sallyport capture may show media in the clear, plain RTP as well as what comes or goes encrypted", "",
           "no", kYesNo, [](Target& t, Text v) { return set_yes_no(t.config->clear_media, v); }},

    KeyRow{"port", "device",
           "what the port is: a Linux interface, a NIC that DPDK owns, a memif socket, an in-process ring, or capture "
           "files",
           "", "", "linux:IFACE, pci:DDDD:BB:DD.F, memif:/PATH[,queues=N], ring:NAME or pcap:IN,OUT",
           [](Target& t, Text v) { return set_device(t.port->options, v); }, false, false, true},
    KeyRow{"port", "mode", "how a Linux interface is taken; auto: AF_XDP where it can be had", "", "auto",
           "auto, af_xdp or af_packet",
           [](Target& t, Text v) {
             return set_choice<LinuxMode>(
                 t.port->options.linux_mode, v,
                 {{"auto", LinuxMode::kAuto}, {"af_xdp", LinuxMode::kAfXdp}, {"af_packet", LinuxMode::kAfPacket}});
           }},
    KeyRow{"port", "role", "which end of a memif socket", "", "server", "server or client",
           [](Target& t, Text v) {
             return set_choice<bool>(t.port->options.memif_server, v, {{"server", true}, {"client", false}});
           }},
    KeyRow{"port", "kernel_path",
           "how Linux gets what is not media; auto: shared for Linux interfaces, tap for pci and memif, none for ring "
           "and pcap",
           "", "auto", "auto, shared, tap or none",
           [](Target& t, Text v) {
             return set_choice<KernelPathKind>(t.port->options.kernel_path, v,
                                               {{"auto", KernelPathKind::kAuto},
                                                {"shared", KernelPathKind::kShared},
                                                {"tap", KernelPathKind::kTap},
                                                {"none", KernelPathKind::kNone}});
           }},
    KeyRow{"port", "tap", "name of the TAP interface", "", "(sp- and the port's name)",
           "an interface name of 1 to 15 characters",
           [](Target& t, Text v) { return set_string_if(t.port->options.tap_name, v, is_interface_name(v)); }},
    KeyRow{"port", "address", "address of ours with its on-link prefix", "", "",
           "an address with prefix length, as in 192.0.2.1/24",
           [](Target& t, Text v) { return add_prefix(t.port->options.addresses, v); }, false, true, true},
    KeyRow{"port", "gateway", "next hop for what is not on-link, at most one per address family", "",
           "(Linux's routes)", "an address, as in 192.0.2.254",
           [](Target& t, Text v) { return add_gateway(t.port->options.gateways, v); }, false, true},
    KeyRow{"port", "media_ports", "UDP ports that are media and never reach Linux", "", "20000-39999",
           "two UDP ports, as in 20000-39999",
           [](Target& t, Text v) { return set_media_ports(t.port->options.media_ports, v); }},
    KeyRow{"port", "neighbour", "MAC address of a next hop, for ports without a kernel path", "", "(none)",
           "an address and a MAC address, as in 192.0.2.9 02:00:00:00:00:09",
           [](Target& t, Text v) { return append(t.port->neighbours, parse_neighbour(v)); }, false, true},
    KeyRow{"port", "mac", "MAC address, not for Linux interfaces", "", "(the device's own; memif: a random one)",
           "the MAC address of one station, as in 02:00:00:00:00:01",
           [](Target& t, Text v) {
             const auto mac = drivers::MacAddress::parse(v);
             return mac && is_station(*mac) && set_parsed(t.port->options.mac, mac);
           }},
    KeyRow{"port", "descriptors", "length of each receive and transmit queue", "packets", "4096",
           "a power of two from 64 to 8192",
           [](Target& t, Text v) { return set_descriptors(t.port->options.descriptors, v); }},
    KeyRow{"port", "punt_limit", "packets that each worker passes to Linux through the TAP", "packets per second",
           "100000", "a number from 0 to 10000000",
           [](Target& t, Text v) { return set_number(t.port->options.punt_limit_pps, v, 0U, 10'000'000U); }},
    KeyRow{"port", "udp_checksum", "IPv4 only; no: 0 is sent where the device does not compute it", "", "yes", kYesNo,
           [](Target& t, Text v) { return set_yes_no(t.port->udp_checksum, v); }},

    KeyRow{"stream", "local", "where the gateway receives and sends from; an address of a port, in its media_ports", "",
           "", kEndpoint, [](Target& t, Text v) { return set_endpoint(t.side->local, v); }, true, false, true},
    KeyRow{"stream", "remote", "the other party", "", "", kEndpoint,
           [](Target& t, Text v) { return set_endpoint(t.side->remote, v); }, true, false, true},
    KeyRow{"stream", "suite", "SRTP suite", "", "(none: plain RTP)", kSuites,
           [](Target& t, Text v) { return set_suite(t.side->suite, v); }, true},
    KeyRow{"stream", "send_key", "master key and salt that the gateway protects with, in base64", "", "(none)", kKey,
           accept_key_text, true, false, false, true},
    KeyRow{"stream", "receive_key", "master key and salt that the party protects with, in base64", "", "(none)", kKey,
           accept_key_text, true, false, false, true},
    KeyRow{"stream", "send_with", "which of several send keys is sent with, counted from 1", "", "1",
           "a number from 1 to 16, at most as many as there are keys",
           [](Target& t, Text v) { return set_number<std::uint8_t>(t.side->send_with, v, 1, 16); }, true},
    KeyRow{"stream", "session_parameters", "SDES's session parameters, for both directions", "", "(none)",
           kSessionParameterWords, [](Target& t, Text v) { return set_session_parameters(t.side->parameters, v); },
           true},
    KeyRow{"stream", "accept_unencrypted_srtcp",
           "yes: SRTCP may come unencrypted, as some phones send it although encryption was agreed", "", "no", kYesNo,
           [](Target& t, Text v) { return set_yes_no(t.side->parameters.accept_unencrypted_srtcp, v); }, true},
    KeyRow{"stream", "replay_window", "how far behind the newest a packet may be; at least what WSH says", "packets",
           "128", "a number from 128 to 4096",
           [](Target& t, Text v) { return set_replay_window(t.side->parameters, v); }, true},
    KeyRow{"stream", "receive_roc", "ROC of an SSRC that the party has been sending under this key for long", "",
           "(found where it is below 64)", "an SSRC, once, and its ROC, as in 0x1234abcd:3",
           [](Target& t, Text v) { return add_receive_roc(t.side->receive_rocs, v); }, true, true},
    KeyRow{"stream", "rtcp", "RTCP on the next port, on the same port (RFC 5761), or none", "", "pair",
           "pair, mux or off",
           [](Target& t, Text v) {
             return set_choice<RtcpMode>(t.side->rtcp, v,
                                         {{"pair", RtcpMode::kPair}, {"mux", RtcpMode::kMux}, {"off", RtcpMode::kOff}});
           },
           true},
    KeyRow{"stream", "source_check", "whose packets a plain RTP side accepts; an SRTP side accepts what authenticates",
           "", "address", "address, address_and_port or off",
           [](Target& t, Text v) {
             return set_choice<SourceCheck>(t.side->source_check, v,
                                            {{"address", SourceCheck::kAddress},
                                             {"address_and_port", SourceCheck::kAddressAndPort},
                                             {"off", SourceCheck::kOff}});
           },
           true},
    KeyRow{"stream", "dscp", "DSCP of what is sent; keep: as it came in", "", "keep", "keep or a number from 0 to 63",
           [](Target& t, Text v) { return set_dscp(t.side->dscp, v); }, true},
    KeyRow{"stream", "ssrc",
           "SSRC of what is sent; random: a fresh one at each start on an SRTP side, passed through on an RTP side", "",
           "random", "random or 0x and up to 8 hexadecimal digits",
           [](Target& t, Text v) { return set_ssrc(t.side->ssrc, v); }, true},
    KeyRow{"stream", "allow_index_reuse_in_lab",
           "yes permits a fixed ssrc on an SRTP side: a restart may then use a keystream twice", "", "no", kYesNo,
           [](Target& t, Text v) { return set_yes_no(t.stream->allow_index_reuse, v); }},
    KeyRow{"stream", "clock_rate", "RTP clock, for jitter", "Hz", "8000", "a number from 1000 to 384000",
           [](Target& t, Text v) { return set_number(t.stream->config.clock_rate, v, 1000U, 384'000U); }},
    KeyRow{"stream", "media_timeout", "silence until the stream is reported; 0: never", "seconds", "10",
           "a number from 0 to 86400",
           [](Target& t, Text v) { return set_duration(t.stream->config.media_timeout, v, 0, 86'400); }},
    KeyRow{"stream", "rekey_grace_ms", "how long the previous receive key counts after a re-key", "milliseconds",
           "5000", "a number from 0 to 600000",
           [](Target& t, Text v) { return set_duration(t.stream->config.rekey_grace, v, 0, 600'000); }},
};
// clang-format on

/// The section of the table that a section of the file is described by, empty where there is none.
Text kind_of(Text section) {
  const NamedSection* named = named_section(section);
  if (named == nullptr) return section;
  const std::size_t dot = section.find('.');
  if (dot == Text::npos) return {};
  return is_section_name(section.substr(dot + 1), named->longest_name) ? named->kind : Text{};
}

/// Levenshtein's distance.
std::size_t edit_distance(Text a, Text b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const KeyRow> schema() {
  static const std::vector<KeyRow> all = [] {
    std::vector<KeyRow> rows(kRows.begin(), kRows.end());
    const std::vector<KeyRow> sip = sip_schema();
    rows.insert(rows.end(), sip.begin(), sip.end());
    const std::vector<KeyRow> profiles = profile_schema();
    rows.insert(rows.end(), profiles.begin(), profiles.end());
    return rows;
  }();
  return all;
}

std::vector<SchemaKey> keys_of_section(std::string_view section) {
  std::vector<SchemaKey> keys;
  const Text kind = kind_of(section);
  for (const KeyRow& row : schema()) {
    if (row.section != kind) continue;
    if (row.per_suite) {
      for (const crypto::Suite& suite : crypto::kSuites) {
        keys.push_back({std::string(row.key).append(".").append(suite.name), &row, 0, &suite});
      }
    } else if (row.side) {
      keys.push_back({"a." + std::string(row.key), &row, 0, nullptr});
      keys.push_back({"b." + std::string(row.key), &row, 1, nullptr});
    } else {
      keys.push_back({std::string(row.key), &row, 0, nullptr});
    }
  }
  return keys;
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> best;
  std::size_t best_distance = limit + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::vector<std::string> section_kinds() {
  std::vector<std::string> kinds;
  for (const KeyRow& row : schema()) {
    std::string kind = std::string(row.section) + (named_section(row.section) != nullptr ? ".NAME" : "");
    if (kinds.empty() || kinds.back() != kind) kinds.push_back(std::move(kind));
  }
  return kinds;
}

}  // namespace sallyport::controlplane
