#include "controlplane/negotiation/codec.hpp"

#include <algorithm>
#include <array>

#include "controlplane/negotiation/sdp_attributes.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::uint8_t kMaxPayload = 127;

struct StaticCodec {
  std::uint8_t payload;
  std::string_view name;
  std::uint32_t clock;
  std::uint8_t channels = 1;
};
/// RFC 3551 6, tables 4 and 5.
constexpr std::array kStatic{
    StaticCodec{0, "PCMU", 8000},   StaticCodec{3, "GSM", 8000},    StaticCodec{4, "G723", 8000},
    StaticCodec{5, "DVI4", 8000},   StaticCodec{6, "DVI4", 16000},  StaticCodec{7, "LPC", 8000},
    StaticCodec{8, "PCMA", 8000},   StaticCodec{9, "G722", 8000},   StaticCodec{10, "L16", 44100, 2},
    StaticCodec{11, "L16", 44100},  StaticCodec{12, "QCELP", 8000}, StaticCodec{13, "CN", 8000},
    StaticCodec{14, "MPA", 90000},  StaticCodec{15, "G728", 8000},  StaticCodec{16, "DVI4", 11025},
    StaticCodec{17, "DVI4", 22050}, StaticCodec{18, "G729", 8000},  StaticCodec{25, "CelB", 90000},
    StaticCodec{26, "JPEG", 90000}, StaticCodec{28, "nv", 90000},   StaticCodec{31, "H261", 90000},
    StaticCodec{32, "MPV", 90000},  StaticCodec{33, "MP2T", 90000}, StaticCodec{34, "H263", 90000},
};

/// Attributes that begin with a payload type.
constexpr std::array<std::string_view, 3> kOfPayload{"rtpmap", "fmtp", "rtcp-fb"};
/// Attributes that hold for the whole section.
constexpr std::array<std::string_view, 9> kOfSection{"ptime", "maxptime", "framerate", "content",    "label",
                                                     "lang",  "extmap",   "imageattr", "silenceSupp"};

template <class Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equal_without_case(n, name); });
}

/// The value of the attribute `name` that speaks of `payload`, without it.
std::optional<std::string_view> value_for(const MediaDescription& media, std::string_view name, std::uint8_t payload) {
  for (const SdpAttribute& attribute : media.attributes) {
    if (!equal_without_case(attribute.name(), name)) continue;
    std::string_view value = attribute.value();
    if (number_in(take_word(value), kMaxPayload) == payload) return without_blanks_in_front(value);
  }
  return std::nullopt;
}

/// "opus/48000/2".
bool read_rtpmap(std::string_view value, Codec& codec) {
  std::string_view word = take_word(value);
  codec.name = take_until(word, '/');
  const auto clock = number_in<std::uint32_t>(take_until(word, '/'), 1'000'000);
  const auto channels = word.empty() ? std::optional<std::uint8_t>(1) : number_in<std::uint8_t>(word, 255);
  codec.clock = clock.value_or(0);
  codec.channels = std::max<std::uint8_t>(channels.value_or(1), 1);
  return !codec.name.empty() && codec.clock != 0;
}

bool read_static(Codec& codec) {
  const auto found = std::find_if(kStatic.begin(), kStatic.end(),
                                  [&](const StaticCodec& row) { return row.payload == codec.payload; });
  if (found == kStatic.end()) return false;
  codec.name = found->name;
  codec.clock = found->clock;
  codec.channels = found->channels;
  return true;
}

const PayloadMapping* find_mapping(std::span<const PayloadMapping> mapping, std::optional<std::uint8_t> from) {
  const auto found =
      std::find_if(mapping.begin(), mapping.end(), [&](const PayloadMapping& m) { return from && m.from == *from; });
  return found == mapping.end() ? nullptr : &*found;
}

/// RFC 4588 8.1: retransmissions name the payload type that they repeat.
std::string fmtp_with_mapping(std::string_view value, std::span<const PayloadMapping> mapping) {
  constexpr std::string_view kApt = "apt=";
  const std::size_t at = value.find(kApt);
  if (at == std::string_view::npos) return std::string(value);
  const std::size_t digits = at + kApt.size();
  const std::size_t end = std::min(value.find_first_not_of("0123456789", digits), value.size());
  const PayloadMapping* const row = find_mapping(mapping, number_in(value.substr(digits, end - digits), kMaxPayload));
  if (row == nullptr) return std::string(value);
  return std::string(value.substr(0, digits)) + std::to_string(row->to) + std::string(value.substr(end));
}

/// "rtpmap:101 telephone-event/8000" with another payload type; nothing where that is not passed on.
std::optional<SdpAttribute> with_mapping(const SdpAttribute& attribute, std::span<const PayloadMapping> mapping) {
  std::string_view value = attribute.value();
  const std::string_view payload = take_word(value);
  if (payload == "*") return attribute;
  const PayloadMapping* const row = find_mapping(mapping, number_in(payload, kMaxPayload));
  if (row == nullptr) return std::nullopt;
  SecretString text(attribute.name());
  text.append(":").append(std::to_string(row->to)).append(" ");
  text.append(fmtp_with_mapping(without_blanks_in_front(value), mapping));
  return SdpAttribute{std::move(text)};
}

}  // namespace

std::string Codec::to_string() const {
  return name + '/' + std::to_string(clock) + (channels == 1 ? "" : '/' + std::to_string(channels));
}

bool is_telephone_event(const Codec& codec) { return equal_without_case(codec.name, "telephone-event"); }

std::vector<Codec> codecs_of(const MediaDescription& media) {
  std::vector<Codec> codecs;
  for (const std::string& format : media.formats) {
    const auto payload = number_in(format, kMaxPayload);
    const auto same = [&](const Codec& codec) { return codec.payload == *payload; };
    if (!payload || std::any_of(codecs.begin(), codecs.end(), same)) continue;
    Codec codec;
    codec.payload = *payload;
    const auto rtpmap = value_for(media, "rtpmap", *payload);
    if (!(rtpmap ? read_rtpmap(*rtpmap, codec) : read_static(codec))) continue;
    codec.fmtp = value_for(media, "fmtp", *payload).value_or("");
    codecs.push_back(std::move(codec));
  }
  return codecs;
}

bool same_codec(const Codec& a, const Codec& b) {
  return equal_without_case(a.name, b.name) && a.clock == b.clock && a.channels == b.channels;
}

const Codec* find_codec(std::span<const Codec> codecs, const Codec& wanted) {
  const Codec* best = nullptr;
  int best_rank = 0;
  for (const Codec& codec : codecs) {
    if (!same_codec(codec, wanted)) continue;
    const int rank = codec.payload == wanted.payload ? 3 : codec.fmtp == wanted.fmtp ? 2 : 1;
    if (rank <= best_rank) continue;
    best = &codec;
    best_rank = rank;
  }
  return best;
}

MediaDescription pass_on(const MediaDescription& from, std::span<const PayloadMapping> mapping, bool feedback) {
  MediaDescription media;
  media.media = from.media;
  media.bandwidth = from.bandwidth;
  for (const PayloadMapping& row : mapping) {
    const std::string payload = std::to_string(row.to);
    media.formats.push_back(payload);
    // A static payload type needs no rtpmap; under another number it does.
    if (row.from == row.to || value_for(from, "rtpmap", row.from)) continue;
    media.attributes.push_back({SecretString("rtpmap:" + payload + ' ' + row.codec)});
  }
  for (const SdpAttribute& attribute : from.attributes) {
    const std::string_view name = attribute.name();
    if (is_one_of(name, kOfSection)) media.attributes.push_back(attribute);
    if (!is_one_of(name, kOfPayload) || (!feedback && equal_without_case(name, "rtcp-fb"))) continue;
    if (auto mapped = with_mapping(attribute, mapping)) media.attributes.push_back(std::move(*mapped));
  }
  return media;
}

MediaDescription section_of(MediaKind kind, std::span<const Codec> codecs, std::optional<unsigned> ptime) {
  MediaDescription media;
  media.media = to_string(kind);
  const auto add = [&](const std::string& text) { media.attributes.push_back({SecretString(text)}); };
  for (const Codec& codec : codecs) {
    const std::string payload = std::to_string(codec.payload);
    media.formats.push_back(payload);
    add("rtpmap:" + payload + ' ' + codec.to_string());
    if (!codec.fmtp.empty()) add("fmtp:" + payload + ' ' + codec.fmtp);
  }
  if (ptime) add("ptime:" + std::to_string(*ptime));
  return media;
}

}  // namespace sallyport::controlplane
