#include "perf/load/report.hpp"

#include <array>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

namespace sallyport::load {
namespace {

constexpr int kNameWidth = 44;
constexpr int kValueWidth = 14;

struct Percentile {
  const char* name;
  double share;  ///< 1: the maximum
};
constexpr std::array kPercentiles{Percentile{"p50", 0.5}, Percentile{"p99", 0.99}, Percentile{"p99.9", 0.999},
                                  Percentile{"max", 1}};

double microseconds(const Histogram& latency, const Percentile& percentile) {
  return static_cast<double>(percentile.share == 1 ? latency.max() : latency.percentile(percentile.share)) * 1e-3;
}

std::string suite_name(const SideOptions& side) {
  return side.suite == nullptr ? "RTP" : std::string(side.suite->name);
}

std::string fixed(double value, int digits) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

template <class Value>
void row(std::ostream& out, const std::string& name, const RunResult& result, Value&& value) {
  out << "  " << std::left << std::setw(kNameWidth) << name << std::right;
  for (const DirectionResult& direction : result.directions) out << std::setw(kValueWidth) << value(direction);
  out << '\n';
}

std::string gateway_name(const LoadOptions& options) {
  if (options.ng_gateway) return "through the gateway that speaks ng at " + options.ng_gateway->to_string();
  return options.direct() ? "without a gateway" : "through the gateway at " + options.a.remote->to_string();
}

void print_head(std::ostream& out, const LoadOptions& options, const RunResult& result) {
  out << options.streams << (options.streams == 1 ? " stream, " : " streams, ") << suite_name(options.a)
      << (options.bidirectional ? " <-> " : " -> ") << suite_name(options.b) << ", " << gateway_name(options) << '\n';
  for (const std::string& link : result.links) out << "  " << link << '\n';
  out << "  " << fixed(result.seconds, 2) << " s, " << fixed(result.offered_pps, 1) << " packets/s per direction";
  if (result.asked_pps > 0) out << " (asked for " << fixed(result.asked_pps, 1) << ')';
  out << (result.interrupted ? ", interrupted\n\n" : "\n\n");
}

/// Faults are always shown, the rest where there is any.
void print_findings(std::ostream& out, const RunResult& result) {
  row(out, "", result, [](const DirectionResult& direction) { return direction.name; });
  for (const NamedFinding& finding : kFindings) {
    const bool report = std::string_view(finding.name).starts_with("reports_");
    const bool present = std::any_of(result.directions.begin(), result.directions.end(),
                                     [&finding](const auto& direction) { return direction.total.*finding.value > 0; });
    const bool always = !report && (finding.fault || finding.value == &Findings::offered);
    if (!present && !always) continue;
    row(out, (finding.fault ? "! " : "") + std::string(finding.meaning), result,
        [&finding](const DirectionResult& direction) { return direction.total.*finding.value; });
  }
  row(out, "streams with rewritten SSRC or numbers", result,
      [](const DirectionResult& direction) { return direction.rewritten_lanes; });
}

void print_latency(std::ostream& out, const RunResult& result) {
  for (const Percentile& percentile : kPercentiles) {
    row(out, "latency " + std::string(percentile.name) + ", us", result,
        [&percentile](const DirectionResult& direction) {
          return fixed(microseconds(direction.latency, percentile), 1);
        });
  }
}

void print_outside(std::ostream& out, const RunResult& result) {
  if (!result.pauses) return;
  for (const Percentile& percentile : kPercentiles) {
    row(out, "  outside of the machine's pauses, " + std::string(percentile.name), result,
        [&percentile](const DirectionResult& direction) {
          return direction.outside.count() == 0 ? "-" : fixed(microseconds(direction.outside, percentile), 1);
        });
  }
  out << "\n  pauses of the machine: " << result.pauses->own << " of our thread, " << result.pauses->workers
      << " of workers; with what piled up behind them " << fixed(100 * result.pauses->share, 1) << " % of the time"
      << (result.pauses->complete ? "\n" : "; there were more, which are not known any more\n");
}

/// What may be the generator's own fault.
void print_own(std::ostream& out, const RunResult& result) {
  out << "\n  our own thread was at most " << fixed(result.own_delay_us, 0) << " us behind; our receive buffers lost "
      << result.link_stats.missed << "; frames of no stream: " << result.link_stats.foreign << '\n';
}

void print_worst(std::ostream& out, const RunResult& result) {
  for (const DirectionResult& direction : result.directions) {
    for (const auto& [lane, findings] : direction.worst) {
      out << "  " << direction.name << " stream " << lane << ':';
      for (const NamedFinding& finding : kFindings) {
        if (finding.fault && findings.*finding.value > 0) out << ' ' << finding.name << '=' << findings.*finding.value;
      }
      out << '\n';
    }
  }
}

nlohmann::json findings_json(const Findings& findings) {
  nlohmann::json json;
  for (const NamedFinding& finding : kFindings) json[finding.name] = findings.*finding.value;
  json["faults"] = faults(findings);
  return json;
}

nlohmann::json latency_json(const Histogram& latency) {
  nlohmann::json json;
  for (const Percentile& percentile : kPercentiles) json[percentile.name] = microseconds(latency, percentile);
  return json;
}

nlohmann::json direction_json(const DirectionResult& direction) {
  nlohmann::json json = findings_json(direction.total);
  json["direction"] = direction.name;
  json["rewritten_streams"] = direction.rewritten_lanes;
  json["latency_us"] = latency_json(direction.latency);
  json["worst_streams"] = nlohmann::json::array();
  for (const auto& [lane, findings] : direction.worst) {
    json["worst_streams"].push_back(findings_json(findings));
    json["worst_streams"].back()["stream"] = lane;
  }
  return json;
}

}  // namespace

void print_table(std::ostream& out, const LoadOptions& options, const RunResult& result) {
  print_head(out, options, result);
  print_findings(out, result);
  print_latency(out, result);
  print_outside(out, result);
  print_own(out, result);
  print_worst(out, result);
  out << (result.all_right() ? "\nall right\n" : "\nNOT RIGHT: see the lines marked with '!'\n");
}

nlohmann::json run_json(const LoadOptions& options, const RunResult& result) {
  nlohmann::json json;
  json["all_right"] = result.all_right();
  json["interrupted"] = result.interrupted;
  json["streams"] = options.streams;
  json["suite"] = suite_name(options.a);
  json["sink_suite"] = suite_name(options.b);
  json["links"] = result.links;
  json["seconds"] = result.seconds;
  json["asked_pps"] = result.asked_pps;
  json["offered_pps"] = result.offered_pps;
  json["own_delay_us"] = result.own_delay_us;
  json["own_missed"] = result.link_stats.missed;
  json["foreign_frames"] = result.link_stats.foreign;
  for (const DirectionResult& direction : result.directions) json["directions"].push_back(direction_json(direction));
  if (!result.pauses) return json;
  json["pauses"] = {{"own", result.pauses->own},
                    {"workers", result.pauses->workers},
                    {"share", result.pauses->share},
                    {"complete", result.pauses->complete}};
  for (std::size_t i = 0; i < result.directions.size(); ++i) {
    const Histogram& outside = result.directions[i].outside;
    json["directions"][i]["outside_us"] = outside.count() == 0 ? nlohmann::json() : latency_json(outside);
    json["directions"][i]["outside_packets"] = outside.count();
  }
  return json;
}

void print_json(std::ostream& out, const LoadOptions& options, const RunResult& result) {
  out << run_json(options, result).dump(2) << '\n';
}

}  // namespace sallyport::load
