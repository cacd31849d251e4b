// One direction of one stream: expanded keys, session salts, and the state of every SSRC that was seen or used under
// them. Built and destroyed (wiped) on the control thread, in between used by exactly one worker.
//
// A packet of a stream with one SSRC touches the first two cache lines (three for HMAC suites) in the engine's compact
// form; everything else is cold.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "crypto/engine.hpp"
#include "crypto/epoch_keys.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/key_use.hpp"
#include "crypto/master_key.hpp"
#include "crypto/session_key.hpp"
#include "crypto/session_parameters.hpp"
#include "crypto/ssrc_table.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

struct StateSnapshot;
enum class Resume : std::uint8_t;

struct ContextOptions {
  /// How many SSRCs the key remembers, 1 to Context::kMaxSsrcs; further ones are refused, none is ever forgotten.
  std::uint32_t max_ssrcs = 8;
  SessionParameters parameters = {};
  /// Packets under the master key (RFC 4568 6.1), 0: as many as RFC 3711 allows.
  std::uint64_t lifetime = 0;
  Mki mki = {};
  /// With a key derivation rate: the epochs that the stream is in, where a key before has brought it there.
  std::uint64_t rtp_epoch = 0;
  std::uint64_t rtcp_epoch = 0;
};

/// What a context asks of control. Read by the worker after a packet that says so.
struct Attention {
  bool lifetime_due = false;               ///< nine tenths of a master key's lifetime are over: time for another
  bool lifetime_over = false;              ///< a master key is at its end: its packets are refused
  std::uint8_t key_slot = 0;               ///< that master key's, the newest where there are several
  std::optional<std::uint64_t> rtp_epoch;  ///< the EpochKey to be installed next
  std::optional<std::uint64_t> rtcp_epoch;
  /// That epoch is what a packet claims that is not authentic (yet): good for deriving its keys, not for believing it.
  bool rtp_epoch_is_claim = false;
  bool rtcp_epoch_is_claim = false;

  bool any() const noexcept { return lifetime_due || lifetime_over || rtp_epoch || rtcp_epoch; }
};

/// How packets of one kind look under a context.
struct WireForm {
  std::uint8_t tag_len;
  std::uint8_t mki_len;
  bool encrypted;
};

class alignas(128) Context : public InSecretMemory {
 public:
  static constexpr std::uint32_t kMaxSsrcs = 1U << 20;
  static constexpr std::size_t kMaxMasterKeys = 16;

  /// Derives the session keys (RFC 3711 4.3) and expands them with `engine`. `suite` is a row of kSuites. Throws
  /// SetupError where the engine has not the suite or the options do not go together.
  Context(Engine& engine, const Suite& suite, const MasterKey& master, const ContextOptions& options = {});
  /// Several master keys, told apart by MKIs of the same length (RFC 3711 3.2.1); they share SSRCs, ROCs and replay
  /// windows. The first one is sent with. `options.mki` and `options.lifetime` do not count.
  Context(Engine& engine, const Suite& suite, std::span<const MasterKeyEntry> keys, const ContextOptions& options = {});
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  /// A re-key: goes on where `previous` is. The ROC of each SSRC is kept (RFC 3711 8.1: a new key does not reset it);
  /// no index counts as used, since the keystream is another. Worker thread; allocates nothing.
  void continue_from(const Context& previous) noexcept;
  /// Sends with another of the master keys from now on, 0 being the first. Worker thread. False: there is none.
  bool send_with(std::uint8_t key_slot) noexcept;
  /// The ROC of an SSRC, nothing where it is not known.
  std::optional<std::uint32_t> roc(std::uint32_t ssrc) const noexcept;
  /// Sets it (RFC 3711 3.3.1: key management may give a late joiner the ROC): the next packet has this ROC, whatever
  /// its sequence number. Not for an SSRC that this key has met on the sending side. False: more SSRCs than there is
  /// room for, or already met.
  bool set_roc(std::uint32_t ssrc, std::uint32_t roc) noexcept;
  /// Writes the state down, all but the keys. Worker thread; allocates nothing where `into` was made for this context's
  /// options.
  void snapshot(StateSnapshot& into) const noexcept;
  /// Goes on from a state that another process wrote down, before the first packet. Throws SetupError where it is of
  /// another suite or other master keys, has more SSRCs than there is room for, or the stream has begun.
  void restore(const StateSnapshot& from, Resume resume);
  /// Moves the keys of an epoch in; what they replace comes back. Worker thread.
  std::unique_ptr<EpochKey> install(std::unique_ptr<EpochKey> key) noexcept;
  /// What is asked of control, once.
  Attention take_attention() noexcept;

  const Suite& suite() const noexcept { return kSuites[rtp_.suite]; }
  const JobForm& job_form() const noexcept { return kJobForms[rtp_.form & kFormMask]; }
  EngineKind engine_kind() const noexcept { return job_form().engine; }
  const SessionParameters& parameters() const noexcept { return parameters_; }
  const KeyUse& use(std::uint8_t key_slot = 0) const noexcept { return ring_ == nullptr ? use_ : ring_->use(key_slot); }
  const KeyFingerprint& fingerprint(std::uint8_t key_slot = 0) const noexcept {
    return ring_ == nullptr ? fingerprint_ : ring_->fingerprint(key_slot);
  }
  std::uint8_t master_keys() const noexcept { return ring_ == nullptr ? 1 : ring_->size(); }
  /// Bytes by which protect() lengthens a packet.
  std::uint16_t overhead(PacketKind kind) const noexcept;
  std::uint32_t ssrc_count() const noexcept;

  // For the transforms (worker thread only).

  /// Whether session parameters, MKI, epochs or F8's IV ask for more than a packet of the usual form.
  bool special() const noexcept { return (rtp_.form & kSpecial) != 0; }
  const SessionKey& rtp() const noexcept { return rtp_; }
  const SessionKey& rtcp() const noexcept { return rtcp_; }
  WireForm special_form(PacketKind kind) const noexcept;
  std::uint8_t mki_len() const noexcept { return ring_ == nullptr ? 0 : ring_->mki_len(); }
  std::span<const std::uint8_t> mki(std::uint8_t key_slot) const noexcept {
    return ring_ == nullptr ? std::span<const std::uint8_t>() : ring_->mki(key_slot);
  }
  std::uint8_t send_slot() const noexcept { return send_slot_; }
  /// The master key of that MKI.
  std::optional<std::uint8_t> slot_of(const std::uint8_t* mki) const noexcept { return ring_->find(mki); }
  /// The session key for a packet with that index, null where the epoch's is not here.
  const SessionKey* special_key(PacketKind kind, std::uint8_t key_slot, std::uint64_t index) noexcept;
  /// Tells which epochs will be needed, from a packet that is authentic (or sent), or one that only claims its index.
  void note_epoch(PacketKind kind, std::uint64_t index, bool authentic) noexcept;
  bool wants_attention() const noexcept { return attention_.any(); }

  /// The first SSRC that was met.
  SsrcState& first_ssrc() noexcept { return first_; }
  SsrcState* find_ssrc(std::uint32_t ssrc) noexcept {
    if (first_.ssrc == ssrc && first_.occupied()) [[likely]]
      return &first_;
    return more_.find(ssrc);
  }
  const SsrcState* find_ssrc(std::uint32_t ssrc) const noexcept { return const_cast<Context*>(this)->find_ssrc(ssrc); }
  /// The SSRC's state, made empty where it is new. Null where there is no room.
  SsrcState* find_or_add_ssrc(std::uint32_t ssrc) noexcept {
    if (first_.ssrc == ssrc && first_.occupied()) [[likely]]
      return &first_;
    return find_or_add_other(ssrc);
  }

  /// Counts a packet against the lifetime of its master key. False: the key is at its end.
  bool take_rtp(SsrcState& state, std::uint8_t key_slot) noexcept {
    if (state.allowance == 0 || state.key_slot != key_slot) [[unlikely]] {
      if (!refill(state, key_slot)) return false;
    }
    --state.allowance;
    return true;
  }
  bool take_rtcp(std::uint8_t key_slot) noexcept;

  /// A packet of an SSRC that is known was, or was not, authentic. `failures()`: how many were not since the last that
  /// was.
  void note_failure() noexcept { ++failures_; }
  void note_success() noexcept { failures_ = 0; }
  std::uint32_t failures() const noexcept { return failures_; }
  /// Counts packets of SSRCs that have not shown their ROC; see roc_search.hpp.
  std::uint32_t note_stranger() noexcept { return strangers_++; }

  /// Has the lines fetched that every packet touches.
  void prefetch() const noexcept {
    __builtin_prefetch(&first_, 1);
    __builtin_prefetch(&rtp_);
  }

 private:
  /// Without any session key, but complete: from here on the destructor gives back what the engine makes.
  Context(std::span<const MasterKeyEntry> keys, const ContextOptions& options);

  // rtp_.form: which of kJobForms, and special().
  static constexpr std::uint8_t kFormMask = 0x7f;
  static constexpr std::uint8_t kSpecial = 0x80;

  struct Epochs {
    EpochRing rtp;
    EpochRing rtcp;
  };

  void restore_ssrc(const StateSnapshot& from, std::size_t i, Resume resume);
  void make_windows(std::uint32_t max_ssrcs);
  void make_epochs(Engine& engine, const MasterKey& master, const ContextOptions& options);
  KeyUse& use_of(std::uint8_t key_slot) noexcept { return ring_ == nullptr ? use_ : ring_->use(key_slot); }
  SsrcState* find_or_add_other(std::uint32_t ssrc) noexcept;
  bool refill(SsrcState& state, std::uint8_t key_slot) noexcept;
  void note_use(KeyUse& use, std::uint8_t key_slot) noexcept;
  void inherit(const SsrcState& known) noexcept;

  // Hot: one line, and one or two more.
  SsrcState first_;  ///< the first SSRC that was met
  SessionKey rtp_;
  // Cold.
  SessionKey rtcp_;
  KeyRelease release_ = nullptr;
  SsrcTable more_;
  KeyUse use_;
  KeyFingerprint fingerprint_{};
  std::unique_ptr<KeyRing> ring_;   ///< with MKIs
  std::unique_ptr<Epochs> epochs_;  ///< with a key derivation rate
  std::unique_ptr<std::uint64_t[]> window_words_;
  std::unique_ptr<WideWindow[]> windows_;
  SessionParameters parameters_;
  Attention attention_;
  std::uint8_t send_slot_ = 0;
  std::uint32_t strangers_ = 0;
  std::uint32_t failures_ = 0;
};

}  // namespace sallyport::crypto
