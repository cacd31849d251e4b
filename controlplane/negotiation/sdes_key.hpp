// The key parameter of SDES (RFC 4568 6.1): master keys with lifetime and MKI. Pure; used by the configuration, the
// load generator and whoever reads a=crypto lines. Knows no session.
#pragma once

#include <string_view>
#include <vector>

#include "crypto/key_ring.hpp"
#include "crypto/suite.hpp"

namespace sallyport::controlplane {

/// Reads "inline:KEY|LIFETIME|MKI:LENGTH", several of them apart by ';'. "inline:", lifetime and MKI may be left out: a
/// master key in base64 alone is one, too. A lifetime is "2^20" or a plain number of packets (so that "31" is
/// thirty-one of them), 1 to 2^48. Several keys have MKIs of one length, all different. Throws SetupError that says
/// which part of which key was wrong; the text holds nothing of what was read.
std::vector<crypto::MasterKeyEntry> parse_sdes_keys(const crypto::Suite& suite, std::string_view text);

}  // namespace sallyport::controlplane
