// The two key streams of RFC 3711 4.1, block by block, and the initialisation vectors of RFC 3711 and RFC 7714.
#pragma once

#include "tests/cross/model/primitives.hpp"

namespace sallyport::model {

/// RFC 3711 4.1.1: E(k, IV) || E(k, IV + 1) || E(k, IV + 2) ...
Bytes counter_keystream(const Bytes& key, const Block& iv, std::size_t length);
/// RFC 3711 4.1.1: (salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16).
Block counter_iv(const Bytes& salt, std::uint32_t ssrc, std::uint64_t index);

/// RFC 3711 4.1.2.1: S(j) = E(k, IV' XOR j XOR S(j - 1)), IV' = E(k XOR m, IV), m = salt || 0x555...5.
Bytes f8_keystream(const Bytes& key, const Bytes& salt, const Block& iv, std::size_t length);
/// RFC 3711 4.1.2.2: 0x00 || M || PT || SEQ || TS || SSRC || ROC.
Block f8_rtp_iv(const Bytes& packet, std::uint32_t roc);
/// RFC 3711 4.1.2.3: 32 zero bits || E || SRTCP index || V || P || RC || PT || length || SSRC.
Block f8_rtcp_iv(const Bytes& packet, std::uint32_t e_and_index);

/// RFC 7714 8.1 and 9.1: salt XOR (16 zero bits || SSRC || index of 48 bits).
Bytes gcm_iv(const Bytes& salt, std::uint32_t ssrc, std::uint64_t index);

Bytes operator^(Bytes text, const Bytes& keystream);

}  // namespace sallyport::model
