// One session key as packets use it: salt and the engine's record of the key. Lives inside secret memory.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/engine.hpp"
#include "crypto/master_key.hpp"

namespace sallyport::crypto {

/// Two cache lines, of which a GCM key in the engine's compact form fills only the first.
struct alignas(64) SessionKey {
  std::array<std::uint8_t, 14> salt{};  ///< session salt, then zeros
  std::uint8_t suite = 0;               ///< row of kSuites
  std::uint8_t form = 0;                ///< the context's, see Context
  KeyRecord record{};

  SessionKey() = default;
  SessionKey(const SessionKey&) = delete;
  SessionKey& operator=(const SessionKey&) = delete;
  ~SessionKey() { secure_wipe(this, sizeof *this); }

  /// Expands `keys` with `engine`; answers how the record is to be released.
  KeyRelease fill(Engine& engine, const Suite& row, const SessionKeys& keys);
};
static_assert(sizeof(SessionKey) == 128);

/// Derives and expands the session keys of SRTP and SRTCP under a master key: both, or neither where the engine throws.
/// Answers how the records of both are to be released.
KeyRelease fill_both(Engine& engine, const Suite& row, const MasterKey& master, SessionKey& rtp, SessionKey& rtcp);

}  // namespace sallyport::crypto
