#include "tests/cross/model/keys.hpp"

#include "tests/cross/model/keystream.hpp"

namespace sallyport::model {

Bytes derive(const MasterKey& master, std::uint8_t label, std::uint64_t r, std::size_t length) {
  // x = key_id XOR master_salt, both right-aligned to 112 bits; key_id = label || r with r of 48 bits (also in SRTCP,
  // whose index is filled up with zeros). RFC 7714 11: GCM's salt of 96 bits has 16 zero bits appended.
  Bytes x = master.salt;
  x.resize(14, 0);
  x[7] ^= label;
  for (std::size_t i = 0; i < 6; ++i) x[13 - i] ^= static_cast<std::uint8_t>(r >> (8 * i));
  // RFC 3711 4.3.3: PRF_n(k_master, x) is the AES-CM keystream from x * 2^16 on; RFC 6188 3: with AES of the master
  // key's length.
  Block first{};
  for (std::size_t i = 0; i < 14; ++i) first[i] = x[i];
  return counter_keystream(master.key, first, length);
}

SessionKeys session_keys(const Session& session, const MasterKey& master, Kind kind, std::uint64_t index) {
  // RFC 3711 4.3.1: a DIV 0 = 0.
  const std::uint64_t r = session.key_derivation_rate == 0 ? 0 : index >> session.key_derivation_rate;
  const std::uint8_t first_label = kind == Kind::kRtp ? 0 : 3;  // RFC 3711 4.3.2
  SessionKeys keys;
  keys.encryption = derive(master, first_label, r, session.suite.key_len);
  if (!session.suite.gcm()) keys.authentication = derive(master, static_cast<std::uint8_t>(first_label + 1), r, 20);
  keys.salt = derive(master, static_cast<std::uint8_t>(first_label + 2), r, session.suite.salt_len);
  return keys;
}

}  // namespace sallyport::model
