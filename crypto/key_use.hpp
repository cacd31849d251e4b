// How much of its lifetime a master key has left (RFC 3711 9.2, RFC 4568 6.1). Counted down by the worker that owns the
// context. SRTP packets are handed out to SSRCs in slices, so that a packet only counts in its SSRC's cache line.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "crypto/packet_index.hpp"

namespace sallyport::crypto {

class KeyUse {
 public:
  static constexpr std::uint64_t kMaxRtp = kMaxRtpIndex + 1;
  static constexpr std::uint64_t kMaxRtcp = std::uint64_t{kMaxSrtcpIndex} + 1;

  /// `lifetime`: packets of each kind, as signalled; 0: as many as RFC 3711 allows.
  explicit KeyUse(std::uint64_t lifetime = 0) noexcept
      : lifetime_(lifetime == 0 ? kMaxRtp : std::min(lifetime, kMaxRtp)),
        rtp_left_(lifetime_),
        rtcp_left_(max_rtcp()) {}

  /// A number of SRTP packets that may be used; 0: the key is at its end. The less is left the smaller are the slices,
  /// so that what other SSRCs hold unused is little.
  std::uint16_t take_rtp_slice() noexcept {
    const std::uint64_t slice = std::min<std::uint64_t>((rtp_left_ + 63) / 64, 0xFFFF);
    rtp_left_ -= slice;
    return static_cast<std::uint16_t>(slice);
  }
  /// What is left of a slice.
  void give_back_rtp(std::uint16_t unused) noexcept { rtp_left_ += unused; }
  /// One SRTCP packet; false: the key is at its end.
  bool take_rtcp() noexcept {
    if (rtcp_left_ == 0) return false;
    --rtcp_left_;
    return true;
  }
  /// Whether nine tenths of the lifetime are over, for either kind.
  bool nearly_over() const noexcept { return rtp_left_ <= lifetime_ / 10 || rtcp_left_ <= max_rtcp() / 10; }

  /// Thousandths of the lifetime that are over, of the kind that has less left.
  std::uint32_t permille_used() const noexcept {
    const auto used = [](std::uint64_t left, std::uint64_t all) {
      return static_cast<std::uint32_t>(1000.0 * static_cast<double>(all - left) / static_cast<double>(all));
    };
    return std::max(used(rtp_left_, lifetime_), used(rtcp_left_, max_rtcp()));
  }

  /// Whether control is to be told, once, that it is nearly over, and once that it is over.
  bool tell_nearly_over() noexcept { return nearly_over() && !std::exchange(told_nearly_over_, true); }
  bool tell_over() noexcept { return (rtp_left_ == 0 || rtcp_left_ == 0) && !std::exchange(told_over_, true); }

  std::uint64_t rtp_left() const noexcept { return rtp_left_; }
  std::uint64_t rtcp_left() const noexcept { return rtcp_left_; }
  /// Takes up where another process was; never more than the lifetime.
  void restore(std::uint64_t rtp_left, std::uint64_t rtcp_left) noexcept {
    rtp_left_ = std::min(rtp_left, lifetime_);
    rtcp_left_ = std::min(rtcp_left, max_rtcp());
  }

 private:
  std::uint64_t max_rtcp() const noexcept { return std::min(lifetime_, kMaxRtcp); }

  std::uint64_t lifetime_;
  std::uint64_t rtp_left_;
  std::uint64_t rtcp_left_;
  bool told_nearly_over_ = false;
  bool told_over_ = false;
};

}  // namespace sallyport::crypto
