// What a party may be offered and what is taken from it: the media part of a site's and a device's policy (requirements
// M1 to M3, M6, M7). Pure values; filled from the configuration, read by the functions that plan media.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/suite.hpp"

namespace sallyport::controlplane {

/// M3. `kAll`: every registered suite.
enum class SrtpCiphers : std::uint8_t { kStrongest, kMedium, kAll };

/// M7. `kClassic`: AES_CM_128_HMAC_SHA1_80, else _32, else RTP.
enum class MediaServiceSuites : std::uint8_t { kClassic, kAll };

/// How SRTP is offered to a party, and whether it is taken from it.
enum class SrtpUse : std::uint8_t {
  kNever,       ///< RTP/AVP without keys; a=crypto on RTP/AVP is not taken, RTP/SAVP is refused
  kBestEffort,  ///< RTP/AVP with a=crypto (RFC 8643): the party may answer either way
  kSavp,        ///< RTP/SAVP
};

enum class RtcpMux : std::uint8_t { kNever, kAccept, kOffer };

/// How the signalling of a leg is protected: whether keys may be in it (S9, and the configuration's word for a path
/// that is safe by other means).
enum class SignallingPath : std::uint8_t { kProtectedWithEncryption, kIntegrityOnly, kUnprotected };

struct MediaPolicy {
  SrtpUse srtp = SrtpUse::kSavp;
  SrtpCiphers srtp_ciphers = SrtpCiphers::kAll;
  /// What this party has; empty: all that srtp_ciphers allows. Suites that are not registered count only where they
  /// are named here, and srtp_ciphers is `kAll` (M1).
  std::vector<const crypto::Suite*> suites;
  MediaServiceSuites media_service_suites = MediaServiceSuites::kAll;
  bool block_unencrypted = false;  ///< M6: refuse rather than fall back to RTP
  bool sdes_insecure_ok = false;   ///< keys may pass over a path without encryption
  /// Take UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP and UNAUTHENTICATED_SRTP, where the party has no line without them.
  bool weak_parameters = true;
  bool accept_unencrypted_srtcp = false;  ///< SRTCP whose E bit is clear although that was not agreed (field case 11)
  bool mki = false;                       ///< our keys have MKIs
  std::uint64_t lifetime = 0;             ///< of our keys, packets; 0: not said, as many as RFC 3711 allows
  RtcpMux rtcp_mux = RtcpMux::kAccept;
  bool feedback = true;                       ///< RTP/AVPF and RTP/SAVPF pass; else they are offered on as AVP and SAVP
  std::vector<std::string> codec_preference;  ///< "PCMA", "opus": these first, in this order; the rest as offered
};

/// The suites to offer to a party and to take from it, in M2's order.
std::vector<const crypto::Suite*> allowed_suites(const MediaPolicy& policy);
/// The same where the party is served by a media service (M7).
std::vector<const crypto::Suite*> service_suites(const MediaPolicy& policy);
/// Why a suite is not among allowed_suites(): "srtp_ciphers = strongest". Nothing where it is.
std::optional<std::string> why_not_allowed(const MediaPolicy& policy, const crypto::Suite& suite);
/// Why keys may neither be sent nor taken on that path. Nothing where they may.
std::optional<std::string> why_no_keys(const MediaPolicy& policy, SignallingPath path);

}  // namespace sallyport::controlplane
