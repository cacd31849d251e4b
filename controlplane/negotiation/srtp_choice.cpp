#include "controlplane/negotiation/srtp_choice.hpp"

#include <algorithm>
#include <tuple>

#include "controlplane/negotiation/sdes_key.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/bytes.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::size_t kOurMkiLength = 4;

std::string quoted_suites(const CryptoLines& lines) {
  std::string names;
  for (const CryptoLine& line : lines.usable) names += (names.empty() ? "" : ", ") + line.spelling;
  return names;
}

bool is_up(const LegLine* up, const crypto::Suite& suite) {
  return up != nullptr && up->active && up->srtp.suite == &suite;
}

/// Whether media under the line is hidden and authentic, as M10 and block_unencrypted want it.
bool protects(const CryptoLine& line) { return line.suite->encrypts() && !weakens(line.parameters); }

/// Why the line is no choice for this party.
std::optional<std::string> why_left_out(const CryptoLine& line, const Leg& leg,
                                        std::span<const crypto::Suite* const> suites) {
  if (auto why = why_not_allowed(leg.policy, *line.suite)) return why;
  if (std::find(suites.begin(), suites.end(), line.suite) == suites.end()) return "media_service_suites = classic";
  if (weakens(line.parameters) && !leg.policy.weak_parameters) return "its session parameters take protection away";
  if (leg.policy.block_unencrypted && !protects(line)) return "block_unencrypted: it does not protect";
  return std::nullopt;
}

/// Nothing was chosen: RTP where profile and policy let.
void fall_back(SrtpChoice& choice, const std::string& why, bool secure, const MediaPolicy& policy) {
  if (secure) {
    choice.refusal = "the profile demands SRTP, but " + why;
  } else if (policy.block_unencrypted) {
    choice.refusal = "block_unencrypted: " + why;
  } else {
    choice.reasons.push_back("RTP: " + why);
  }
}

crypto::MasterKeyEntry new_key(const Leg& leg, const crypto::Suite& suite, const LegLine* up) {
  crypto::MasterKeyEntry entry{leg.make_key(suite), {}, leg.policy.lifetime};
  if (leg.policy.mki) {
    // Another key has another MKI, also where the receiver still knows the one before.
    std::uint32_t number = 0;
    if (up != nullptr && !up->srtp.send.keys.empty() && up->srtp.send.keys[0].mki.length() == kOurMkiLength) {
      number = crypto::load_be32(up->srtp.send.keys[0].mki.bytes().data());
    }
    entry.mki = crypto::Mki(std::uint64_t{number + 1}, kOurMkiLength);
  }
  return entry;
}

KeyChange change_of(const SrtpDirection& now, const SrtpDirection* before) {
  const bool kept =
      before != nullptr && same_keys(now.keys, before->keys) && same_packets(now.parameters, before->parameters);
  return kept ? KeyChange::kKeep : KeyChange::kNew;
}

/// The first line of an answer that answers what we offered, or why there is none.
std::optional<std::string> find_answered(const CryptoLines& lines, const OfferedLine& offered, SrtpChoice& choice) {
  std::string why = lines.usable.empty() ? "no crypto line of the answer can be used" : "";
  for (std::size_t i = 0; i < lines.usable.size() && !choice.line; ++i) {
    const CryptoLine& line = lines.usable[i];
    const auto match = std::find_if(offered.suites.begin(), offered.suites.end(),
                                    [&](const OfferedSuite& ours) { return ours.suite == line.suite; });
    if (match == offered.suites.end()) {
      why = "answered with " + line.spelling + ", which was never offered";
    } else if (weakens(line.parameters)) {
      why = "answered with session parameters that were never offered";
    } else if (same_key(line.keys[0].master, match->key.master)) {
      why = "answered with our own key";
    } else {
      choice.line = i;
      choice.offered = static_cast<std::size_t>(match - offered.suites.begin());
      continue;
    }
    choice.reasons.push_back("left out: " + why);
  }
  if (choice.line) return std::nullopt;
  return why;
}

}  // namespace

SrtpChoice choose_srtp(const CryptoLines& lines, bool secure, const Leg& leg,
                       std::span<const crypto::Suite* const> suites, const LegLine* up) {
  SrtpChoice choice;
  choice.reasons.push_back(lines.usable.empty() ? "offered no usable suite" : "offered " + quoted_suites(lines));
  choice.reasons.insert(choice.reasons.end(), lines.declined.begin(), lines.declined.end());
  std::string why = lines.empty() ? "no crypto line was offered" : "no crypto line that was offered can be used";
  if (const auto no_keys = why_no_keys(leg.policy, leg.path); no_keys && !lines.empty()) {
    fall_back(choice, "keys are ignored, " + *no_keys, secure, leg.policy);
    return choice;
  }
  if (leg.policy.srtp == SrtpUse::kNever && !lines.empty()) {
    fall_back(choice, "this party gets no SRTP by policy", secure, leg.policy);
    return choice;
  }
  // Best is least: what is up stays, whole protection before weakened, then the order of suites; first of equals.
  const auto rank = [&](const CryptoLine& line) {
    return std::tuple(!is_up(up, *line.suite) || weakens(line.parameters), weakens(line.parameters),
                      crypto::suite_index(*line.suite));
  };
  for (std::size_t i = 0; i < lines.usable.size(); ++i) {
    const CryptoLine& line = lines.usable[i];
    if (const auto left_out = why_left_out(line, leg, suites)) {
      choice.reasons.push_back(line.spelling + " left out: " + *left_out);
    } else if (!choice.line || rank(line) < rank(lines.usable[*choice.line])) {
      choice.line = i;
    }
  }
  if (!choice.line) {
    fall_back(choice, why, secure, leg.policy);
    return choice;
  }
  const CryptoLine& chosen = lines.usable[*choice.line];
  choice.reasons.push_back("chosen " + chosen.spelling +
                           (is_up(up, *chosen.suite) ? ": it is up" : ": the first in order of what is left"));
  return choice;
}

SrtpChoice accept_srtp(const CryptoLines& lines, bool secure, const Leg& leg, const OfferedLine& offered) {
  SrtpChoice choice;
  choice.reasons = lines.declined;
  if (offered.suites.empty()) {
    if (offered.no_keys && !lines.empty()) choice.reasons.push_back("keys are ignored, " + *offered.no_keys);
    if (!offered.no_keys && !lines.empty()) {
      choice.refusal = "answered with a key, although no suite was offered";
    } else {
      fall_back(choice, offered.no_keys.value_or("no suite was offered"), secure, leg.policy);
    }
    return choice;
  }
  if (lines.empty()) {
    fall_back(choice, "answered without a key", secure, leg.policy);
    return choice;
  }
  // What is left is a party that will send SRTP that nobody can open: no RTP to it either (field case 3).
  choice.refusal = find_answered(lines, offered, choice);
  if (!choice.line) return choice;
  const CryptoLine& line = lines.usable[*choice.line];
  if (lines.usable.size() > 1) {
    choice.reasons.push_back("answered with " + std::to_string(lines.usable.size()) + " lines: the first valid counts");
  }
  const std::uint32_t tag = offered.suites[*choice.offered].tag;
  if (line.tag != tag) {
    choice.reasons.push_back("answered with tag " + std::to_string(line.tag) + " for " + std::to_string(tag) +
                             ": suite and key count");
  }
  choice.reasons.push_back("answered with " + line.spelling);
  return choice;
}

std::vector<OfferedSuite> suites_to_offer(const Leg& leg, std::span<const crypto::Suite* const> suites,
                                          const LegLine* up) {
  std::vector<const crypto::Suite*> order;
  for (const crypto::Suite* suite : suites) {
    if (!leg.policy.block_unencrypted || suite->encrypts()) order.push_back(suite);
  }
  std::stable_partition(order.begin(), order.end(), [&](const crypto::Suite* suite) { return is_up(up, *suite); });
  std::vector<OfferedSuite> offered;
  for (const crypto::Suite* suite : order) {
    const bool active = is_up(up, *suite);
    const bool keep = active && !leg.new_keys && !up->srtp.send.keys.empty() &&
                      same_packets(up->srtp.send.parameters, crypto::SessionParameters{});
    offered.push_back({static_cast<std::uint32_t>(offered.size() + 1), suite,
                       active && !up->srtp.spelling.empty() ? up->srtp.spelling : std::string(suite->name),
                       keep ? up->srtp.send.keys[0].clone() : new_key(leg, *suite, up)});
  }
  return offered;
}

LegSrtp agreed_srtp(CryptoLine line, crypto::MasterKeyEntry send_key, const crypto::SessionParameters& send_parameters,
                    const LegLine* up) {
  LegSrtp srtp;
  srtp.suite = line.suite;
  srtp.spelling = std::move(line.spelling);
  srtp.send.keys.push_back(std::move(send_key));
  srtp.send.parameters = send_parameters;
  srtp.receive.keys = std::move(line.keys);
  srtp.receive.parameters = line.parameters;
  const bool same_suite = is_up(up, *srtp.suite);
  srtp.send.change = change_of(srtp.send, same_suite ? &up->srtp.send : nullptr);
  srtp.receive.change = change_of(srtp.receive, same_suite ? &up->srtp.receive : nullptr);
  return srtp;
}

crypto::MasterKeyEntry key_to_answer_with(const CryptoLine& line, const Leg& leg, const LegLine* up,
                                          const std::optional<Endpoint>& remote, Reasons& reasons) {
  if (!is_up(up, *line.suite) || up->srtp.send.keys.empty()) return new_key(leg, *line.suite, up);
  if (leg.new_keys) {
    reasons.emplace_back("our key is new: asked for");
    return new_key(leg, *line.suite, up);
  }
  // Another key from another place is another party, which knows nothing of our ROC.
  const bool moved = remote && up->remote && remote->address != up->remote->address;
  if (moved && !same_keys(line.keys, up->srtp.receive.keys)) {
    reasons.emplace_back("our key is new: the party has another key and another address");
    return new_key(leg, *line.suite, up);
  }
  reasons.emplace_back("our key stays");
  return up->srtp.send.keys[0].clone();
}

}  // namespace sallyport::controlplane
