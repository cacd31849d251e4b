// What is asked of DNS, and of whom: Resolver on the network, tables in tests. Answers come on the control thread, and
// never before the question returns.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "controlplane/signalling/dns/srv_record.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane::dns {

/// What a question came to. Without values it says why: `absent` where DNS knows that there are none, else the question
/// was not answered.
template <class T>
struct Answer {
  std::vector<T> values;
  std::chrono::seconds lifetime{0};  ///< as long as they may be used (TTL)
  bool absent = false;
  std::string why;  ///< "sip.example.net: Domain name not found"
};

enum class AddressFamily : std::uint8_t { kBoth, kIpv4, kIpv6 };

class Source {
 public:
  using Addresses = std::function<void(Answer<drivers::IpAddress>)>;
  using Services = std::function<void(Answer<SrvRecord>)>;

  virtual ~Source() = default;
  /// The host's A and AAAA records.
  virtual void addresses(const std::string& host, AddressFamily family, Addresses done) = 0;
  /// The SRV records of a name as "_sip._udp.example.net".
  virtual void services(const std::string& name, Services done) = 0;
};

}  // namespace sallyport::controlplane::dns
