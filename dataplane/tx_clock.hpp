// One transmit clock per leg: whoever sends on the leg takes SSRC, sequence number and timestamp from here, so that the
// same key never sees the same index twice, whatever the source does (RFC 3711 9.1, RFC 7714 10.1).
//
// Each source SSRC is mapped to an SSRC of ours that no source can choose. A source that repeats sequence numbers has
// the repeated packets refused; one that really restarts (RFC 3550 A.1) goes on under a fresh SSRC, or, when the leg
// has used up its SSRCs, on the old one with the sequence going on upwards. Used by one worker; knows no keys.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/replay_window.hpp"
#include "dataplane/sparse_memory.hpp"

namespace sallyport::dataplane {

enum class TxMode : std::uint8_t {
  kPassThrough,  ///< plain RTP: SSRC, sequence and timestamp as they came
  kFreshSsrc,    ///< SSRCs, first sequence numbers and timestamp offsets of our own
  kFixedSsrc,    ///< one configured SSRC, sequence and timestamp of the first source kept (labs only)
};

/// Our first sequence number lies in [2^10, 2^15): packets from before the first have room below, and a receiver that
/// loses the first packets cannot mistake ROC 0 for another (RFC 3711 3.3.1).
inline constexpr std::uint32_t kFirstSequenceLow = 1 << 10;
inline constexpr std::uint32_t kFirstSequenceSpan = (1 << 15) - kFirstSequenceLow;

/// Random values from the control thread's CSPRNG.
struct TxSeed {
  std::uint32_t ssrc = 0;         ///< the first SSRC; the only one with kFixedSsrc
  std::uint32_t ssrc_stride = 1;  ///< made odd: successive SSRCs never repeat within 2^32
  std::uint64_t random = 0;
  /// How much of kFirstSequenceSpan is used, 1 or more: less where a key derivation rate asks for keys that are made in
  /// advance.
  std::uint32_t first_span = kFirstSequenceSpan;
};

/// What was sent under an SSRC of ours. Its sequence only ever goes up, whichever source is sent under it. Packed, for
/// what shares its cache line.
struct [[gnu::packed]] TxSsrc {
  std::uint64_t next = 0;  ///< the lowest extended sequence number that was never sent; 0: none was
  std::uint32_t last_timestamp = 0;
  std::uint8_t owner = 0;  ///< slot of the source that is mapped to it
};

/// A source's indices start in ROC 1, so that packets from before its first one (reordering) still have an index.
inline constexpr std::uint64_t kFirstIndex = std::uint64_t{1} << 16;

/// How one source's numbers become ours.
struct TxSource {
  std::uint32_t in_ssrc = 0;
  std::uint32_t out_ssrc = 0;
  std::uint32_t timestamp_offset = 0;
  std::uint16_t refused_sequence = 0;  ///< the last refused one
  std::uint8_t refused_run = 0;        ///< refused packets since the last one that was taken
  std::uint8_t ssrc_slot = 0;
  std::int64_t index_offset = -static_cast<std::int64_t>(kFirstIndex);  ///< ours minus theirs, from the first RTP on
  /// Of their indices. Those that others may have sent under the same SSRC count as used.
  crypto::ReplayWindow used;

  /// What the far party calls `extended` (RFC 3550 6.4.1), as the source counts: cycles since its own first packet.
  std::uint32_t source_sequence(std::uint32_t extended) const noexcept {
    return extended - static_cast<std::uint32_t>(index_offset) - static_cast<std::uint32_t>(kFirstIndex);
  }
};

/// What packets of the first source under the first SSRC touch lies in its first 64 bytes; few legs ever have more
/// sources or SSRCs, and what those need lies elsewhere.
class TxClock {
 public:
  static constexpr std::size_t kSources = 4;      ///< remembered at a time
  static constexpr std::uint8_t kNobody = 0xff;   ///< no source's slot
  static constexpr std::uint8_t kFreshSsrcs = 8;  ///< per leg; a sending context remembers at least as many

  TxClock() = default;
  TxClock(TxMode mode, const TxSeed& seed) noexcept;

  TxMode mode() const noexcept { return mode_; }
  /// Has the line fetched that the next packet of the first source will touch.
  void prefetch() const noexcept { __builtin_prefetch(this, 1); }

  /// After a failover, before the first packet: an SSRC that another process has sent, of which no index up to `above`
  /// may be used again, is continued; sources take such SSRCs before fresh ones, in the order of the calls. The
  /// timestamp is that of the last packet, or near it. False: there is no room for it, or nothing to continue
  /// (kPassThrough).
  bool resume(std::uint32_t out_ssrc, std::uint64_t above, std::uint32_t timestamp) noexcept;

  /// Gives an RTP packet its outgoing numbers in place. False: its index was used before or is behind the window, and
  /// the source has not (yet) restarted; the packet must not be sent.
  bool take_rtp(std::uint8_t* packet) noexcept;

  /// The mapping for an RTCP sender of the source side; made where there is none yet.
  const TxSource& source_of(std::uint32_t in_ssrc) noexcept;
  /// The mapping of a source, null where there is none.
  const TxSource* mapping_of(std::uint32_t in_ssrc) const noexcept;
  /// The mapping that makes `out_ssrc` now, for reports that the far party sends about it.
  const TxSource* sent_as(std::uint32_t out_ssrc) const noexcept;

 private:
  /// For sources and SSRCs beyond the first; each is written before it is read.
  struct More {
    std::array<TxSource, kSources - 1> sources;
    std::array<TxSsrc, kFreshSsrcs - 1> ssrcs;
    std::array<std::uint32_t, kFreshSsrcs - 1> ssrc_numbers;
    std::array<std::uint32_t, kSources> last_use;  ///< while there are several: for choosing whom to replace
    std::uint32_t uses;
  };

  std::uint8_t find_or_add(std::uint32_t in_ssrc) noexcept;
  std::uint8_t find(std::uint32_t in_ssrc) const noexcept;
  std::uint8_t slot_for_new_source() noexcept;
  void note_use(std::uint8_t slot) noexcept;
  void choose_ssrc(std::uint8_t slot, bool had_one) noexcept;
  void place(std::uint8_t slot, std::uint64_t index, std::uint32_t timestamp) noexcept;
  void restart(std::uint8_t slot) noexcept;
  std::uint64_t next_random() noexcept;

  TxSource& source_in(std::uint8_t slot) noexcept { return slot == 0 ? first_source_ : more_->sources[slot - 1]; }
  const TxSource& source_in(std::uint8_t slot) const noexcept {
    return slot == 0 ? first_source_ : more_->sources[slot - 1];
  }
  TxSsrc& ssrc_in(std::uint8_t slot) noexcept { return slot == 0 ? first_ssrc_ : more_->ssrcs[slot - 1]; }
  const TxSsrc& ssrc_in(std::uint8_t slot) const noexcept { return slot == 0 ? first_ssrc_ : more_->ssrcs[slot - 1]; }
  std::uint32_t& number_of(std::uint8_t slot) noexcept {
    return slot == 0 ? first_number_ : more_->ssrc_numbers[slot - 1];
  }

  TxSource first_source_;
  TxSsrc first_ssrc_;
  TxMode mode_ = TxMode::kPassThrough;
  std::uint8_t sources_used_ = 0;
  std::uint8_t ssrcs_used_ = 0;
  // Colder.
  Sparse<More> more_;
  std::uint64_t random_ = 0;
  std::uint32_t first_number_ = 0;
  std::uint32_t next_ssrc_ = 0;
  std::uint32_t stride_ = 1;
  std::uint16_t first_span_ = kFirstSequenceSpan;
  std::uint8_t newest_ssrc_ = 0;   ///< slot
  std::uint8_t resumed_next_ = 0;  ///< slots from here to resumed_end_ wait for a source to continue them
  std::uint8_t resumed_end_ = 0;
};

}  // namespace sallyport::dataplane
