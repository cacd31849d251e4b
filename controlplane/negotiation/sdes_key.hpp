// The key parameter of SDES (RFC 4568 6.1): master keys with lifetime and MKI. Pure; used by the configuration, the
// load generator and whoever reads a=crypto lines. Knows no session.
#pragma once

#include <string_view>
#include <vector>

#include "controlplane/secret_text.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/suite.hpp"

namespace sallyport::controlplane {

/// Reads "inline:KEY|LIFETIME|MKI:LENGTH", several of them apart by ';'. "inline:", lifetime and MKI may be left out: a
/// master key in base64 alone is one, too. A lifetime is "2^20" or a plain number of packets (so that "31" is
/// thirty-one of them), 1 to 2^48. Several keys have MKIs of one length, all different. Throws SetupError that says
/// which part of which key was wrong; the text holds nothing of what was read.
std::vector<crypto::MasterKeyEntry> parse_sdes_keys(const crypto::Suite& suite, std::string_view text);

/// One key as parse_sdes_keys() reads it: with its padding, its lifetime (a power of two as "2^31") and its MKI, where
/// it has them.
SecretString write_sdes_key(const crypto::Suite& suite, const crypto::MasterKeyEntry& entry);

/// Whether two master keys are the same, in constant time.
bool same_key(const crypto::MasterKey& a, const crypto::MasterKey& b);

/// Whether two lists hold the same keys with the same MKIs and lifetimes in the same order, in constant time for each.
bool same_keys(const std::vector<crypto::MasterKeyEntry>& a, const std::vector<crypto::MasterKeyEntry>& b);

}  // namespace sallyport::controlplane
