#include "crypto/state_snapshot.hpp"

#include <algorithm>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

std::size_t wide_words(const SessionParameters& parameters) {
  if (parameters.replay_window <= kMinReplayWindow) return 0;
  return WideWindow::words_for((parameters.replay_window + 63U) / 64 * 64);
}

/// Where a sending window goes on: behind everything that the other process may have sent since, used or not.
ReplayWindow jumped(const ReplayWindow& window, std::uint64_t max_index) noexcept {
  const std::uint64_t highest = std::min(window.highest() + kJumpAhead, max_index);
  return ReplayWindow::restored(highest, {~std::uint64_t{0}, ~std::uint64_t{0}});
}

}  // namespace

StateSnapshot::StateSnapshot(const ContextOptions& options) {
  ssrcs.reserve(options.max_ssrcs);
  wide.reserve(options.max_ssrcs * crypto::wide_words(options.parameters));
}

void Context::snapshot(StateSnapshot& into) const noexcept {
  into.ssrcs.clear();
  into.wide.clear();
  into.complete = true;
  into.suite = rtp_.suite;
  into.key_count = master_keys();
  into.send_slot = send_slot_;
  for (std::uint8_t slot = 0; slot < into.key_count; ++slot) {
    KeySnapshot& key = into.keys[slot];
    key.rtp_left = use(slot).rtp_left();
    key.rtcp_left = use(slot).rtcp_left();
    key.fingerprint = fingerprint(slot);
    if (ring_ != nullptr) key.mki = ring_->whole_mki(slot);
  }
  into.wide_words = static_cast<std::uint16_t>(windows_ == nullptr ? 0 : first_.wide->words().size());
  const auto add = [&into](const SsrcState& state) {
    if (into.ssrcs.size() == into.ssrcs.capacity() || into.wide.size() + into.wide_words > into.wide.capacity()) {
      into.complete = false;
      return;
    }
    into.ssrcs.push_back({state.ssrc, state.roc_is_set(), state.rtp, state.rtcp});
    into.keys[state.key_slot].rtp_left += state.allowance;
    if (state.wide == nullptr) return;
    for (const std::uint64_t word : state.wide->words()) into.wide.push_back(word);
  };
  if (first_.occupied()) add(first_);
  for (const SsrcState& state : more_.states()) add(state);
}

void Context::restore(const StateSnapshot& from, Resume resume) {
  const std::string who = "state of a stream: ";
  if (from.suite != rtp_.suite) {
    throw SetupError(who + "it is of the suite " + std::string(kSuites[from.suite].name) + ", not " +
                     std::string(suite().name));
  }
  if (from.key_count != master_keys()) throw SetupError(who + "it has another number of master keys");
  for (std::uint8_t slot = 0; slot < from.key_count; ++slot) {
    const KeySnapshot& key = from.keys[slot];
    if (key.mki != (ring_ == nullptr ? Mki() : ring_->whole_mki(slot))) {
      throw SetupError(who + "it has other master key identifiers");
    }
    if (key.fingerprint != fingerprint(slot)) throw SetupError(who + "it is of another master key");
  }
  if (!from.complete) throw SetupError(who + "it does not have every SSRC");
  if (from.send_slot >= from.key_count) throw SetupError(who + "it sends with a master key that it has not");
  if (from.ssrcs.size() > more_.all_states().size() + 1) throw SetupError(who + "it has too many SSRCs");
  if (ssrc_count() != 0) throw SetupError(who + "the stream has begun already");

  const std::uint64_t spent = resume == Resume::kSending ? kJumpAhead * from.ssrcs.size() : 0;
  for (std::uint8_t slot = 0; slot < from.key_count; ++slot) {
    const KeySnapshot& key = from.keys[slot];
    use_of(slot).restore(key.rtp_left - std::min(key.rtp_left, spent), key.rtcp_left - std::min(key.rtcp_left, spent));
  }
  send_slot_ = from.send_slot;
  for (std::size_t i = 0; i < from.ssrcs.size(); ++i) restore_ssrc(from, i, resume);
}

void Context::restore_ssrc(const StateSnapshot& from, std::size_t i, Resume resume) {
  const SsrcSnapshot& saved = from.ssrcs[i];
  SsrcState* state = find_or_add_ssrc(saved.ssrc);
  if (state == nullptr) throw SetupError("state of a stream: it has too many SSRCs");
  if (resume == Resume::kSending) {
    state->rtp = jumped(saved.rtp, kMaxRtpIndex);
    state->rtcp = jumped(saved.rtcp, kMaxSrtcpIndex);
    if (state->wide != nullptr) state->wide->fill();
    return;
  }
  state->rtp = saved.rtp;
  state->rtcp = saved.rtcp;
  if (saved.roc_is_set) state->flags |= SsrcState::kRocIsSet;
  if (state->wide == nullptr) return;
  // What the narrower window knew, or what a window of another width did.
  state->wide->clear();
  const std::span<const std::uint64_t> words(from.wide.data() + i * from.wide_words, from.wide_words);
  state->wide->adopt(saved.rtp, words);
}

}  // namespace sallyport::crypto
