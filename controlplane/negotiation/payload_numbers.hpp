// Payload types of a call: which numbers codecs have on each leg, and how they change from one to the other. Used
// within negotiation/ only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/negotiation/codec.hpp"
#include "controlplane/negotiation/media_plan.hpp"

namespace sallyport::controlplane {

/// Whether the codec carries sound or pictures by itself: not so events and comfort noise.
bool carries_media(const Codec& codec);

/// Puts the codecs that are named in `preference` first, in that order.
void prefer(std::vector<Codec>& codecs, std::span<const std::string> preference);

/// The numbers under which `codecs` are offered on a leg: their own, unless the leg already knows them by another one,
/// or knows that one for something else (RFC 3264 8.3.2). `up`: the leg's line, null where it has none. What no number
/// is left for is left out.
std::vector<PayloadMapping> number_payloads(std::span<const Codec> codecs, const LegLine* up);

/// One codec on its way from an answerer to an offerer.
struct CommonCodec {
  Codec answered;             ///< as the answerer has it
  std::uint8_t offered = 0;   ///< as we offered it to the answerer
  std::uint8_t original = 0;  ///< as the offerer offered it to us
};

/// The answered codecs that were offered, in their order. `payloads`: from the offerer's numbers to those that were
/// offered on; empty: there is no other leg.
std::vector<CommonCodec> common_codecs(std::span<const Codec> answered, std::span<const Codec> offered,
                                       std::span<const PayloadMapping> payloads);

}  // namespace sallyport::controlplane
