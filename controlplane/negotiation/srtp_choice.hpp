// Which a=crypto line of an offer is taken, whether an answer's is, and with which keys. Pure but for the keys that are
// made. Used by the functions that plan media only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/negotiation/sdes.hpp"

namespace sallyport::controlplane {

/// What became of the crypto lines of a section.
struct SrtpChoice {
  std::optional<std::size_t> line;     ///< of CryptoLines::usable; nothing: RTP
  std::optional<std::size_t> offered;  ///< with an answer: which of the suites that we offered
  std::optional<std::string> refusal;  ///< why the section cannot be agreed on at all
  Reasons reasons;
};

/// Chooses among what a party offers, by the order of `suites` (allowed_suites() or service_suites()); the suite that
/// is up stays where it can. `secure`: its profile is RTP/SAVP or RTP/SAVPF.
SrtpChoice choose_srtp(const CryptoLines& lines, bool secure, const Leg& leg,
                       std::span<const crypto::Suite* const> suites, const LegLine* up);

/// Judges what a party answers to `offered` (field cases 1 to 3 and 7).
SrtpChoice accept_srtp(const CryptoLines& lines, bool secure, const Leg& leg, const OfferedLine& offered);

/// The suites to offer on a line with a key for each: the one that is up first, with its key (field case 2).
std::vector<OfferedSuite> suites_to_offer(const Leg& leg, std::span<const crypto::Suite* const> suites,
                                          const LegLine* up);

/// The SRTP of a leg: the party's line, and what we send with.
LegSrtp agreed_srtp(CryptoLine line, crypto::MasterKeyEntry send_key, const crypto::SessionParameters& send_parameters,
                    const LegLine* up);

/// The key to answer with: the one that is up where suite and party stay the same, else a new one. `remote`: where the
/// party is now; says what it did in `reasons`.
crypto::MasterKeyEntry key_to_answer_with(const CryptoLine& line, const Leg& leg, const LegLine* up,
                                          const std::optional<Endpoint>& remote, Reasons& reasons);

}  // namespace sallyport::controlplane
