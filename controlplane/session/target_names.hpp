// The names that trunks' targets are given by, and what they lead to now (RFC 3263 4.2): SRV records and addresses,
// asked for again when their lifetime ends. Owned by SipService, used by Trunks (where calls go) and Directory (whose a
// request is); control thread only. An answer counts until there is a better one: a DNS that fails takes no trunk away.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/signalling/dns/dns_source.hpp"
#include "controlplane/signalling/sip/timer_queue.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

struct NameTimes {
  std::chrono::seconds retry{5};  ///< after a failure, doubled up to `most`
  std::chrono::seconds most{60};
  std::chrono::seconds shortest{2};  ///< lifetimes of answers are taken as at least this
  std::chrono::seconds longest{86'400};
};

class TargetNames {
 public:
  /// `random(most)`: evenly from 0 to `most`; by default from OpenSSL.
  using Random = std::function<std::uint32_t(std::uint32_t most)>;
  /// What is known of a name.
  struct Seen {
    bool asked = false;                ///< there has been an answer or a failure
    std::string problem;               ///< of the latest question; empty: it was answered
    sip::TimerQueue::TimePoint since;  ///< of the answer that counts, else of the first failure
  };

  TargetNames(sip::TimerQueue& timers, dns::Source& dns, Random random = {}, NameTimes times = {});
  ~TargetNames();
  TargetNames(const TargetNames&) = delete;
  TargetNames& operator=(const TargetNames&) = delete;

  /// The targets of a new configuration; what is known of those that stay is kept. Asks for the others at once.
  void set_config(const SipConfig& config);
  /// Who else is told that a name leads elsewhere now.
  void on_change(std::function<void()> changed) { changed_.push_back(std::move(changed)); }

  /// What a target leads to: itself where it is an address, else all that its name resolves to, best priority first.
  std::vector<TrunkTarget> all(const TrunkTarget& target) const;
  /// The same in the order in which one call tries them: those of one priority are drawn by their weights (RFC 2782).
  std::vector<TrunkTarget> in_order(const TrunkTarget& target) const;
  /// Null where the target is an address, or of another configuration.
  const Seen* seen(const TrunkTarget& target) const;

 private:
  /// A server with its addresses.
  struct Server {
    dns::SrvRecord record;
    std::vector<drivers::IpAddress> addresses;
    bool operator==(const Server&) const = default;
  };
  struct Entry {
    TrunkTarget target;
    dns::AddressFamily family = dns::AddressFamily::kBoth;
    std::vector<Server> servers;  ///< by priority
    Seen seen;
    unsigned failures = 0;     ///< in a row
    std::uint64_t round = 0;   ///< the question that is under way; answers to others are late
    sip::TimerQueue::Id next;  ///< question

    // Of the question that is under way.
    std::vector<Server> finding;
    std::size_t open = 0;
    std::size_t fresh = 0;  ///< servers whose addresses were answered
    std::chrono::seconds lifetime{0};
    std::string trouble;
  };

  void ask(const std::string& name);
  void ask_in(Entry& entry, const std::string& name, std::chrono::seconds delay);
  void found_services(const std::string& name, dns::Answer<dns::SrvRecord> answer);
  void ask_addresses(const std::string& name, std::vector<dns::SrvRecord> records, std::chrono::seconds lifetime);
  void found_addresses(const std::string& name, std::size_t server, dns::Answer<drivers::IpAddress> answer);
  void found(Entry& entry, const std::string& name);
  void tell() const;
  void failed(Entry& entry, const std::string& name, const std::string& why);
  /// The entry whose question that round is; null where nobody waits for its answer any more.
  Entry* waiting(const std::string& name, std::uint64_t round);
  static void append(std::vector<TrunkTarget>& out, const TrunkTarget& target, const Server& server);

  sip::TimerQueue& timers_;
  dns::Source& dns_;
  Random random_;
  NameTimes times_;
  std::vector<std::function<void()>> changed_;
  std::map<std::string, Entry> entries_;  ///< by the target as the configuration spells it
  std::uint64_t last_round_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late answers would touch
};

}  // namespace sallyport::controlplane
