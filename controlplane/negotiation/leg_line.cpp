#include "controlplane/negotiation/leg_line.hpp"

#include <algorithm>
#include <array>

#include "controlplane/negotiation/payload_numbers.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

struct ProfileName {
  std::string_view name;
  RtpProfile profile;
};
constexpr std::array kProfiles{
    ProfileName{"RTP/AVP", {false, false}},
    ProfileName{"RTP/SAVP", {true, false}},
    ProfileName{"RTP/AVPF", {false, true}},
    ProfileName{"RTP/SAVPF", {true, true}},
};

/// Why the line cannot be served whatever its keys are.
std::optional<std::string> why_not_media(const SessionDescription& offer, const MediaDescription& media) {
  if (media.kind() != MediaKind::kAudio && media.kind() != MediaKind::kVideo) {
    return "neither audio nor video: not relayed";
  }
  if (!RtpProfile::of(media.proto)) {
    return has_fingerprint(offer, media) ? "DTLS-SRTP is not spoken on this leg" : "its transport is not RTP's";
  }
  const std::vector<Codec> codecs = codecs_of(media);
  if (std::none_of(codecs.begin(), codecs.end(), carries_media)) return "it has no codec";
  return std::nullopt;
}

LineVerdict judge(const SessionDescription& offer, std::size_t index, const Leg& leg,
                  std::span<const crypto::Suite* const> suites) {
  const MediaDescription& media = offer.media[index];
  LineVerdict verdict;
  verdict.off = media.port == 0;
  if (verdict.off) {
    verdict.reason = "switched off by the party";
    return verdict;
  }
  if (auto why = why_not_media(offer, media)) {
    verdict.reason = std::move(*why);
    return verdict;
  }
  const SrtpChoice choice =
      choose_srtp(read_crypto_lines(media), RtpProfile::of(media.proto)->secure, leg, suites, up_line(leg, index));
  verdict.served = !choice.refusal;
  verdict.fatal = choice.refusal && media.kind() == MediaKind::kAudio;
  verdict.reason = choice.refusal.value_or("");
  return verdict;
}

/// The older form of best-effort SRTP (field case 7): RTP/SAVP and RTP/AVP side by side for the same media.
bool are_alternatives(const MediaDescription& a, const MediaDescription& b) {
  const auto first = RtpProfile::of(a.proto);
  const auto second = RtpProfile::of(b.proto);
  return a.kind() == b.kind() && a.port != 0 && b.port != 0 && first && second && first->secure != second->secure;
}

void settle_alternatives(const SessionDescription& offer, std::vector<LineVerdict>& verdicts) {
  for (std::size_t i = 0; i + 1 < verdicts.size(); ++i) {
    if (!are_alternatives(offer.media[i], offer.media[i + 1])) continue;
    const std::size_t secure = RtpProfile::of(offer.media[i].proto)->secure ? i : i + 1;
    const std::size_t plain = secure == i ? i + 1 : i;
    LineVerdict& lesser = verdicts[verdicts[secure].served ? plain : secure];
    lesser.fatal = false;
    if (lesser.served) lesser.reason = "the lesser alternative to the line beside it";
    lesser.served = false;
    ++i;
  }
}

}  // namespace

std::optional<RtpProfile> RtpProfile::of(std::string_view proto) {
  for (const ProfileName& row : kProfiles) {
    if (equal_without_case(row.name, proto)) return row.profile;
  }
  return std::nullopt;
}

std::string RtpProfile::to_string() const {
  return std::string(secure ? "RTP/SAVP" : "RTP/AVP") + (feedback ? "F" : "");
}

std::vector<LineVerdict> judge_lines(const SessionDescription& offer, const Leg& leg,
                                     std::span<const crypto::Suite* const> suites) {
  std::vector<LineVerdict> verdicts;
  for (std::size_t i = 0; i < offer.media.size(); ++i) verdicts.push_back(judge(offer, i, leg, suites));
  settle_alternatives(offer, verdicts);
  return verdicts;
}

std::optional<Refusal> refusal_of(std::span<const LineVerdict> verdicts) {
  const LineVerdict* reason = nullptr;
  for (const LineVerdict& verdict : verdicts) {
    if (verdict.fatal) return Refusal{verdict.reason};
    if (!verdict.served && !verdict.off && reason == nullptr) reason = &verdict;
  }
  const bool any = std::any_of(verdicts.begin(), verdicts.end(), [](const LineVerdict& v) { return v.served; });
  if (any || reason == nullptr) return std::nullopt;
  return Refusal{reason->reason};
}

const LegLine* up_line(const Leg& leg, std::size_t index) {
  return leg.up != nullptr && index < leg.up->size() ? &(*leg.up)[index] : nullptr;
}

std::optional<Endpoint> local_address(const Leg& leg, std::size_t index) {
  return index < leg.local.size() ? leg.local[index] : std::nullopt;
}

bool offers_mux(const Leg& leg, std::size_t index) {
  const LegLine* const up = up_line(leg, index);
  if (up == nullptr || !up->active) return leg.policy.rtcp_mux == RtcpMux::kOffer;
  return up->rtcp == dataplane::RtcpMode::kMux && leg.policy.rtcp_mux != RtcpMux::kNever;
}

bool takes_mux(const Leg& leg, std::size_t index) {
  const LegLine* const up = up_line(leg, index);
  if (up != nullptr && up->active && up->rtcp != dataplane::RtcpMode::kMux) return false;
  return leg.policy.rtcp_mux != RtcpMux::kNever;
}

SessionDescription session_of(const Leg& leg) {
  SessionDescription session;
  session.origin = leg.origin;
  session.connection = leg.origin.connection;
  return session;
}

MediaDescription disabled(const MediaDescription& like) {
  MediaDescription media;
  media.media = like.media;
  media.proto = like.proto;
  media.formats = like.formats;
  return media;
}

void put_in_place(MediaDescription& section, const Leg& leg, const RtpProfile& profile, const Endpoint& local,
                  Direction direction, bool mux) {
  section.proto = profile.to_string();
  section.port = local.port;
  SdpConnection connection = SdpConnection::of(local.address);
  if (connection.host != leg.origin.connection.host) section.connection = std::move(connection);
  section.attributes.push_back({SecretString(to_string(direction))});
  if (mux) section.attributes.push_back({SecretString("rtcp-mux")});
}

LegLine line_of_party(const SessionDescription& session, const MediaDescription& media, const Endpoint& local,
                      bool mux) {
  LegLine line;
  line.kind = media.kind();
  line.active = true;
  line.local = local;
  line.remote = rtp_address(session, media);
  line.remote_rtcp = mux ? line.remote : rtcp_address(session, media);
  line.rtcp = mux ? dataplane::RtcpMode::kMux : dataplane::RtcpMode::kPair;
  line.ptime = ptime_of(media);
  line.maxptime = maxptime_of(media);
  return line;
}

std::optional<MediaDescription> offer_section(MediaDescription section, const Leg& leg, std::size_t index,
                                              bool feedback, OfferedLine& offered) {
  const auto local = local_address(leg, index);
  if (!local) {
    offered.reasons.emplace_back("not offered: there is no media port for it");
    return std::nullopt;
  }
  const bool wants = leg.policy.srtp != SrtpUse::kNever && !leg.in_clear;
  if (wants) {
    offered.no_keys = why_no_keys(leg.policy, leg.path);
    if (!offered.no_keys) offered.suites = suites_to_offer(leg, allowed_suites(leg.policy), up_line(leg, index));
  }
  if (offered.suites.empty()) {
    const std::string why = offered.no_keys ? *offered.no_keys
                            : leg.in_clear  ? "the party refused SRTP"
                            : wants         ? "policy leaves no suite"
                                            : "this party gets no SRTP by policy";
    if (leg.policy.block_unencrypted) {
      offered.reasons.push_back("block_unencrypted: " + why);
      return std::nullopt;
    }
    offered.reasons.push_back("offered RTP: " + why);
  }
  const bool secure = !offered.suites.empty() && leg.policy.srtp == SrtpUse::kSavp;
  offered.mux = offers_mux(leg, index);
  offered.used = true;
  const RtpProfile profile{secure, feedback};
  put_in_place(section, leg, profile, *local, offered.direction, offered.mux);
  std::string names;
  for (const OfferedSuite& suite : offered.suites) {
    section.attributes.push_back(crypto_attribute(suite.tag, *suite.suite, suite.spelling, suite.key));
    names += (names.empty() ? "" : ", ") + suite.spelling;
  }
  if (!names.empty()) offered.reasons.push_back("offered " + profile.to_string() + " with " + names);
  offered.codecs = codecs_of(section);
  return section;
}

LegLine accept_section(const OfferedLine& offered, const SessionDescription& answer, std::size_t index, const Leg& leg,
                       std::optional<Refusal>& refusal) {
  LegLine off;
  off.reasons = offered.reasons;
  if (index >= answer.media.size()) {
    off.reasons.emplace_back("the answer has no such line: taken as rejected");
    return off;
  }
  const MediaDescription& media = answer.media[index];
  off.kind = media.kind();
  if (!offered.used) return off;
  if (media.port == 0) {
    off.reasons.emplace_back("rejected by the party");
    return off;
  }
  const auto profile = RtpProfile::of(media.proto);
  if (!profile) {
    refusal = Refusal{"answered with a transport that was not offered"};
    return off;
  }
  LegLine line = line_of_party(answer, media, *local_address(leg, index), offered.mux && asks_rtcp_mux(media));
  line.reasons = offered.reasons;
  // What both want: the party's direction is seen from its end.
  line.direction = both(offered.direction, reversed(direction_of(answer, media)));
  CryptoLines lines = read_crypto_lines(media);
  SrtpChoice choice = accept_srtp(lines, profile->secure, leg, offered);
  line.reasons.insert(line.reasons.end(), choice.reasons.begin(), choice.reasons.end());
  if (choice.refusal) {
    refusal = Refusal{*choice.refusal};
  } else if (choice.line) {
    CryptoLine& chosen = lines.usable[*choice.line];
    chosen.parameters.accept_unencrypted_srtcp = leg.policy.accept_unencrypted_srtcp;
    line.srtp = agreed_srtp(std::move(chosen), offered.suites[*choice.offered].key.clone(), {}, up_line(leg, index));
  }
  return line;
}

LegLine answer_section(MediaDescription& section, Direction direction, const SessionDescription& offer,
                       std::size_t index, const Leg& leg, std::span<const crypto::Suite* const> suites,
                       std::optional<Refusal>& refusal) {
  const MediaDescription& offered = offer.media[index];
  const RtpProfile profile = *RtpProfile::of(offered.proto);
  const Endpoint local = *local_address(leg, index);
  const bool mux = asks_rtcp_mux(offered) && takes_mux(leg, index);
  LegLine line = line_of_party(offer, offered, local, mux);
  line.direction = both(direction, reversed(direction_of(offer, offered)));
  CryptoLines lines = read_crypto_lines(offered);
  SrtpChoice choice = choose_srtp(lines, profile.secure, leg, suites, up_line(leg, index));
  line.reasons = std::move(choice.reasons);
  if (choice.refusal) refusal = Refusal{*choice.refusal};
  section.media = offered.media;
  put_in_place(section, leg, profile, local, line.direction, mux);
  if (const SdpAttribute* const acfg = find_attribute(offered.attributes, "acfg")) section.attributes.push_back(*acfg);
  if (!choice.line) return line;
  CryptoLine& chosen = lines.usable[*choice.line];
  const crypto::SessionParameters ours = parameters_to_repeat(chosen.parameters);
  chosen.parameters.accept_unencrypted_srtcp = leg.policy.accept_unencrypted_srtcp;
  crypto::MasterKeyEntry key = key_to_answer_with(chosen, leg, up_line(leg, index), line.remote, line.reasons);
  // RFC 4568 7.1.2: one line, with the offerer's tag (field cases 1 and 2) and its spelling.
  section.attributes.push_back(crypto_attribute(chosen.tag, *chosen.suite, chosen.spelling, key, ours));
  line.srtp = agreed_srtp(std::move(chosen), std::move(key), ours, up_line(leg, index));
  return line;
}

}  // namespace sallyport::controlplane
