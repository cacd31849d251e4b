#include "controlplane/admin/trace_command.hpp"

#include <iostream>

#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/interrupt.hpp"
#include "controlplane/admin/text_table.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

/// How often the gateway is asked whether it is done.
constexpr double kAskAgain = 0.05;

std::string text(const json& step, const char* key) {
  const auto found = step.find(key);
  if (found == step.end()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string numbers(const json& step) {
  std::string line =
      text(step, "leg") + ": " + text(step, "kind") + " type " + text(step, "type") + ", ssrc " + text(step, "ssrc");
  if (step.contains("sequence")) {
    line += ", sequence " + text(step, "sequence") + ", timestamp " + text(step, "timestamp");
  }
  return line;
}

std::string transformed(const json& step) {
  std::string line = text(step, "suite") + ": " + text(step, "verdict");
  if (step.contains("key")) line += ", key " + text(step, "key");
  if (step.value("previous_key", false)) line += " of those before the re-key";
  if (step.contains("index")) line += ", index " + text(step, "index");
  if (step.contains("roc")) line += " (ROC " + text(step, "roc") + ")";
  return line + ", " + text(step, "length") + " bytes";
}

/// What a step did, in words.
std::string details(const json& step) {
  const std::string name = text(step, "step");
  if (name == "arrived" || name == "sent") {
    return "port " + text(step, "port") + ", queue " + text(step, "queue") + ", " + text(step, "length") + " bytes";
  }
  if (name == "handed over") return "to worker " + text(step, "to_worker") + ": " + text(step, "why");
  if (name == "taken") return "from worker " + text(step, "from_worker");
  if (name == "lookup" || name == "rewrite") return numbers(step);
  if (name == "protect" || name == "unprotect") return transformed(step);
  if (name == "parked") return "given to the crypto device for " + text(step, "for");
  if (name == "dropped") return text(step, "reason") + " in " + text(step, "stage") + ": " + text(step, "meaning");
  return step.dump();
}

std::string packet_text(const json& packet) {
  using Align = TextTable::Align;
  TextTable table({{"ns"}, {"worker"}, {"step", Align::kLeft}, {"", Align::kLeft}});
  for (const json& step : packet.value("steps", json::array())) {
    table.add({grouped(step.value("ns", std::uint64_t{0})), text(step, "worker"), text(step, "step"), details(step)});
  }
  if (!packet.value("complete", false)) table.note("  not finished when the trace ended");
  return table.to_string();
}

}  // namespace

std::string trace_text(const json& reply) {
  std::string all;
  std::size_t number = 0;
  for (const json& packet : reply.value("packets", json::array())) {
    const double after_ms = static_cast<double>(packet.value("after_ns", std::uint64_t{0})) * 1e-6;
    ++number;
    all += "packet " + std::to_string(number) + " of " + text(reply, "of");
    if (number > 1) all += ", " + decimal(after_ms, 3) + " ms after the first";
    all += "\n" + packet_text(packet) + "\n";
  }
  all += std::to_string(number) + (number == 1 ? " packet" : " packets") + "; " + text(reply, "ended") + "\n";
  const auto lost = reply.value("lost_steps", std::uint64_t{0});
  if (lost != 0) all += std::to_string(lost) + " steps could not be noted for want of room\n";
  return all;
}

int run_trace(const TraceOrder& order) {
  ControlClient client(order.socket);
  client.demand({{"command", "trace_start"}, {"of", order.of}, {"packets", order.packets}, {"seconds", order.seconds}});
  for (;;) {
    if (interrupted_within(kAskAgain)) client.demand({{"command", "trace_stop"}});
    const json reply = client.demand({{"command", "trace_read"}});
    if (!reply.value("done", false)) continue;
    std::cout << (order.as_json ? reply.dump() + "\n" : trace_text(reply));
    return reply.value("packets", json::array()).empty() ? 1 : 0;
  }
}

}  // namespace sallyport::controlplane
