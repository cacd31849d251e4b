#include "controlplane/admin/call_tables.hpp"

#include "controlplane/admin/text_table.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  if (found->is_string()) return found->get<std::string>().empty() ? "-" : found->get<std::string>();
  return found->dump();
}

/// Lock, shield or nothing, as phones show it (M10).
std::string sign(const std::string& security) {
  return security == "encrypted" ? "lock" : security == "authenticated" ? "shield" : "-";
}

void add_leg(std::string& out, const json& leg, const char* name) {
  out.append("\n").append(name).append(": ").append(text(leg, "party")).append("\n");
  out.append("  signalling ").append(text(leg, "signalling")).append("; Call-ID ").append(text(leg, "call_id"));
  const json& packets = leg.at("packets");
  out.append("\n  packets: ").append(text(packets, "received")).append(" received, ").append(text(packets, "sent"));
  out.append(" sent, ").append(text(packets, "lost")).append(" lost, ").append(text(packets, "dropped"));
  out.append(leg.value("silent", false) ? " dropped; SENDS NO MEDIA\n" : " dropped\n");
  for (const json& line : leg.at("media")) {
    out.append("  ").append(text(line, "kind")).append(": ");
    const json suite = line.value("suite", json(nullptr));
    out.append(!line.value("active", false) ? "off" : suite.is_null() ? "RTP" : suite.get<std::string>());
    if (line.contains("local"))
      out.append("; ").append(text(line, "local")).append(" <-> ").append(text(line, "remote"));
    out.append("\n");
    for (const json& reason : line.at("reasons")) out.append("    ").append(reason.get<std::string>()).append("\n");
  }
}

}  // namespace

std::string calls_text(const json& reply) {
  using Align = TextTable::Align;
  TextTable table({{"id"},
                   {"state", Align::kLeft},
                   {"status", Align::kLeft},
                   {"caller", Align::kLeft},
                   {"suite", Align::kLeft},
                   {"callee", Align::kLeft},
                   {"suite", Align::kLeft},
                   {"number", Align::kLeft},
                   {"began", Align::kLeft},
                   {"why it ended", Align::kLeft}});
  for (const json& call : reply.at("calls")) {
    table.add({text(call, "id"), text(call, "state"), sign(text(call, "security")), text(call, "caller"),
               text(call, "caller_suite"), text(call, "callee"), text(call, "callee_suite"), text(call, "number"),
               text(call, "began"), text(call, "why")});
  }
  return reply.at("calls").empty() ? "no calls\n" : table.to_string();
}

std::string call_text(const json& reply) {
  const json& call = reply.at("call");
  std::string out = "call " + text(call, "id") + ": " + text(call, "state") + ", " + text(call, "security") + " (" +
                    sign(text(call, "security")) + "): " + text(call, "security_reason") + "\n";
  out += "began " + text(call, "began") + ", answered " + text(call, "answered") + ", ended " + text(call, "ended") +
         (text(call, "why") == "-" ? "" : ": " + text(call, "why")) + "\n";
  for (const json& transfer : call.at("transfers")) {
    out += "  " + text(transfer, "time") + "  " + text(transfer, "from") + " gave its place to " +
           text(transfer, "to") + "\n";
  }
  for (const json& change : call.at("history")) {
    out += "  " + text(change, "time") + "  " + text(change, "security") + ": " + text(change, "reason") + "\n";
  }
  add_leg(out, call.at("legs").at(0), "caller");
  add_leg(out, call.at("legs").at(1), "callee");
  return out;
}

std::string registrations_text(const json& reply) {
  using Align = TextTable::Align;
  TextTable table({{"line", Align::kLeft},
                   {"transport", Align::kLeft},
                   {"from", Align::kLeft},
                   {"expires in s"},
                   {"contact", Align::kLeft},
                   {"user agent", Align::kLeft},
                   {"note", Align::kLeft}});
  for (const json& line : reply.at("registrations")) {
    table.add({text(line, "line"), text(line, "transport"), text(line, "from"), text(line, "expires"),
               text(line, "contact"), text(line, "user_agent"),
               line.value("unfit", false) ? "has to register by another transport" : "-"});
  }
  return reply.at("registrations").empty() ? "nobody is registered\n" : table.to_string();
}

namespace {

/// "registered for 50 s", "failed: 403 Forbidden", "-" of a trunk that does not register.
std::string registration_text(const json& trunk) {
  const json registration = trunk.value("registration", json(nullptr));
  if (registration.is_null()) return "-";
  std::string out = text(registration, "state");
  if (out == "registered") return out + " for " + text(registration, "expires_s") + " s";
  return text(registration, "answer") == "-" ? out : out + ": " + text(registration, "answer");
}

/// "192.0.2.9:5060 (sip.example.net)", and why DNS has not been able to say so again.
std::string target_text(const json& target) {
  std::string shown = text(target, "target");
  if (!target.contains("name")) return shown;
  const json& name = target.at("name");
  shown.append(" (").append(text(name, "host"));
  const std::string problem = name.value("problem", "");
  if (!problem.empty()) {
    shown.append(", resolved ").append(text(name, "resolved_s")).append(" s ago; ").append(problem);
  }
  return shown + ")";
}

}  // namespace

std::string trunks_text(const json& reply) {
  using Align = TextTable::Align;
  TextTable table({{"trunk", Align::kLeft},
                   {"target", Align::kLeft},
                   {"transport", Align::kLeft},
                   {"state", Align::kLeft},
                   {"for s"},
                   {"last answer", Align::kLeft},
                   {"round trip in ms"},
                   {"registration", Align::kLeft}});
  for (const json& trunk : reply.at("trunks")) {
    for (const json& target : trunk.at("targets")) {
      table.add({text(trunk, "trunk"), target_text(target), text(target, "transport"), text(target, "state"),
                 text(target, "for_s"), text(target, "answer"), text(target, "round_trip_ms"),
                 registration_text(trunk)});
    }
  }
  return reply.at("trunks").empty() ? "no trunks are configured\n" : table.to_string();
}

}  // namespace sallyport::controlplane
