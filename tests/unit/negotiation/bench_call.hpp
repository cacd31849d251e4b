// A call on paper: two parties that are given by words, and what the negotiation makes of their descriptions, as words
// again. For tables of cases.
//
// A party, words apart by blanks: never, best-effort, savp (SRTP); strongest, medium, all; suites=80+32; classic;
// block; insecure-ok; path=clear, path=integrity (else encrypted); mki; lifetime=2^31; no-weak; mux, no-mux;
// no-feedback; prefer=PCMA+PCMU; in-clear; new-keys.
//
// A description: its m= sections, in SDP; "$80" is suite AES_CM_128_HMAC_SHA1_80 with a key, "$80b" with another one;
// so are $32, $G256, $G128, $256, $192, $F8, $N80. v=, o=, s=, t= and a c= line with the party's address are added,
// unless the text begins with "c=".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/negotiation/media_plan.hpp"

namespace sallyport::controlplane {

/// "AES_CM_128_HMAC_SHA1_80" is "80"; others as above, "F8/32", "G256/8" and so on where they have no short name.
std::string short_name(std::string_view suite);

Leg leg_of(std::string_view words, std::string_view our_address, std::uint16_t first_port);

SessionDescription description_of(std::string_view text, std::string_view party_address);

/// "audio 20000 RTP/SAVP 0 8 101 sendrecv 1:80", sections apart by "; ". Checks that the text can be read again.
std::string words_of(const SessionDescription& description);

/// "80 sendrecv 192.0.2.1:4000", "RTP inactive nowhere", "off"; with keys that stay: "80 kept/kept sendrecv ..." (our
/// own first). Lines apart by "; ".
std::string words_of(const LegMedia& media);

/// All reasons of all lines, a line of text each.
std::string reasons_of(const LegMedia& media);

/// Both parties, and what was agreed.
class BenchCall {
 public:
  BenchCall(std::string_view caller, std::string_view callee);

  /// The offer of the caller: what is sent to the callee, or "refused: why".
  std::string offer(std::string_view text);
  /// The callee's answer: what is sent to the caller, or "refused: why". What was agreed is up from then on.
  std::string answer(std::string_view text);
  /// From now on the callee offers and the caller answers, or again the other way round.
  void exchange_roles();

  Leg& offerer() { return offerer_; }
  Leg& answerer() { return answerer_; }
  const OfferPlan& sent() const { return sent_; }
  const AnswerPlan& plan() const { return plan_; }
  const LegMedia& offerer_up() const { return offerer_up_; }
  const LegMedia& answerer_up() const { return answerer_up_; }
  /// Everything that was said about it, offer and answer.
  std::string reasons() const;

 private:
  void know_what_is_up();

  Leg offerer_;
  Leg answerer_;
  std::string offerer_address_ = "192.0.2.1";
  std::string answerer_address_ = "192.0.2.2";
  SessionDescription offer_;
  OfferPlan sent_;
  AnswerPlan plan_;
  LegMedia offerer_up_;
  LegMedia answerer_up_;
};

}  // namespace sallyport::controlplane
