// Why a packet was dropped: one enumerator, one name for counters, one sentence for people.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/transform.hpp"

namespace sallyport::dataplane {

enum class DropReason : std::uint8_t {
  kTruncated,
  kBadIpChecksum,
  kBadUdpChecksum,
  kBadUdpLength,
  kFragment,
  kNotLinear,
  kOwnFrame,
  kNotForUs,
  kPuntLimit,
  kPuntFull,
  kNoStream,
  kWrongSource,
  kNotRtp,
  kRtcpOff,
  kSrtpMalformed,
  kAuthFailed,
  kReplayed,
  kTooOld,
  kSsrcLimit,
  kSrtcpNotEncrypted,
  kIndexUsed,
  kKeyExhausted,
  kNoRoom,
  kUnknownMki,
  kNoSessionKey,
  kEngineFailed,
  kRtcpMalformed,
  kPayloadUnknown,
  kSinkGone,
  kNoNextHop,
  kTooLong,
  kHandOverFull,
  kDeviceFull,
  kDeviceSilent,
  kTxFull,
  kCount,
};

inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::kCount);

struct DropReasonText {
  std::string_view name;      ///< in counters and JSON
  std::string_view sentence;  ///< for people
};

inline constexpr std::array<DropReasonText, kDropReasons> kDropReasonTexts{{
    {"truncated", "the frame ends before its headers do"},
    {"bad_ip_checksum", "the IPv4 header checksum is wrong"},
    {"bad_udp_checksum", "the port found the UDP checksum wrong, or there is none over IPv6"},
    {"bad_udp_length", "the UDP length does not fit the IP packet"},
    {"fragment", "a fragment of a datagram to a media port"},
    {"not_linear", "the frame spans several buffers (larger than a media packet can be)"},
    {"own_frame", "our own frame, seen again on a port that shows outgoing frames"},
    {"not_for_us", "not media, and Linux sees this port itself or no kernel path is configured"},
    {"punt_limit", "not media, above the rate that is passed to Linux"},
    {"punt_full", "not media, the TAP interface did not take it"},
    {"no_stream", "a media port that no stream uses"},
    {"wrong_source", "plain RTP from an address that is not the stream's remote"},
    {"not_rtp", "not an RTP or RTCP packet of version 2"},
    {"rtcp_off", "RTCP where the receiving leg does not take it"},
    {"srtp_malformed", "too short for SRTP header, tag and index"},
    {"auth_failed", "the SRTP authentication tag is wrong under every key of the leg"},
    {"replayed", "an authentic packet that was received before"},
    {"too_old", "behind the replay window"},
    {"ssrc_limit", "more SSRCs under one key than it may remember"},
    {"srtcp_not_encrypted", "SRTCP sent unencrypted although encryption was agreed"},
    {"index_used", "the source repeated or rewound its sequence; encrypting it again would repeat a keystream"},
    {"key_exhausted", "the lifetime of the master key is over"},
    {"no_room", "no room behind the packet for the SRTP trailer"},
    {"unknown_mki", "an SRTP packet whose master key identifier the leg does not have"},
    {"no_session_key", "the session keys of the packet's derivation epoch were not here yet"},
    {"engine_failed", "the crypto implementation failed to do its work"},
    {"rtcp_malformed", "an RTCP compound packet whose lengths do not add up"},
    {"payload_unknown", "a payload type that was not negotiated, and is another codec's on the other leg"},
    {"sink_gone", "the leg that the media goes to was removed"},
    {"no_next_hop", "the next hop's MAC address is not known yet"},
    {"too_long", "longer than the egress port's MTU with its new header and SRTP trailer; media is never fragmented"},
    {"hand_over_full", "the ring to the worker that owns the stream or the port was full"},
    {"device_full", "the crypto device took no more, or too many packets of the stream wait for it already"},
    {"device_silent", "the crypto device did not answer in time, or is not asked because it does not answer"},
    {"tx_full", "the port did not take the packet"},
}};

constexpr const DropReasonText& text_of(DropReason reason) {
  return kDropReasonTexts[static_cast<std::size_t>(reason)];
}

/// The reason behind a transform's verdict; `verdict` is not kOk.
constexpr DropReason reason_of(crypto::Verdict verdict) {
  switch (verdict) {
    case crypto::Verdict::kAuthFailed:
      return DropReason::kAuthFailed;
    case crypto::Verdict::kReplayed:
      return DropReason::kReplayed;
    case crypto::Verdict::kTooOld:
      return DropReason::kTooOld;
    case crypto::Verdict::kIndexUsed:
      return DropReason::kIndexUsed;
    case crypto::Verdict::kSsrcLimit:
      return DropReason::kSsrcLimit;
    case crypto::Verdict::kNotEncrypted:
      return DropReason::kSrtcpNotEncrypted;
    case crypto::Verdict::kKeyExhausted:
      return DropReason::kKeyExhausted;
    case crypto::Verdict::kNoRoom:
      return DropReason::kNoRoom;
    case crypto::Verdict::kUnknownMki:
      return DropReason::kUnknownMki;
    case crypto::Verdict::kNoSessionKey:
      return DropReason::kNoSessionKey;
    case crypto::Verdict::kEngineFailed:
      return DropReason::kEngineFailed;
    case crypto::Verdict::kMalformed:
    case crypto::Verdict::kOk:
      break;
  }
  return DropReason::kSrtpMalformed;
}

}  // namespace sallyport::dataplane
