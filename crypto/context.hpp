// One direction of one stream under one master key: expanded keys, session salts, and the state of every SSRC that was
// seen or used under it. Built and destroyed (wiped) on the control thread, in between used by exactly one worker.
#pragma once

#include <cstdint>
#include <memory>

#include "crypto/bytes.hpp"
#include "crypto/engine.hpp"
#include "crypto/master_key.hpp"
#include "crypto/ssrc_table.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

class alignas(64) Context : public InSecretMemory {
 public:
  /// Derives the session keys (RFC 3711 4.3, key derivation rate 0) and expands them with `engine`.
  /// `suite` must outlive the context (a row of kSuites does). `max_ssrcs`: how many SSRCs this key remembers; further
  /// ones are refused, none is ever forgotten. Throws SetupError where the engine has not the suite.
  Context(Engine& engine, const Suite& suite, const MasterKey& master, std::uint32_t max_ssrcs = 8);

  /// A re-key: goes on where `previous` is. The ROC of each SSRC is kept (RFC 3711 8.1: a new key does not reset it);
  /// no index counts as used, since the keystream is another. Worker thread; allocates nothing.
  void continue_from(const Context& previous) noexcept { ssrcs_.continue_from(previous.ssrcs_); }

  const Suite& suite() const noexcept { return *suite_; }
  EngineKind engine_kind() const noexcept { return engine_kind_; }

  // For transform.cpp (worker thread only).
  const KeySchedule* rtp_keys() const noexcept { return rtp_keys_.get(); }
  const KeySchedule* rtcp_keys() const noexcept { return rtcp_keys_.get(); }
  const std::uint8_t* rtp_salt() const noexcept { return rtp_salt_.data(); }
  const std::uint8_t* rtcp_salt() const noexcept { return rtcp_salt_.data(); }
  SsrcTable& ssrcs() noexcept { return ssrcs_; }
  const SsrcTable& ssrcs() const noexcept { return ssrcs_; }

 private:
  // What each RTP packet reads lies in the first 64 bytes.
  const Suite* suite_;
  std::unique_ptr<KeySchedule> rtp_keys_;
  SsrcTable ssrcs_;
  SecretBytes<16> rtp_salt_;  ///< zero-padded to a cipher block
  std::unique_ptr<KeySchedule> rtcp_keys_;
  SecretBytes<16> rtcp_salt_;
  EngineKind engine_kind_;
};
static_assert(sizeof(Context) == 128);

}  // namespace sallyport::crypto
