#include "controlplane/negotiation/payload_numbers.hpp"

#include <algorithm>
#include <bitset>

#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::uint8_t kFirstDynamic = 96;
constexpr std::uint8_t kLastDynamic = 127;

/// Where `codec` stands in a list of names, behind all where it does not.
std::size_t rank_of(const Codec& codec, std::span<const std::string> preference) {
  const auto found = std::find_if(preference.begin(), preference.end(),
                                  [&](const std::string& name) { return equal_without_case(name, codec.name); });
  return static_cast<std::size_t>(found - preference.begin());
}

/// Gives numbers out on one leg.
class Numbers {
 public:
  explicit Numbers(const LegLine* up) : up_(up) {
    if (up_ == nullptr) return;
    for (const LegCodec& known : up_->codecs) taken_.set(known.receive_as).set(known.send_as);
  }

  std::optional<std::uint8_t> take(const Codec& codec) {
    if (const LegCodec* const known = find_known(codec); known != nullptr) {
      given_.set(known->receive_as);
      return known->receive_as;
    }
    std::optional<std::uint8_t> number;
    if (!taken_[codec.payload]) number = codec.payload;
    for (std::uint8_t n = kFirstDynamic; !number && n <= kLastDynamic; ++n) {
      if (!taken_[n]) number = n;
    }
    if (number) taken_.set(*number);
    return number;
  }

 private:
  /// The leg's own, unless another codec of this description has it already.
  const LegCodec* find_known(const Codec& codec) const {
    if (up_ == nullptr) return nullptr;
    std::vector<Codec> known;
    for (const LegCodec& row : up_->codecs) {
      if (given_[row.receive_as]) continue;
      known.push_back(row.codec);
      known.back().payload = row.receive_as;
    }
    const Codec* const found = find_codec(known, codec);
    if (found == nullptr) return nullptr;
    const auto row = std::find_if(up_->codecs.begin(), up_->codecs.end(),
                                  [&](const LegCodec& c) { return c.receive_as == found->payload; });
    return &*row;
  }

  const LegLine* up_;
  std::bitset<128> taken_;
  std::bitset<128> given_;
};

}  // namespace

bool carries_media(const Codec& codec) { return !is_telephone_event(codec) && !equal_without_case(codec.name, "CN"); }

void prefer(std::vector<Codec>& codecs, std::span<const std::string> preference) {
  std::stable_sort(codecs.begin(), codecs.end(),
                   [&](const Codec& a, const Codec& b) { return rank_of(a, preference) < rank_of(b, preference); });
}

std::vector<PayloadMapping> number_payloads(std::span<const Codec> codecs, const LegLine* up) {
  Numbers numbers(up);
  std::vector<PayloadMapping> mapping;
  for (const Codec& codec : codecs) {
    if (const auto number = numbers.take(codec)) mapping.push_back({codec.payload, *number, codec.to_string()});
  }
  return mapping;
}

std::vector<CommonCodec> common_codecs(std::span<const Codec> answered, std::span<const Codec> offered,
                                       std::span<const PayloadMapping> payloads) {
  std::vector<CommonCodec> common;
  for (const Codec& codec : answered) {
    const Codec* const ours = find_codec(offered, codec);
    const auto known = [&](const CommonCodec& c) { return ours != nullptr && c.offered == ours->payload; };
    if (ours == nullptr || std::any_of(common.begin(), common.end(), known)) continue;
    const auto row =
        std::find_if(payloads.begin(), payloads.end(), [&](const PayloadMapping& m) { return m.to == ours->payload; });
    common.push_back({codec, ours->payload, row == payloads.end() ? ours->payload : row->from});
  }
  return common;
}

}  // namespace sallyport::controlplane
