// DNS by a table, for tests: answers what it was given, in the next run of the timers, and remembers what was asked.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/signalling/dns/dns_source.hpp"
#include "controlplane/signalling/sip/timer_queue.hpp"

namespace sallyport::controlplane::test {

class FakeDns : public dns::Source {
 public:
  explicit FakeDns(sip::TimerQueue& timers) : timers_(timers) {}

  void addresses(const std::string& host, dns::AddressFamily family, Addresses done) override {
    last_family = family;
    answer(host, hosts, std::move(done));
  }
  void services(const std::string& name, Services done) override { answer(name, servers, std::move(done)); }

  /// One address of a host.
  void host(const std::string& name, const char* address, std::chrono::seconds lifetime = std::chrono::seconds(60)) {
    hosts[name] = {{drivers::IpAddress::parse(address).value()}, lifetime, false, {}};
  }

  std::map<std::string, dns::Answer<drivers::IpAddress>> hosts;
  std::map<std::string, dns::Answer<dns::SrvRecord>> servers;
  bool silent = false;  ///< no question is answered
  std::vector<std::string> asked;
  dns::AddressFamily last_family = dns::AddressFamily::kBoth;

 private:
  template <class Table, class Done>
  void answer(const std::string& name, const Table& table, Done done) {
    asked.push_back(name);
    typename Table::mapped_type found;
    const auto at = table.find(name);
    if (at != table.end() && !silent) {
      found = at->second;
    } else {
      found.absent = !silent;
      found.why = name + (silent ? ": Timeout" : ": Domain name not found");
    }
    timers_.schedule(std::chrono::milliseconds(0), [done = std::move(done), found] { done(found); });
  }

  sip::TimerQueue& timers_;
};

}  // namespace sallyport::controlplane::test
