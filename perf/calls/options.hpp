// What sallyport-call-load is asked to do, from its command line.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace sallyport::call_load {

/// One run: calls from `from` through `gateway` to whoever listens at `answer`, which is this program, too.
struct Options {
  bool tls = false;
  boost::asio::ip::udp::endpoint gateway;
  boost::asio::ip::udp::endpoint from;    ///< callers; with TLS only its address is used
  boost::asio::ip::udp::endpoint answer;  ///< callee
  std::string number = "100";
  std::string suite;                           ///< of SDES; empty: plain RTP is offered and answered
  double rate = 100;                           ///< new calls a second, whether or not earlier ones are up (open loop)
  std::size_t calls = 1000;                    ///< in all
  std::chrono::milliseconds hold{0};           ///< from the caller's ACK to its BYE
  std::chrono::milliseconds patience{32'000};  ///< with each request, then the call counts as lost
  std::size_t connections = 1;                 ///< of callers, with TLS
  std::string certificate;                     ///< PEM files, with TLS
  std::string key;
};

/// Nothing where only help was asked for, which is printed. Throws std::runtime_error that names the option.
std::optional<Options> parse_options(int argc, char** argv);

}  // namespace sallyport::call_load
