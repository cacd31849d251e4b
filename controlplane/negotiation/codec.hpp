// Codecs of an m= section: payload types with their meaning (rtpmap, fmtp, RFC 3551's static ones), and which codec of
// one description is which of another. Pure; used by the functions that plan media.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/negotiation/sdp.hpp"

namespace sallyport::controlplane {

struct Codec {
  std::uint8_t payload = 0;  ///< 0 to 127
  std::string name;          ///< "PCMU", "telephone-event"
  std::uint32_t clock = 8000;
  std::uint8_t channels = 1;
  std::string fmtp;  ///< empty: none

  /// "opus/48000/2".
  std::string to_string() const;
};

/// RFC 4733's events, which carry no sound: alone they are no codec.
bool is_telephone_event(const Codec& codec);

/// The codecs of the section's formats, in their order, each payload type once. Formats that are no payload type, or
/// dynamic ones without an rtpmap, are left out.
std::vector<Codec> codecs_of(const MediaDescription& media);

/// Whether both are the same codec: name (without regard to case), clock rate and channels.
bool same_codec(const Codec& a, const Codec& b);

/// The codec of `codecs` that `wanted` is: of several, the one with the same payload type, else with the same fmtp,
/// else the first. Null where there is none.
const Codec* find_codec(std::span<const Codec> codecs, const Codec& wanted);

/// A payload type that becomes another one.
struct PayloadMapping {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  std::string codec;
};

/// What is passed on of an offered or answered section: formats, bandwidth, and the attributes that speak of codecs
/// and packet times; with payload types exchanged by `mapping`, and without those that it has not. Nothing of
/// transport, keys, ICE, identity and direction passes, nor anything unknown.
MediaDescription pass_on(const MediaDescription& from, std::span<const PayloadMapping> mapping, bool feedback);

/// A section of codecs of our own.
MediaDescription section_of(MediaKind kind, std::span<const Codec> codecs, std::optional<unsigned> ptime);

}  // namespace sallyport::controlplane
