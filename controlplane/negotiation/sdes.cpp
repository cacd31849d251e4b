#include "controlplane/negotiation/sdes.hpp"

#include <array>
#include <utility>

#include "controlplane/negotiation/sdes_key.hpp"
#include "controlplane/negotiation/sdp_text.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kInline = "inline:";
constexpr std::uint32_t kMaxTag = 999'999'999;  // RFC 4568 9.1: one to nine digits

/// A suite's name may be shown; what stands in its place in a malformed line may be a key.
bool looks_like_a_suite(std::string_view word) {
  constexpr std::size_t kLongest = 40;
  return word.size() <= kLongest && word.find('_') != std::string_view::npos &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Every key parameter has the method "inline" (RFC 4568 6.1).
void require_inline(std::string_view keys) {
  while (!keys.empty()) {
    if (!take_until(keys, ';').starts_with(kInline)) {
      throw SetupError("expected key parameters that begin with 'inline:'");
    }
  }
}

/// Leaves out what may be left out and what holds anyway: optional extensions, and the order of FEC and SRTP in which a
/// relay passes packets on. What is left has to be understood.
std::string words_to_honour(std::string_view words) {
  std::string kept;
  for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) {
    if (word.starts_with("FEC_KEY=")) throw SetupError("FEC_KEY: a key of its own for FEC is not supported");
    if (word == "FEC_ORDER=SRTP_FEC") throw SetupError("FEC_ORDER=SRTP_FEC is not supported");
    if (word.starts_with('-') || word == "FEC_ORDER=FEC_SRTP") continue;
    kept.append(kept.empty() ? "" : " ").append(word);
  }
  return kept;
}

/// Reads what is behind "crypto:". `who` names the line as far as it was read. Throws SetupError.
CryptoLine read_line(std::string_view value, std::string& who) {
  CryptoLine line;
  const auto tag = number_in(take_word(value), kMaxTag);
  if (!tag) throw SetupError("expected a tag of one to nine digits");
  who += ' ' + std::to_string(*tag);
  line.tag = *tag;
  line.spelling = take_word(value);
  if (looks_like_a_suite(line.spelling)) who += ' ' + line.spelling;
  line.suite = crypto::find_suite(line.spelling);
  if (line.suite == nullptr) throw SetupError("the suite is not known");
  const std::string_view keys = take_word(value);
  if (keys.empty()) throw SetupError("expected a key parameter behind the suite");
  require_inline(keys);
  line.keys = parse_sdes_keys(*line.suite, keys);
  line.parameters = parse_session_parameters(words_to_honour(value));
  crypto::check_parameters(*line.suite, line.parameters);
  return line;
}

}  // namespace

CryptoLines read_crypto_lines(const MediaDescription& media) {
  CryptoLines lines;
  std::size_t count = 0;
  for (const SdpAttribute& attribute : media.attributes) {
    if (!equal_without_case(attribute.name(), "crypto")) continue;
    if (++count > kMaxCryptoLines) {
      lines.declined.push_back("crypto lines after the first " + std::to_string(kMaxCryptoLines) + " are not read");
      break;
    }
    std::string who = "crypto";
    try {
      lines.usable.push_back(read_line(attribute.value(), who));
    } catch (const SetupError& error) {
      lines.declined.push_back(who + ": " + error.what());
    }
  }
  return lines;
}

bool weakens(const crypto::SessionParameters& parameters) {
  return parameters.unencrypted_srtp || parameters.unencrypted_srtcp || parameters.unauthenticated_srtp;
}

crypto::SessionParameters parameters_to_repeat(const crypto::SessionParameters& offered) {
  crypto::SessionParameters repeated;
  repeated.unencrypted_srtp = offered.unencrypted_srtp;
  repeated.unencrypted_srtcp = offered.unencrypted_srtcp;
  repeated.unauthenticated_srtp = offered.unauthenticated_srtp;
  repeated.key_derivation_rate = offered.key_derivation_rate;
  return repeated;
}

SdpAttribute crypto_attribute(std::uint32_t tag, const crypto::Suite& suite, std::string_view name,
                              const crypto::MasterKeyEntry& key, const crypto::SessionParameters& parameters) {
  SecretString text;
  text.reserve(256);  // no byte of a key in the string's own short memory
  text.append("crypto:").append(std::to_string(tag)).append(" ").append(name).append(" ");
  text.append(write_sdes_key(suite, key));
  const std::string words = to_string(parameters);
  if (!words.empty()) text.append(" ").append(words);
  return {std::move(text)};
}

}  // namespace sallyport::controlplane
