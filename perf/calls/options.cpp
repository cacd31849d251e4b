#include "perf/calls/options.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/program_options.hpp>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <stdexcept>

namespace sallyport::call_load {
namespace {

namespace po = boost::program_options;

boost::asio::ip::udp::endpoint endpoint(const po::variables_map& given, const char* name) {
  const auto& text = given[name].as<std::string>();
  const std::size_t colon = text.rfind(':');
  boost::system::error_code error;
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    const auto address = boost::asio::ip::make_address(text.substr(0, colon), error);
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, port);
    if (!error && read.ec == std::errc() && read.ptr == end) return {address, port};
  }
  throw std::runtime_error(std::string("--") + name + "=" + text + ": not ADDRESS:PORT");
}

po::options_description described() {
  po::options_description all("sallyport-call-load: places calls through a gateway, answers them, judges them");
  auto add = all.add_options();
  add("help,h", "this text");
  add("transport", po::value<std::string>()->default_value("udp"), "udp or tls");
  add("gateway", po::value<std::string>()->required(), "ADDRESS:PORT that the gateway listens at");
  add("from", po::value<std::string>()->required(), "ADDRESS:PORT of the callers");
  add("answer", po::value<std::string>()->required(), "ADDRESS:PORT of the callee");
  add("number", po::value<std::string>()->default_value("100"), "that is called");
  add("suite", po::value<std::string>()->default_value(""), "SDES suite of both legs; none: plain RTP");
  add("rate", po::value<double>()->default_value(100), "new calls a second");
  add("calls", po::value<std::size_t>()->default_value(1000), "in all");
  add("hold", po::value<unsigned>()->default_value(0), "milliseconds that a call is up");
  add("patience", po::value<unsigned>()->default_value(32'000), "milliseconds until an unanswered request is lost");
  add("connections", po::value<std::size_t>()->default_value(1), "of the callers, with tls");
  add("certificate", po::value<std::string>()->default_value(""), "PEM file, with tls");
  add("key", po::value<std::string>()->default_value(""), "PEM file, with tls");
  return all;
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv) {
  const po::options_description all = described();
  po::variables_map given;
  po::store(po::command_line_parser(argc, argv).options(all).run(), given);
  if (given.count("help") > 0) {
    std::cout << all;
    return std::nullopt;
  }
  po::notify(given);
  Options options;
  const auto& transport = given["transport"].as<std::string>();
  if (transport != "udp" && transport != "tls") throw std::runtime_error("--transport is udp or tls");
  options.tls = transport == "tls";
  options.gateway = endpoint(given, "gateway");
  options.from = endpoint(given, "from");
  options.answer = endpoint(given, "answer");
  options.number = given["number"].as<std::string>();
  options.suite = given["suite"].as<std::string>();
  options.rate = given["rate"].as<double>();
  options.calls = given["calls"].as<std::size_t>();
  options.hold = std::chrono::milliseconds(given["hold"].as<unsigned>());
  options.patience = std::chrono::milliseconds(given["patience"].as<unsigned>());
  options.connections = given["connections"].as<std::size_t>();
  options.certificate = given["certificate"].as<std::string>();
  options.key = given["key"].as<std::string>();
  if (!(options.rate > 0)) throw std::runtime_error("--rate is above 0");
  if (options.calls == 0 || options.connections == 0) throw std::runtime_error("--calls, --connections: at least 1");
  if (options.tls && (options.certificate.empty() || options.key.empty()))
    throw std::runtime_error("--transport tls wants --certificate and --key");
  return options;
}

}  // namespace sallyport::call_load
