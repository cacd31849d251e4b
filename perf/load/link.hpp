// How packets get to the gateway and back. A link carries UDP payloads of numbered flows; addresses, headers and
// buffers are its own business. Used by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/config.hpp"

namespace sallyport::load {

enum class Side : std::uint8_t { kA, kB };

/// One side of one stream.
struct FlowId {
  std::uint32_t stream = 0;
  Side side = Side::kA;
  bool operator==(const FlowId&) const = default;
};

struct Flow {
  FlowId id;
  controlplane::Endpoint local;
  std::optional<controlplane::Endpoint> remote;  ///< nothing: anybody may send to us, and we to nobody
  dataplane::RtcpMode rtcp = dataplane::RtcpMode::kOff;
};

/// A UDP payload in a buffer of the link.
struct Packet {
  std::uint8_t* data = nullptr;
  std::uint16_t length = 0;
  std::uint16_t room = 0;  ///< bytes writable from `data`
  FlowId flow{};
  bool rtcp = false;         ///< on the flow's RTCP port
  bool right_source = true;  ///< received: from the flow's remote
  void* buffer = nullptr;    ///< the link's
};

inline constexpr std::size_t kBurst = 64;

/// What the link itself could not do; the gateway is not to blame for it.
struct LinkStats {
  std::uint64_t missed = 0;   ///< received, but no room left on our side
  std::uint64_t foreign = 0;  ///< for none of the flows
};

class Link {
 public:
  virtual ~Link() = default;

  /// Waits until the other end is there, where that is told. Throws UsageError where it does not come.
  virtual void await_peer() const {}

  /// Fills a prefix of `packets` with buffers to write to; returns its length. At most kBurst are out at a time.
  virtual std::size_t allocate(std::span<Packet> packets) noexcept = 0;
  /// Sends a prefix of `packets` and takes its buffers back; returns its length. The rest is still the caller's.
  virtual std::size_t send(std::span<const Packet> packets) = 0;
  /// What has arrived, at most packets.size(); valid until release().
  virtual std::size_t receive(std::span<Packet> packets) = 0;
  virtual void release(std::span<const Packet> packets) noexcept = 0;
  /// Sleeps until something may have arrived, at most that long.
  virtual void wait(std::chrono::nanoseconds at_most) noexcept = 0;

  virtual LinkStats stats() const noexcept = 0;
  /// For the user.
  virtual std::string description() const = 0;
};

}  // namespace sallyport::load
