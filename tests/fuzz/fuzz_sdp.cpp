// libFuzzer target for session descriptions: any text is read or refused within its bounds; what was read can be
// written, and what was written is read as the same; no refusal repeats a key; what may be logged holds none.
#include <string>
#include <string_view>
#include <variant>

#include "controlplane/negotiation/codec.hpp"
#include "controlplane/negotiation/sdp.hpp"
#include "controlplane/negotiation/sdp_attributes.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace sallyport::controlplane;
using sallyport::fuzz::require;

/// Every accessor, whatever is in there.
void look_at(const SessionDescription& session) {
  for (const MediaDescription& media : session.media) {
    const Direction direction = direction_of(session, media);
    const auto address = rtp_address(session, media);
    require(media.port != 0 || (direction == Direction::kInactive && !address));
    rtcp_address(session, media);
    const auto ptime = ptime_of(media);
    require(!ptime || (*ptime >= 1 && *ptime <= 1000));
    maxptime_of(media);
    has_candidates(media);
    has_fingerprint(session, media);
    std::vector<PayloadMapping> mapping;
    for (const Codec& codec : codecs_of(media)) {
      require(codec.payload <= 127 && codec.clock != 0 && codec.channels != 0 && !codec.name.empty());
      mapping.push_back({codec.payload, static_cast<std::uint8_t>(127 - codec.payload), codec.to_string()});
    }
    const MediaDescription passed = pass_on(media, mapping, true);
    require(codecs_of(passed).size() == mapping.size());
  }
}

void read_twice(std::string_view text) {
  auto first = parse_sdp(text);
  if (const SdpFault* const fault = std::get_if<SdpFault>(&first)) {
    require(fault->line >= 1 && !fault->expected.empty());
    return;
  }
  const SessionDescription& session = std::get<SessionDescription>(first);
  require(session.media.size() <= kMaxSdpMedia);
  look_at(session);
  const SecretString written = to_string(session);
  auto second = parse_sdp(written);
  if (std::holds_alternative<SdpFault>(second)) {
    // Only by what writing adds: the lines that were missing, blanks that were tolerated.
    require(text.size() + 256 > kMaxSdpLength || text.size() + 64 > kMaxSdpLine);
    return;
  }
  require(to_string(std::get<SessionDescription>(second)) == written);
}

/// No key of a crypto line survives, wherever the line stands.
void read_as_log(std::string_view text) {
  constexpr std::string_view kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
  const std::string line = "\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string(kKey) + "|2^20\r\n";
  const std::size_t half = text.size() / 2;
  const std::string all = std::string(text.substr(0, half)) + line + std::string(text.substr(half));
  const bool there_anyway = text.find(kKey) != std::string_view::npos;
  require(there_anyway || redacted(all).find(kKey) == std::string::npos);
  require(redacted(redacted(text)) == redacted(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_twice(text);
  read_as_log(text);
  return 0;
}
