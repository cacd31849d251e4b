// The steps that offers and answers of all kinds share: RTP profiles, which lines are served, our own m= sections. Used
// within negotiation/ only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/negotiation/sdes.hpp"
#include "controlplane/negotiation/srtp_choice.hpp"

namespace sallyport::controlplane {

/// RTP/AVP, RTP/SAVP, RTP/AVPF, RTP/SAVPF (RFC 3551, 3711, 4585, 5124).
struct RtpProfile {
  bool secure = false;
  bool feedback = false;

  /// Nothing: it is none of these.
  static std::optional<RtpProfile> of(std::string_view proto);
  std::string to_string() const;
};

/// What is to become of an m-line of an offer.
struct LineVerdict {
  bool served = false;
  bool off = false;    ///< the party itself switched it off
  bool fatal = false;  ///< without this line there is no call: it is what the call is about
  std::string reason;  ///< why it is not served
};

/// One verdict per line; `suites`: from which the party's crypto lines are chosen.
std::vector<LineVerdict> judge_lines(const SessionDescription& offer, const Leg& leg,
                                     std::span<const crypto::Suite* const> suites);

/// Why the offer has to be refused as a whole, nothing where it need not.
std::optional<Refusal> refusal_of(std::span<const LineVerdict> verdicts);

/// The line of `up` with that index, null where there is none.
const LegLine* up_line(const Leg& leg, std::size_t index);
/// Our address for the line with that index.
std::optional<Endpoint> local_address(const Leg& leg, std::size_t index);

/// Whether we ask for RTCP on RTP's port on a line with that index: as it is where the line is up, else by policy
/// (RFC 5761 5.1.1).
bool offers_mux(const Leg& leg, std::size_t index);
/// Whether we take it where the party asks for it.
bool takes_mux(const Leg& leg, std::size_t index);

/// A description of ours on that leg, still without m-lines.
SessionDescription session_of(const Leg& leg);
/// A line that is off: as the other description has it, with port 0.
MediaDescription disabled(const MediaDescription& like);
/// Makes a section of codecs ours: profile, address, direction, rtcp-mux.
void put_in_place(MediaDescription& section, const Leg& leg, const RtpProfile& profile, const Endpoint& local,
                  Direction direction, bool mux);

/// The line of a leg as far as the party's own section tells: where its media goes, what it asks for. `mux`: it was
/// agreed.
LegLine line_of_party(const SessionDescription& session, const MediaDescription& media, const Endpoint& local,
                      bool mux);

/// Makes the offered form of a section of codecs, and what is to be remembered of it. Nothing, and a reason in
/// `offered`, where policy does not let it be offered.
std::optional<MediaDescription> offer_section(MediaDescription section, const Leg& leg, std::size_t index,
                                              bool feedback, OfferedLine& offered);

/// Whatever an answered section makes of a line that we offered. `refusal` is set where there is no way.
LegLine accept_section(const OfferedLine& offered, const SessionDescription& answer, std::size_t index, const Leg& leg,
                       std::optional<Refusal>& refusal);

/// Completes our answer `section` to an offered one, and the leg's line with it.
LegLine answer_section(MediaDescription& section, Direction direction, const SessionDescription& offer,
                       std::size_t index, const Leg& leg, std::span<const crypto::Suite* const> suites,
                       std::optional<Refusal>& refusal);

}  // namespace sallyport::controlplane
