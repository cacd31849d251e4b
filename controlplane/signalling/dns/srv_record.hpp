// Servers of a service (RFC 2782): one record, the records of a DNS message, and in which order they are tried. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sallyport::controlplane::dns {

struct SrvRecord {
  std::uint16_t priority = 0;  ///< the lowest is tried first
  std::uint16_t weight = 0;    ///< share among those of one priority
  std::uint16_t port = 0;
  std::string target;  ///< host name without its last dot; empty: "." which says that there is no such service
  bool operator==(const SrvRecord&) const = default;
};

struct SrvAnswer {
  std::vector<SrvRecord> records;
  std::chrono::seconds lifetime{0};  ///< the shortest TTL of them
};

/// More than any provider has; what comes behind them is not looked at.
inline constexpr std::size_t kMostSrvRecords = 32;

/// The SRV records of a DNS message's answer section (RFC 1035 4.1). Nothing where it is malformed; records whose
/// target is no host name are left out.
std::optional<SrvAnswer> parse_srv_answer(std::span<const std::uint8_t> message);

/// Indices of the records in an order to try them in, as RFC 2782's page 4 draws it. `random(most)`: evenly from 0 to
/// `most`.
std::vector<std::size_t> srv_order(std::span<const SrvRecord> records,
                                   const std::function<std::uint32_t(std::uint32_t most)>& random);

}  // namespace sallyport::controlplane::dns
