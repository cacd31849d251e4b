#include "perf/load/options.hpp"

#include <boost/program_options.hpp>
#include <fstream>
#include <iostream>

#include "perf/load/option_values.hpp"

namespace sallyport::load {
namespace {

namespace po = boost::program_options;
using std::string;

po::options_description stream_options() {
  po::options_description group("Streams");
  group.add_options()("streams,n", po::value<string>()->default_value("1"), "how many streams")(
      "from", po::value<string>(), "our endpoint on the offering side, as 192.0.2.1:20000; stream i: port + i * step")(
      "to", po::value<string>(), "the gateway's endpoint there (a.local)")(
      "sink", po::value<string>(), "our endpoint on the far side, where the gateway sends to (b.remote)")(
      "sink-from", po::value<string>(), "the gateway's endpoint there (b.local); checked as the source if given")(
      "gateway", po::value<string>(),
      "rtpengine=A:P: make each stream a call there, over ng (UDP), and delete it at the end; instead of --to, "
      "--sink-from and keys")("port-step", po::value<string>()->default_value("2"),
                              "from a stream's port to the next one's")("bidirectional", po::bool_switch(),
                                                                        "also offer from the far side")(
      "rtcp", po::value<string>()->default_value("off")->implicit_value("pair"),
      "a sender report per second and stream: off, pair (next port) or mux (same port)");
  return group;
}

po::options_description key_options() {
  po::options_description group("SRTP (keys: KEY[|LIFETIME][|MKI:LENGTH] as in SDES, or file:PATH with mode 0600)");
  group.add_options()("suite", po::value<string>()->default_value("RTP"), "of the offering side: RTP or an SDES name")(
      "key", po::value<string>()->default_value(""), "master key that we protect with there")(
      "receive-key", po::value<string>()->default_value(""), "the gateway's master key there (--bidirectional)")(
      "sink-suite", po::value<string>()->default_value("RTP"), "of the far side")(
      "sink-key", po::value<string>()->default_value(""), "the gateway's master key on the far side")(
      "sink-send-key", po::value<string>()->default_value(""),
      "master key that we protect with there (--bidirectional)")(
      "session-parameters", po::value<string>()->default_value(""),
      "SDES's session parameters of the offering side, as \"UNENCRYPTED_SRTCP KDR=16\"")(
      "sink-session-parameters", po::value<string>()->default_value(""), "of the far side")(
      "mki", po::value<string>()->default_value(""),
      "MKI that --emit-config gives the keys of the offering side, as 1:4")(
      "sink-mki", po::value<string>()->default_value(""), "of the far side")(
      "keys", po::value<string>()->default_value(""),
      "file with a line per stream: key receive-key sink-send-key sink-key, '-' for none")(
      "engine", po::value<string>()->default_value("openssl"),
      "what computes our side of SRTP: openssl (another than the gateway's), ipsec_mb or lanes (faster), libsrtp");
  return group;
}

po::options_description load_options() {
  po::options_description group("Load");
  group.add_options()("rate", po::value<string>()->default_value("50"),
                      "packets per second of each stream and direction")(
      "pps", po::value<string>(), "instead: packets per second of all streams in one direction, or max")(
      "duration,t", po::value<string>(), "seconds (10 if --packets is not given)")("packets", po::value<string>(),
                                                                                   "of each stream and direction")(
      "size", po::value<string>()->default_value("160"), "RTP payload bytes; several, as 160,20,1200, take turns")(
      "replay", po::value<string>(),
      "each stream as the longest RTP stream in this pcap: payload size (not below 32 bytes), payload type, marker and "
      "time stamp of each packet, and, without --rate or --pps, when it is sent; the payload is ours")(
      "payload-type", po::value<string>()->default_value("0"), "RTP payload type")(
      "timestamp-step", po::value<string>()->default_value("160"), "RTP clock units from packet to packet");
  return group;
}

po::options_description judge_options() {
  po::options_description group("Judging");
  group.add_options()("late", po::value<string>()->default_value("100"), "milliseconds until a packet is late")(
      "settle", po::value<string>()->default_value("500"), "milliseconds to wait for the last packets")(
      "loss", po::value<string>()->default_value("0"), "percent of the packets that we withhold")(
      "duplicate", po::value<string>()->default_value("0"), "percent that we send twice")(
      "reorder", po::value<string>()->default_value("0"), "percent that we send behind their successor")(
      "bad-tag", po::value<string>()->default_value("0"), "percent that get a wrong tag")(
      "malformed", po::value<string>()->default_value("0"), "percent that are no RTP any more when they are sent")(
      "seed", po::value<string>()->default_value("1"), "which packets that happens to")(
      "pauses-of", po::value<string>()->default_value(""),
      "control socket of the sallyportd under test, on this host: tell the latency also of those packets that were "
      "under way in no pause that the machine made, of its workers' threads and ours")(
      "backlog", po::value<string>()->default_value("4"),
      "with it: behind a pause leave out so many times its length, in which what piled up passes (at 80 % load: 4)")(
      "json", po::bool_switch(), "print JSON instead of the table");
  return group;
}

po::options_description find_options() {
  po::options_description group("The highest rate (RFC 2544 26.1)");
  group.add_options()("find-rate", po::value<string>(),
                      "search between LOW-HIGH, as 1000-200000: packets per second of all streams in one direction; "
                      "--duration is a trial's, --rate what the result is told in streams of")(
      "resolution", po::value<string>()->default_value("1"),
      "end when the rate that passed is at most so many percent below one that did not")(
      "allowed-loss", po::value<string>()->default_value("0"),
      "percent of the packets that a trial may lose and still pass");
  return group;
}

po::options_description link_options() {
  po::options_description group("Links");
  group.add_options()("link", po::value<string>()->default_value("udp"),
                      "udp (sockets of this network namespace), memif:PATH (client), memif-server:PATH, pci:ADDRESS (a "
                      "NIC bound to vfio-pci), or ring (to ourselves, without a gateway: what we can do at most)")(
      "mac", po::value<string>(), "our MAC address on memif (a random one) or the NIC (its own)")(
      "peer-mac", po::value<string>(), "the gateway's MAC address on memif or the NIC's cable")(
      "sink-link", po::value<string>(), "link of the far side (the same link)")(
      "sink-mac", po::value<string>(), "our MAC address on it")("sink-peer-mac", po::value<string>(),
                                                                "the gateway's MAC address on it")(
      "write-pcap", po::value<string>()->default_value(""),
      "write all that is sent and received to this file, as it is on the wire")(
      "core", po::value<string>(), "pin to this core")("spin", po::bool_switch(), "poll without a pause")(
      "memory", po::value<string>()->default_value("256"), "MiB for the packet buffers of memif, pci and ring");
  return group;
}

po::options_description emit_options() {
  po::options_description group("Matching configuration");
  group.add_options()("emit-config", po::value<string>(),
                      "write DIR/streams.conf (for the gateway), DIR/load.keys and DIR/load.conf (for --config), with "
                      "fresh random keys, and exit")(
      "port-config", po::value<std::vector<string>>()->composing(),
      "with it: a=DEVICE or b=DEVICE, writes [port.a] or [port.b], too; without b both sides are on port a");
  return group;
}

po::options_description all_options() {
  po::options_description all(
      "sallyport-load: offers RTP or SRTP to a gateway, receives what comes out on its other side, and judges every "
      "packet\n\n  sallyport-load --from A:P --to A:P --sink A:P [--sink-from A:P] [options]\n"
      "  sallyport-load --gateway rtpengine=A:P --from A:P --sink A:P [options]\n\n"
      "Exit status: 0 all came back right, 1 not so (the table says what), 2 wrong usage or set-up; with --find-rate "
      "0 a rate passed, 1 none did\n\nGeneral");
  all.add_options()("help,h", "print this help")("config,c", po::value<string>(),
                                                 "file of these options, as streams = 100; the command line wins");
  for (const auto& group : {stream_options(), key_options(), load_options(), judge_options(), find_options(),
                            link_options(), emit_options()}) {
    all.add(group);
  }
  return all;
}

/// Keys in an option file would need that file's secrecy; --keys and file:PATH have theirs checked.
void refuse_inline_keys(const po::parsed_options& parsed, const string& path) {
  for (const auto& option : parsed.options) {
    const string& key = option.string_key;
    const bool is_key = key == "key" || key == "receive-key" || key == "sink-key" || key == "sink-send-key";
    if (is_key && !option.value.empty() && !option.value.front().starts_with("file:")) {
      throw UsageError("'" + path + "' holds a key in '" + key + "': expected file:PATH there, or keys = FILE");
    }
  }
}

void read_option_file(const string& path, const po::options_description& known, po::variables_map& given) {
  std::ifstream file(path);
  if (!file) throw UsageError("--config: cannot read '" + path + "'");
  const auto parsed = po::parse_config_file(file, known);
  refuse_inline_keys(parsed, path);
  po::store(parsed, given);
}

po::variables_map parse(const std::vector<string>& arguments, const po::options_description& known) {
  po::variables_map given;
  try {
    namespace style = po::command_line_style;
    const po::positional_options_description none;
    po::store(po::command_line_parser(arguments)
                  .options(known)
                  .positional(none)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              given);
    if (given.contains("config")) read_option_file(given["config"].as<string>(), known, given);
    po::notify(given);
  } catch (const po::error& error) {
    throw UsageError(string(error.what()) + "; see --help");
  }
  return given;
}

}  // namespace

std::optional<LoadOptions> parse_options(const std::vector<std::string>& arguments) {
  const po::options_description known = all_options();
  const po::variables_map given = parse(arguments, known);
  if (given.contains("help")) {
    std::cout << known;
    return std::nullopt;
  }
  LoadOptions options = read_values(given);
  check(options);
  return options;
}

}  // namespace sallyport::load
