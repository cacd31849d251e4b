#include "perf/load/sender_report.hpp"

#include <algorithm>
#include <string_view>

#include "crypto/bytes.hpp"

namespace sallyport::load {
namespace {

using crypto::load_be32;
using crypto::store_be16;
using crypto::store_be32;

constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kSourceDescription = 202;
constexpr std::uint8_t kCname = 1;
constexpr std::size_t kReportBytes = 28;
constexpr std::string_view kName = "load";

/// Version, count, type and length in words minus one (RFC 3550 6.4.1).
void write_head(std::uint8_t* out, std::uint8_t count, std::uint8_t type, std::size_t bytes) {
  out[0] = static_cast<std::uint8_t>(0x80 | count);
  out[1] = type;
  store_be16(out + 2, static_cast<std::uint16_t>(bytes / 4 - 1));
}

}  // namespace

void write_sender_report(std::span<std::uint8_t, kReportLength> out, const SenderReport& report) noexcept {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  std::uint8_t* at = out.data();
  write_head(at, 0, kSenderReport, kReportBytes);
  store_be32(at + 4, report.ssrc);
  store_be32(at + 8, report.run);
  store_be32(at + 12, report.counter);
  store_be32(at + 16, report.rtp_timestamp);
  store_be32(at + 20, report.packets);
  store_be32(at + 24, report.octets);
  at += kReportBytes;
  write_head(at, 1, kSourceDescription, kReportLength - kReportBytes);
  store_be32(at + 4, report.described);
  at[8] = kCname;
  at[9] = static_cast<std::uint8_t>(kName.size());
  std::copy(kName.begin(), kName.end(), at + 10);  // zero bytes behind it end the chunk (RFC 3550 6.5)
}

std::optional<SenderReport> read_sender_report(std::span<const std::uint8_t> rtcp) noexcept {
  if (rtcp.size() != kReportLength || rtcp[0] >> 6 != 2 || rtcp[1] != kSenderReport) return std::nullopt;
  const std::uint8_t* in = rtcp.data();
  return SenderReport{load_be32(in + 4),
                      load_be32(in + 8),
                      load_be32(in + 12),
                      load_be32(in + 16),
                      load_be32(in + 20),
                      load_be32(in + 24),
                      load_be32(in + kReportBytes + 4)};
}

}  // namespace sallyport::load
