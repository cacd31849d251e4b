#include "controlplane/admin/cli_tables.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "controlplane/admin/call_tables.hpp"
#include "controlplane/admin/text_table.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using Align = TextTable::Align;

const json& field(const json& object, const std::string& key) {
  static const json kMissing;
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? kMissing : *found;
}

std::string text(const json& object, const std::string& key) {
  const json& value = field(object, key);
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string count(const json& object, const std::string& key) {
  const json& value = field(object, key);
  const bool countable = value.is_number_integer() && value >= 0;
  return countable ? grouped(value.get<std::uint64_t>()) : text(object, key);
}

std::string number(const json& object, const std::string& key, int digits) {
  const json& value = field(object, key);
  return value.is_number() ? decimal(value.get<double>(), digits) : text(object, key);
}

/// "1.2 %" of expected packets, with the count: "3 (1.2 %)".
std::string loss(const json& side) {
  const json& lost = field(side, "lost");
  const json& expected = field(side, "expected");
  if (!lost.is_number() || !expected.is_number() || expected.get<double>() <= 0) return count(side, "lost");
  const double percent = 100.0 * lost.get<double>() / expected.get<double>();
  return decimal(lost.get<double>(), 0) + " (" + decimal(percent, 1) + " %)";
}

/// How fast a counter has grown since the earlier reply, per second.
std::string rate(const json& now, const json& before, const std::string& key, double seconds) {
  const json& a = field(before, key);
  const json& b = field(now, key);
  if (!a.is_number() || !b.is_number() || seconds <= 0 || b.get<double>() < a.get<double>()) return "-";
  return decimal((b.get<double>() - a.get<double>()) / seconds, 0);
}

/// The element of an array of objects whose `key` is that of `like`.
const json& matching(const json& array, const json& like, const std::string& key) {
  for (const json& element : array) {
    if (field(element, key) == field(like, key)) return element;
  }
  return field(json::object(), key);
}

std::string joined(const json& array) {
  std::string all;
  for (const json& element : array) {
    all.append(all.empty() ? "" : ", ").append(element.is_string() ? element.get<std::string>() : element.dump());
  }
  return all.empty() ? "-" : all;
}

/// "auth_failed 3, replayed 1", empty where nothing was dropped.
std::string reasons(const json& drops) {
  std::string all;
  for (const auto& [name, number] : drops.items()) {
    if (number == 0U) continue;
    all.append(all.empty() ? "" : ", ").append(name).append(" ").append(count(drops, name));
  }
  return all;
}

/// How a worker's pauses are spread over their kinds, and what it worked at a stretch.
std::string pauses_lines(const json& pauses) {
  std::string kinds;
  for (const auto& [kind, seen] : field(pauses, "kinds").items()) {
    if (field(seen, "count") == 0U) continue;
    kinds.append(kinds.empty() ? "" : ", ").append(count(seen, "count")).append(" ").append(kind);
  }
  const json& recent = field(pauses, "recent");
  const json& own = field(pauses, "own_us");
  std::string out = "pauses over " + text(pauses, "over_us") + " us: " + (kinds.empty() ? "none" : kinds);
  if (field(recent, "longest_us").is_number()) {
    out += "; " + count(recent, "count") + " in the last " + text(pauses, "window_s") + " s, at most " +
           number(recent, "longest_us", 1) + " us (" + text(recent, "kind") + ")";
  }
  return out + "\nits own work at a stretch, at most: packets " + number(own, "packets", 1) + " us, commands " +
         number(own, "commands", 1) + " us, sweep " + number(own, "sweep", 1) + " us\n";
}

std::string workers_table(const json& workers) {
  TextTable table({{"worker"},
                   {"core"},
                   {"load %"},
                   {"rx packets/s"},
                   {"tx packets/s"},
                   {"stream sides"},
                   {"handed in"},
                   {"handed out"},
                   {"sleeps"},
                   {"preempted"}});
  for (const json& worker : workers) {
    table.add({text(worker, "id"), text(worker, "core"), number(worker, "load_percent", 1), number(worker, "rx_pps", 0),
               number(worker, "tx_pps", 0), count(worker, "streams"), count(worker, "handed_in"),
               count(worker, "handed_out"), count(worker, "idle_sleeps"), count(worker, "preempted")});
  }
  return table.to_string();
}

std::string ports_table(const json& ports) {
  TextTable table({{"port", Align::kLeft},
                   {"link", Align::kLeft},
                   {"MAC address", Align::kLeft},
                   {"addresses", Align::kLeft},
                   {"queues"},
                   {"missed"},
                   {"not taken"}});
  for (const json& port : ports) {
    table.add({text(port, "name"), text(port, "link"), text(port, "mac"), joined(field(port, "addresses")),
               count(port, "queues"), count(port, "missed"), count(port, "refused")});
    table.note("    " + text(port, "device") + "; steering: " + text(port, "steering") +
               "; kernel path: " + text(port, "kernel_path"));
  }
  return table.to_string();
}

std::string stages_table(const json& stages) {
  TextTable table(
      {{"stage", Align::kLeft}, {"packets"}, {"bursts"}, {"packets/burst"}, {"cycles/packet"}, {"ns/packet"}});
  for (const json& stage : stages) {
    const double bursts = field(stage, "bursts").is_number() ? field(stage, "bursts").get<double>() : 0;
    const double packets = field(stage, "packets").is_number() ? field(stage, "packets").get<double>() : 0;
    table.add({text(stage, "name"), count(stage, "packets"), count(stage, "bursts"),
               bursts > 0 ? decimal(packets / bursts, 1) : "-", number(stage, "cycles_per_packet", 0),
               number(stage, "ns_per_packet", 1)});
  }
  return table.to_string();
}

/// What serves the suites that are not served by the engine that was chosen, or is fastest: a line per engine and
/// reason.
std::string engine_detours(const json& engines) {
  std::map<std::pair<std::string, std::string>, std::string> suites;
  for (const json& row : engines) {
    if (field(row, "reason").is_null()) continue;
    std::string& list = suites[{text(row, "engine"), text(row, "reason")}];
    list.append(list.empty() ? "" : ", ").append(text(row, "suite"));
  }
  std::string out;
  for (const auto& [why, list] : suites) {
    out.append("\n               ").append(why.first).append(" for ").append(list).append(": ").append(why.second);
  }
  return out;
}

/// "0x0001 of 2 keys", empty for one key without an MKI.
std::string mki_text(const json& keys, const json& which) {
  if (!keys.is_array() || keys.empty()) return {};
  const std::size_t index = which.is_number_unsigned() && which <= keys.size() ? which.get<std::size_t>() - 1 : 0;
  const json& mki = field(keys[index], "mki");
  if (!mki.is_string()) return {};
  return "MKI " + mki.get<std::string>() + (keys.size() > 1 ? " of " + std::to_string(keys.size()) + " keys" : "");
}

/// "send key 91 % used, nearly over"; empty while there is nothing to say.
std::string key_text(const json& srtp, const std::string& which, const std::string& name) {
  const json& key = field(srtp, which);
  const json& used = field(key, "used_percent");
  const bool begun = used.is_number() && used.get<double>() >= 0.1;
  const std::string state = text(key, "state");
  if (!begun && (state == "good" || state == "-")) return {};
  std::string out = name + " " + number(key, "used_percent", 1) + " % used";
  return state == "good" ? out : out + ", " + (state == "over" ? "OVER" : state);
}

/// What is special about a side's SRTP, a note per line.
std::vector<std::string> srtp_notes(const json& side) {
  const json& srtp = field(side, "srtp");
  if (!srtp.is_object()) return {};
  std::vector<std::string> notes;
  const json& exposed = field(srtp, "exposed");
  if (!exposed.empty()) notes.push_back("! " + text(side, "security") + ": " + joined(exposed));
  if (!field(srtp, "engine_reason").is_null()) {
    notes.push_back("engine " + text(side, "engine") + ": " + text(srtp, "engine_reason"));
  }
  std::vector<std::string> parts = {text(srtp, "session_parameters"),
                                    field(srtp, "accepts_unencrypted_srtcp") == true ? "accepts unencrypted SRTCP" : "",
                                    mki_text(field(srtp, "send_keys"), field(srtp, "send_with")),
                                    key_text(srtp, "send_key", "send key"),
                                    key_text(srtp, "receive_key", "receive key")};
  std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "-"; });
  if (!parts.empty()) notes.push_back("SRTP: " + joined(parts));
  return notes;
}

/// Where the rates go: behind the counters that they are of.
constexpr std::ptrdiff_t kBesideSent = 10;

std::vector<TextTable::Column> stream_columns(bool rates) {
  std::vector<TextTable::Column> columns = {{"stream", Align::kLeft},
                                            {"side", Align::kLeft},
                                            {"media", Align::kLeft},
                                            {"suite", Align::kLeft},
                                            {"engine", Align::kLeft},
                                            {"local", Align::kLeft},
                                            {"remote", Align::kLeft},
                                            {"next hop", Align::kLeft},
                                            {"received"},
                                            {"sent"},
                                            {"lost"},
                                            {"jitter ms"},
                                            {"auth failed"},
                                            {"replayed"},
                                            {"RTCP in/out"}};
  if (rates) columns.insert(columns.begin() + kBesideSent, {{"rx/s"}, {"tx/s"}});
  return columns;
}

std::vector<std::string> stream_cells(const json& stream, const json& side, const json& before,
                                      const Earlier& earlier) {
  const std::string engine = text(side, "engine");
  const bool exposed = !field(field(side, "srtp"), "exposed").empty();
  std::vector<std::string> cells = {text(stream, "name"),
                                    text(side, "side"),
                                    text(side, "media"),
                                    text(side, "suite") + (exposed ? " !" : ""),
                                    engine.empty() ? "-" : engine,
                                    text(side, "local"),
                                    text(side, "remote"),
                                    text(side, "next_hop"),
                                    count(side, "received"),
                                    count(side, "sent"),
                                    loss(side),
                                    number(side, "jitter_ms", 1),
                                    count(side, "auth_failed"),
                                    count(side, "replayed"),
                                    count(side, "rtcp_received") + "/" + count(side, "rtcp_sent")};
  if (earlier.reply != nullptr) {
    cells.insert(cells.begin() + kBesideSent,
                 {rate(side, before, "received", earlier.seconds), rate(side, before, "sent", earlier.seconds)});
  }
  return cells;
}

/// What came in by SIP and became no transaction, and by which limits.
std::string sip_lines(const json& sip) {
  if (sip.empty()) return {};
  std::string out = "\nSIP: " + count(sip, "received") + " messages, " + count(sip, "requests") + " requests, " +
                    count(sip, "retransmissions") + " again, " + count(sip, "timeouts") + " without an answer; " +
                    count(sip, "connections") + " connections, " + count(sip, "half_open") + " half open, " +
                    count(sip, "connections_failed") + " failed\n";
  if (const std::string malformed = reasons(field(sip, "malformed")); !malformed.empty()) {
    out += "    malformed: " + malformed + "\n";
  }
  if (const std::string limits = reasons(field(sip, "limits")); !limits.empty()) {
    out += "    refused by limits: " + limits + "\n";
  }
  return out;
}

/// A line per pool.
std::string buffers_text(const json& pools) {
  std::string out;
  for (const json& pool : pools) {
    out += "\npacket buffers " + count(pool, "in_use") + " of " + count(pool, "total") + " in use";
    if (field(pool, "socket").is_number() && field(pool, "socket") >= 0) out += " on socket " + text(pool, "socket");
  }
  return out;
}

}  // namespace

std::string status_text(const json& reply) {
  std::string out = "Sallyport " + text(reply, "version");
  const json& uptime = field(reply, "uptime_s");
  if (uptime.is_number()) out += ", up " + duration(uptime.get<double>());
  out += "\nconfiguration  " + text(reply, "config_file");
  out += "\nengine         " + text(reply, "engine") + engine_detours(field(reply, "engines"));
  out += std::string("\nhuge pages     ") + (field(reply, "huge_pages") == true ? "in use" : "not in use") +
         buffers_text(field(reply, "packet_buffers"));
  const json& streams = field(reply, "streams");
  out += "\nstreams        " + count(streams, "configured") + " configured, " + count(streams, "active") + " active\n";
  for (const json& trunk : field(field(reply, "sip"), "trunks")) {
    out += "trunk          " + text(trunk, "trunk") + ": " + count(trunk, "down") + " of " + count(trunk, "targets") +
           " targets down\n";
  }
  const json& biting = field(field(reply, "sip"), "limits");
  if (!biting.empty()) out += "SIP limits     refusing now: " + joined(biting) + "\n";
  for (const json& warning : field(reply, "warnings")) {
    out.append("WARNING: ").append(warning.is_string() ? warning.get<std::string>() : warning.dump()).append("\n");
  }
  return out + "\n" + workers_table(field(reply, "workers")) + "\n" + ports_table(field(reply, "ports"));
}

std::string stats_text(const json& reply, const Earlier& earlier) {
  std::vector<TextTable::Column> columns = {{"worker"},
                                            {"rx"},
                                            {"from kernel"},
                                            {"handed in"},
                                            {"generated"},
                                            {"tx"},
                                            {"punted"},
                                            {"handed out"},
                                            {"consumed"},
                                            {"dropped"},
                                            {"accounts", Align::kLeft}};
  if (earlier.reply != nullptr) columns.insert(columns.end(), {{"rx/s"}, {"tx/s"}, {"dropped/s"}});
  TextTable table(columns);
  std::string stages;
  for (const json& worker : field(reply, "workers")) {
    std::vector<std::string> cells = {text(worker, "id")};
    for (const char* key :
         {"rx", "from_kernel", "handed_in", "generated", "tx", "punted", "handed_out", "consumed", "dropped"}) {
      cells.push_back(count(worker, key));
    }
    cells.push_back(field(worker, "balanced") == true ? "balanced" : "NOT BALANCED");
    if (earlier.reply != nullptr) {
      const json& before = matching(field(*earlier.reply, "workers"), worker, "id");
      for (const char* key : {"rx", "tx", "dropped"}) cells.push_back(rate(worker, before, key, earlier.seconds));
    }
    table.add(std::move(cells));
    const std::string drops = reasons(field(worker, "drops"));
    if (!drops.empty()) table.note("    dropped: " + drops);
    stages += "\nworker " + text(worker, "id") + ": " + count(worker, "commands") + " commands of control; preempted " +
              count(worker, "preempted") + " times\n" + pauses_lines(field(worker, "pauses")) +
              stages_table(field(worker, "stages"));
  }
  return table.to_string() + stages + sip_lines(field(reply, "sip"));
}

std::string pauses_text(const json& reply) {
  constexpr std::size_t kShown = 20;
  TextTable table({{"worker"}, {"seconds ago"}, {"us"}, {"kind", Align::kLeft}});
  for (const json& worker : field(reply, "workers")) {
    const json& pauses = field(worker, "pauses");
    for (std::size_t i = 0; i < std::min(kShown, pauses.size()); ++i) {
      const json& pause = pauses[pauses.size() - 1 - i];
      table.add({text(worker, "id"), number(pause, "ago_s", 3), number(pause, "us", 1), text(pause, "kind")});
    }
    if (pauses.size() > kShown) {
      table.note("    and " + grouped(pauses.size() - kShown) + " before; --json shows them all");
    }
  }
  return table.to_string();
}

std::string streams_text(const json& reply, const Earlier& earlier) {
  if (field(reply, "streams").empty()) return "no streams are configured\n";
  TextTable table(stream_columns(earlier.reply != nullptr));
  for (const json& stream : field(reply, "streams")) {
    const json& before =
        earlier.reply == nullptr ? field(reply, "") : matching(field(*earlier.reply, "streams"), stream, "name");
    for (const json& side : field(stream, "sides")) {
      table.add(stream_cells(stream, side, matching(field(before, "sides"), side, "side"), earlier));
      for (const std::string& note : srtp_notes(side)) table.note("    " + note);
      const std::string drops = reasons(field(side, "dropped"));
      if (!drops.empty()) table.note("    dropped: " + drops);
    }
  }
  return table.to_string();
}

std::string fields_text(const json& reply) {
  std::string out;
  for (const auto& [key, value] : reply.items()) {
    if (key == "ok") continue;
    out.append(key).append(": ").append(value.is_array() ? joined(value) : text(reply, key)).append("\n");
  }
  return out.empty() ? "done\n" : out;
}

std::string reply_text(const std::string& command, const json& reply, const Earlier& earlier) {
  if (command == "status") return status_text(reply);
  if (command == "stats") return stats_text(reply, earlier);
  if (command == "pauses") return pauses_text(reply);
  if (command == "streams") return streams_text(reply, earlier);
  if (command == "calls") return calls_text(reply);
  if (command == "call") return call_text(reply);
  if (command == "lines") return registrations_text(reply);
  if (command == "trunks") return trunks_text(reply);
  return fields_text(reply);
}

}  // namespace sallyport::controlplane
