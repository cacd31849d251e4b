#include "tests/cross/model/index.hpp"

namespace sallyport::model {

std::uint32_t estimate_roc(std::uint32_t roc, std::uint16_t highest_sequence, std::uint16_t sequence) {
  const int s_l = highest_sequence;
  const int seq = sequence;
  if (s_l < 32768) {
    // Appendix A makes this ROC - 1 mod 2^32. Of ROC 0 that is an index that no packet can have, so that a sequence
    // number "before" the first wrap can only be one ahead; libSRTP reads it the same way.
    if (seq - s_l > 32768 && roc != 0) return roc - 1;
    return roc;
  }
  if (s_l - 32768 > seq) return roc + 1;
  return roc;
}

Known ReplayList::check(std::uint64_t index, std::uint64_t window) const {
  if (!seen_.empty() && index + window <= highest()) return Known::kTooOld;
  return seen_.contains(index) ? Known::kSeen : Known::kNew;
}

std::uint64_t SsrcState::estimate(std::uint16_t sequence) const {
  const std::uint32_t known_roc = roc.value_or(0);
  const std::uint64_t v = highest_sequence ? estimate_roc(known_roc, *highest_sequence, sequence) : known_roc;
  // Behind ROC 2^32 - 1 comes no 0 under the same key: the index is kept whole, and is then too large.
  const std::uint64_t carry = v == 0 && known_roc == 0xffffffff ? std::uint64_t{1} << 48 : 0;
  return carry + (v << 16) + sequence;
}

void SsrcState::commit_srtp(std::uint64_t index) {
  if (srtp.empty() || index > srtp.highest()) {
    roc = static_cast<std::uint32_t>(index >> 16);
    highest_sequence = static_cast<std::uint16_t>(index);
  }
  srtp.add(index);
}

std::map<std::uint32_t, SsrcState> without_lists(const std::map<std::uint32_t, SsrcState>& previous) {
  std::map<std::uint32_t, SsrcState> states = previous;
  for (auto& [ssrc, state] : states) {
    state.srtp = {};
    state.srtcp = {};
  }
  return states;
}

}  // namespace sallyport::model
