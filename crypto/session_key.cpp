#include "crypto/session_key.hpp"

#include <algorithm>

#include "crypto/kdf.hpp"

namespace sallyport::crypto {

KeyRelease SessionKey::fill(Engine& engine, const Suite& row, const SessionKeys& keys) {
  std::copy_n(keys.salt.data(), row.salt_len, salt.begin());
  suite = static_cast<std::uint8_t>(suite_index(row));
  const KeyRelease release = engine.expand(row, keys, record);
  wipe_dead_stack();  // where DPDK's ipsec_mb drivers leave padded HMAC keys
  return release;
}

KeyRelease fill_both(Engine& engine, const Suite& row, const MasterKey& master, SessionKey& rtp, SessionKey& rtcp) {
  const KeyRelease release = rtp.fill(engine, row, derive_rtp_keys(row, master));
  try {
    rtcp.fill(engine, row, derive_rtcp_keys(row, master));
  } catch (...) {
    release(rtp.record);
    throw;
  }
  return release;
}

}  // namespace sallyport::crypto
