// The state of one direction without its keys: what a standby needs to go on where this process is. Made by control
// with room for all, filled by the worker that owns the context, sealed by control (state_blob.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "crypto/context.hpp"

namespace sallyport::crypto {

/// One SSRC: both windows as they are.
struct SsrcSnapshot {
  std::uint32_t ssrc = 0;
  bool roc_is_set = false;
  ReplayWindow rtp;
  ReplayWindow rtcp;
};

/// One master key: what is left of its lifetime.
struct KeySnapshot {
  Mki mki;
  KeyFingerprint fingerprint{};
  std::uint64_t rtp_left = 0;
  std::uint64_t rtcp_left = 0;
};

struct StateSnapshot {
  StateSnapshot() = default;
  /// Room for everything that a context with these options can hold, so that filling it allocates nothing.
  explicit StateSnapshot(const ContextOptions& options);

  std::uint8_t suite = 0;  ///< row of kSuites
  std::uint8_t key_count = 0;
  std::uint8_t send_slot = 0;
  std::array<KeySnapshot, Context::kMaxMasterKeys> keys{};
  std::vector<SsrcSnapshot> ssrcs;
  /// Of windows wider than 128, the words of each SSRC's ring one after the other (WideWindow).
  std::vector<std::uint64_t> wide;
  std::uint16_t wide_words = 0;  ///< of each SSRC
  bool complete = false;         ///< whether there was room for every SSRC; it cannot be sealed otherwise
};

/// Which direction a state is restored for.
enum class Resume : std::uint8_t {
  /// Jumps ahead: no index that the other process may have used since the export is used again. That holds for the
  /// SSRCs
  /// that the state has. One that the other process used first after the export is not known here: whoever goes on must
  /// send under these or under fresh ones (TxClock draws them at random).
  kSending,
  /// As it was. What was received between export and failure is accepted once more if somebody replays it.
  kReceiving,
};

/// How far a sending direction jumps. Receivers follow a jump of less than 2^15 (RFC 3711 3.3.1); what was sent between
/// export and failure must be less than the jump. So an export is needed at least every kJumpAhead / rate: with 50
/// packets a second every 327 s, with 1,000 every 16 s.
inline constexpr std::uint64_t kJumpAhead = std::uint64_t{1} << 14;

}  // namespace sallyport::crypto
