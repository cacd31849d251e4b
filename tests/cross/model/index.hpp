// Which packet is this, and was it here before: the index estimate of RFC 3711 Appendix A and a replay list that simply
// remembers everything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

namespace sallyport::model {

/// ROC that `sequence` belongs to, when `roc` and `highest_sequence` (s_l) are those of the highest index so far.
std::uint32_t estimate_roc(std::uint32_t roc, std::uint16_t highest_sequence, std::uint16_t sequence);

enum class Known { kNew, kSeen, kTooOld };

class ReplayList {
 public:
  /// kTooOld: `window` or more behind the highest.
  Known check(std::uint64_t index, std::uint64_t window) const;
  void add(std::uint64_t index) { seen_.insert(index); }
  bool empty() const { return seen_.empty(); }
  /// Not for an empty one.
  std::uint64_t highest() const { return *seen_.rbegin(); }

 private:
  std::set<std::uint64_t> seen_;
};

/// One SSRC under one set of keys (a cryptographic context of RFC 3711 3.2.1).
struct SsrcState {
  std::optional<std::uint32_t> roc;  ///< none: signalled by nobody, so 0 with the first packet
  std::optional<std::uint16_t> highest_sequence;
  std::uint64_t next_srtcp_index = 0;  ///< sender
  ReplayList srtp;
  ReplayList srtcp;

  std::uint64_t estimate(std::uint16_t sequence) const;
  /// Takes an index into the list, and ROC and s_l with it if it is the first or the highest.
  void commit_srtp(std::uint64_t index);
};

/// What a new key starts with: ROC, s_l and SRTCP index go on (RFC 3711 3.3.1, 3.4), the lists are empty.
std::map<std::uint32_t, SsrcState> without_lists(const std::map<std::uint32_t, SsrcState>& previous);

}  // namespace sallyport::model
