#include "controlplane/negotiation/capabilities.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "controlplane/negotiation/leg_line.hpp"
#include "controlplane/negotiation/sdp_text.hpp"
#include "controlplane/negotiation/srtp_choice.hpp"

namespace sallyport::controlplane {
namespace {

constexpr unsigned kMaxNumber = 0x7fffffff;  // RFC 5939 3.3
constexpr unsigned kMaxConfigurations = 8;   ///< of a line that are looked at

/// What a section may become: transports and attributes by their numbers, its own before the session's.
class Capabilities {
 public:
  Capabilities(const SessionDescription& session, const MediaDescription& media) {
    read(media.attributes);
    read(session.attributes);
  }

  /// The transport of a configuration's "t=" that is secure, of several alternatives the first.
  std::optional<std::pair<unsigned, std::string>> secure_transport(std::string_view alternatives) const {
    while (!alternatives.empty()) {
      const auto number = number_in(take_until(alternatives, '|'), kMaxNumber);
      const auto found = number ? transports_.find(*number) : transports_.end();
      if (found == transports_.end()) continue;
      const auto profile = RtpProfile::of(found->second);
      if (profile && profile->secure) return *found;
    }
    return std::nullopt;
  }

  /// The a=crypto attributes of a configuration's "a=": its first alternative that has one, "1,[2]|3".
  std::vector<SdpAttribute> keys(std::string_view alternatives, std::string& chosen) const {
    while (!alternatives.empty()) {
      const std::string_view alternative = take_until(alternatives, '|');
      std::vector<SdpAttribute> keys;
      for (std::string_view rest = alternative; !rest.empty();) {
        std::string_view word = take_until(rest, ',');
        while (word.starts_with('[')) word.remove_prefix(1);
        while (word.ends_with(']')) word.remove_suffix(1);
        const auto number = number_in(word, kMaxNumber);
        const auto found = number ? attributes_.find(*number) : attributes_.end();
        if (found != attributes_.end()) keys.push_back({SecretString(found->second)});
      }
      chosen = alternative;
      if (!keys.empty()) return keys;
    }
    return {};
  }

 private:
  void read(const std::vector<SdpAttribute>& attributes) {
    for (const SdpAttribute& attribute : attributes) {
      std::string_view value = attribute.value();
      if (equal_without_case(attribute.name(), "tcap")) {
        auto number = number_in(take_word(value), kMaxNumber);
        for (std::string_view word = take_word(value); number && !word.empty(); word = take_word(value)) {
          transports_.emplace((*number)++, word);
        }
      } else if (equal_without_case(attribute.name(), "acap")) {
        const auto number = number_in(take_word(value), kMaxNumber);
        value = without_blanks_in_front(value);
        if (number && value.starts_with("crypto:")) attributes_.emplace(*number, value);
      }
    }
  }

  std::map<unsigned, std::string> transports_;
  std::map<unsigned, std::string_view> attributes_;  ///< of the description, which outlives this
};

/// "1 t=1 a=1|2" made real, nothing where it is not a secure configuration. `number` is its place in preference.
std::optional<MediaDescription> configured(const Capabilities& capabilities, const MediaDescription& media,
                                           std::string_view value, unsigned& number) {
  const auto stated = number_in(take_word(value), kMaxNumber);
  std::optional<std::pair<unsigned, std::string>> transport;
  std::vector<SdpAttribute> keys;
  std::string chosen;
  for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
    if (word.starts_with("t=")) transport = capabilities.secure_transport(word.substr(2));
    if (word.starts_with("a=")) keys = capabilities.keys(word.substr(2), chosen);
  }
  if (!stated || !transport || keys.empty()) return std::nullopt;
  number = *stated;
  MediaDescription secure = media;
  secure.proto = transport->second;
  std::erase_if(secure.attributes, [](const SdpAttribute& a) { return equal_without_case(a.name(), "acfg"); });
  secure.attributes.insert(secure.attributes.end(), keys.begin(), keys.end());
  secure.attributes.push_back(
      {SecretString("acfg:" + std::to_string(number) + " t=" + std::to_string(transport->first) + " a=" + chosen)});
  return secure;
}

/// The secure configuration that the party prefers: the one with the lowest number (RFC 5939 3.5.1).
std::optional<MediaDescription> secure_configuration(const SessionDescription& offer, const MediaDescription& media) {
  std::optional<MediaDescription> best;
  unsigned best_number = kMaxNumber;
  std::optional<Capabilities> capabilities;
  unsigned looked_at = 0;
  for (const SdpAttribute& attribute : media.attributes) {
    if (!equal_without_case(attribute.name(), "pcfg") || ++looked_at > kMaxConfigurations) continue;
    if (!capabilities) capabilities.emplace(offer, media);
    unsigned number = 0;
    auto secure = configured(*capabilities, media, attribute.value(), number);
    if (!secure || (best && number >= best_number)) continue;
    best = std::move(secure);
    best_number = number;
  }
  return best;
}

}  // namespace

std::optional<SessionDescription> with_secure_configurations(const SessionDescription& offer, const Leg& leg,
                                                             std::span<const crypto::Suite* const> suites) {
  std::optional<SessionDescription> changed;
  for (std::size_t i = 0; i < offer.media.size(); ++i) {
    const MediaDescription& media = offer.media[i];
    const auto profile = RtpProfile::of(media.proto);
    if (media.port == 0 || !profile || profile->secure) continue;
    auto secure = secure_configuration(offer, media);
    if (!secure || !choose_srtp(read_crypto_lines(*secure), true, leg, suites, up_line(leg, i)).line) continue;
    if (!changed) changed = offer;
    changed->media[i] = std::move(*secure);
  }
  return changed;
}

}  // namespace sallyport::controlplane
