#include "crypto/context.hpp"

#include <string>
#include <utility>

#include "crypto/error.hpp"
#include "crypto/kdf.hpp"

namespace sallyport::crypto {
namespace {

std::uint32_t checked_max_ssrcs(std::uint32_t max_ssrcs) {
  if (max_ssrcs >= 1 && max_ssrcs <= Context::kMaxSsrcs) return max_ssrcs;
  throw SetupError("number of SSRCs per key: expected 1 to " + std::to_string(Context::kMaxSsrcs) + ", got " +
                   std::to_string(max_ssrcs));
}

std::span<const MasterKeyEntry> checked_keys(std::span<const MasterKeyEntry> keys) {
  if (!keys.empty() && keys.size() <= Context::kMaxMasterKeys) return keys;
  throw SetupError("master keys of a direction: expected 1 to " + std::to_string(Context::kMaxMasterKeys) + ", got " +
                   std::to_string(keys.size()));
}

}  // namespace

Context::Context(Engine& engine, const Suite& suite, const MasterKey& master, const ContextOptions& options)
    : Context(engine, suite, std::array{MasterKeyEntry{master.clone(), options.mki, options.lifetime}}, options) {}

Context::Context(std::span<const MasterKeyEntry> keys, const ContextOptions& options)
    : more_(checked_max_ssrcs(options.max_ssrcs) - 1),
      use_(checked_keys(keys)[0].lifetime),
      parameters_(options.parameters) {}

Context::Context(Engine& engine, const Suite& suite, std::span<const MasterKeyEntry> keys,
                 const ContextOptions& options)
    : Context(keys, options) {
  check_parameters(suite, parameters_);
  const std::string who = "suite " + std::string(suite.name) + ": ";
  if (!engine.supports(suite)) {
    throw SetupError(who + "engine " + std::string(engine.description()) + " does not have it");
  }
  if (keys.size() > 1 && parameters_.key_derivation_rate != 0) {
    throw SetupError(who + "a key derivation rate and several master keys do not go together");
  }
  if (keys.size() > 1 || keys[0].mki.length() != 0) {
    ring_ = std::make_unique<KeyRing>(suite, keys);
    ring_->expand_others(engine, suite, keys);
  }
  const MasterKey& master = keys[0].master;
  fingerprint_ = fingerprint_of(suite, master);
  release_ = fill_both(engine, suite, master, rtp_, rtcp_);
  const bool special = ring_ != nullptr || parameters_.unencrypted_srtp || parameters_.unencrypted_srtcp ||
                       parameters_.unauthenticated_srtp || parameters_.key_derivation_rate != 0 ||
                       suite.cipher == Cipher::kAesF8;
  rtp_.form = static_cast<std::uint8_t>(job_form_index(rtp_.suite, engine.kind_for(suite)) | (special ? kSpecial : 0U));
  if (parameters_.replay_window > kMinReplayWindow) make_windows(options.max_ssrcs);
  if (parameters_.key_derivation_rate != 0) make_epochs(engine, master, options);
}

Context::~Context() {
  if (release_ == nullptr) return;
  release_(rtp_.record);
  release_(rtcp_.record);
}

void Context::make_windows(std::uint32_t max_ssrcs) {
  const std::size_t words = WideWindow::words_for((parameters_.replay_window + 63U) / 64 * 64);
  window_words_ = std::make_unique<std::uint64_t[]>(words * max_ssrcs);
  windows_ = std::make_unique<WideWindow[]>(max_ssrcs);
  for (std::size_t i = 0; i < max_ssrcs; ++i) windows_[i] = WideWindow({&window_words_[i * words], words});
  first_.wide = &windows_[0];
  const std::span<SsrcState> others = more_.all_states();
  for (std::size_t i = 0; i < others.size(); ++i) others[i].wide = &windows_[i + 1];
}

void Context::make_epochs(Engine& engine, const MasterKey& master, const ContextOptions& options) {
  epochs_ = std::make_unique<Epochs>();
  for (std::uint64_t ahead = 0; ahead <= EpochRing::kAhead; ++ahead) {
    install(std::make_unique<EpochKey>(engine, suite(), master, PacketKind::kRtp, options.rtp_epoch + ahead));
    install(std::make_unique<EpochKey>(engine, suite(), master, PacketKind::kRtcp, options.rtcp_epoch + ahead));
  }
}

std::unique_ptr<EpochKey> Context::install(std::unique_ptr<EpochKey> key) noexcept {
  if (epochs_ == nullptr) return key;
  return key->kind() == PacketKind::kRtp ? epochs_->rtp.install(std::move(key)) : epochs_->rtcp.install(std::move(key));
}

void Context::continue_from(const Context& previous) noexcept {
  if (previous.first_.occupied()) inherit(previous.first_);
  for (const SsrcState& known : previous.more_.states()) inherit(known);
}

void Context::inherit(const SsrcState& known) noexcept {
  SsrcState* state = find_or_add_ssrc(known.ssrc);
  if (state == nullptr || state->in_use()) return;
  state->expect_near(known.rtp.highest());
  if (known.roc_is_set()) state->flags |= SsrcState::kRocIsSet;
  state->rtcp = ReplayWindow::near(known.rtcp.empty() ? known.rtcp.highest() : known.rtcp.highest() + 1);
}

bool Context::send_with(std::uint8_t key_slot) noexcept {
  if (key_slot >= master_keys()) return false;
  send_slot_ = key_slot;
  return true;
}

std::optional<std::uint32_t> Context::roc(std::uint32_t ssrc) const noexcept {
  const SsrcState* state = find_ssrc(ssrc);
  if (state == nullptr) return std::nullopt;
  return roc_of(state->rtp.highest());
}

bool Context::set_roc(std::uint32_t ssrc, std::uint32_t roc) noexcept {
  SsrcState* state = find_or_add_ssrc(ssrc);
  if (state == nullptr || !state->rtp.empty()) return false;
  state->expect_near(std::uint64_t{roc} << 16);
  state->flags |= SsrcState::kRocIsSet;
  return true;
}

Attention Context::take_attention() noexcept { return std::exchange(attention_, {}); }

std::uint16_t Context::overhead(PacketKind kind) const noexcept {
  const std::size_t index = kind == PacketKind::kRtcp ? 4 : 0;
  if (special()) {
    const WireForm form = special_form(kind);
    return static_cast<std::uint16_t>(index + form.tag_len + form.mki_len);
  }
  return static_cast<std::uint16_t>(index + (kind == PacketKind::kRtp ? suite().rtp_tag_len : suite().rtcp_tag_len));
}

std::uint32_t Context::ssrc_count() const noexcept {
  return static_cast<std::uint32_t>(more_.states().size()) + (first_.occupied() ? 1 : 0);
}

WireForm Context::special_form(PacketKind kind) const noexcept {
  const Suite& row = suite();
  if (kind == PacketKind::kRtcp) {
    return {row.rtcp_tag_len, mki_len(), row.encrypts() && !parameters_.unencrypted_srtcp};
  }
  const std::uint8_t tag_len = parameters_.unauthenticated_srtp ? std::uint8_t{0} : row.rtp_tag_len;
  return {tag_len, mki_len(), row.encrypts() && !parameters_.unencrypted_srtp};
}

const SessionKey* Context::special_key(PacketKind kind, std::uint8_t key_slot, std::uint64_t index) noexcept {
  if (epochs_ != nullptr) {
    EpochRing& ring = kind == PacketKind::kRtp ? epochs_->rtp : epochs_->rtcp;
    return ring.find(index >> parameters_.key_derivation_rate);
  }
  if (key_slot == 0) return kind == PacketKind::kRtp ? &rtp_ : &rtcp_;
  return kind == PacketKind::kRtp ? &ring_->rtp(key_slot) : &ring_->rtcp(key_slot);
}

void Context::note_epoch(PacketKind kind, std::uint64_t index, bool authentic) noexcept {
  if (epochs_ == nullptr) return;
  const bool rtp = kind == PacketKind::kRtp;
  EpochRing& ring = rtp ? epochs_->rtp : epochs_->rtcp;
  std::optional<std::uint64_t>& wanted = rtp ? attention_.rtp_epoch : attention_.rtcp_epoch;
  bool& is_claim = rtp ? attention_.rtp_epoch_is_claim : attention_.rtcp_epoch_is_claim;
  if (wanted) {
    // Control has not even heard of the last one. What an authentic packet needs comes before what another claims.
    if (!authentic || !is_claim) return;
    ring.forget_claim();
    wanted.reset();
  }
  const std::uint64_t epoch = index >> parameters_.key_derivation_rate;
  wanted = authentic ? ring.ask_ahead(epoch) : ring.ask_claimed(epoch);
  is_claim = !authentic;
}

SsrcState* Context::find_or_add_other(std::uint32_t ssrc) noexcept {
  if (SsrcState* known = more_.find(ssrc)) return known;
  if (!first_.occupied()) {
    first_.become(ssrc);
    return &first_;
  }
  if (SsrcState* added = more_.add(ssrc)) return added;
  if (first_.in_use()) return nullptr;
  first_.become(ssrc);
  return &first_;
}

bool Context::refill(SsrcState& state, std::uint8_t key_slot) noexcept {
  KeyUse& use = use_of(key_slot);
  const std::uint16_t slice = use.take_rtp_slice();
  note_use(use, key_slot);
  if (slice == 0) return false;
  if (state.key_slot != key_slot) use_of(state.key_slot).give_back_rtp(state.allowance);
  state.key_slot = key_slot;
  state.allowance = slice;
  return true;
}

bool Context::take_rtcp(std::uint8_t key_slot) noexcept {
  KeyUse& use = use_of(key_slot);
  const bool taken = use.take_rtcp();
  note_use(use, key_slot);
  return taken;
}

void Context::note_use(KeyUse& use, std::uint8_t key_slot) noexcept {
  if (use.tell_nearly_over()) {
    attention_.lifetime_due = true;
    attention_.key_slot = key_slot;
  }
  if (use.tell_over()) {
    attention_.lifetime_over = true;
    attention_.key_slot = key_slot;
  }
}

}  // namespace sallyport::crypto
