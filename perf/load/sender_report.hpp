// The RTCP that a lane sends: a sender report and its CNAME (RFC 3550 6.1, 6.4.1), with run and packet counter in the
// NTP time stamp, which no relay changes, so that the judge knows which numbers to expect. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace sallyport::load {

struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint32_t run = 0;            ///< in place of the NTP seconds
  std::uint32_t counter = 0;        ///< of the lane's last packet, in place of the fraction
  std::uint32_t rtp_timestamp = 0;  ///< of that packet
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;
  std::uint32_t described = 0;  ///< SSRC of the source description
  bool operator==(const SenderReport&) const = default;
};

/// Sender report 28 bytes, source description 16.
inline constexpr std::size_t kReportLength = 44;

void write_sender_report(std::span<std::uint8_t, kReportLength> out, const SenderReport& report) noexcept;

/// Nothing where the packet is not of that form.
std::optional<SenderReport> read_sender_report(std::span<const std::uint8_t> rtcp) noexcept;

}  // namespace sallyport::load
