#include "crypto/session_key.hpp"

#include <algorithm>

namespace sallyport::crypto {

KeyRelease SessionKey::fill(Engine& engine, const Suite& row, const SessionKeys& keys) {
  std::copy_n(keys.salt.data(), row.salt_len, salt.begin());
  suite = static_cast<std::uint8_t>(suite_index(row));
  const KeyRelease release = engine.expand(row, keys, record);
  wipe_dead_stack();  // where DPDK's ipsec_mb drivers leave padded HMAC keys
  return release;
}

}  // namespace sallyport::crypto
