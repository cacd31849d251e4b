// SDES (RFC 4568): the a=crypto lines of an m= section, each read or declined by itself, and ours as text. Pure; used
// by the functions that plan media. Knows no policy: which of the usable lines is chosen is decided elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/negotiation/sdp.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/session_parameters.hpp"
#include "crypto/suite.hpp"

namespace sallyport::controlplane {

/// How many a=crypto lines of one section are read.
inline constexpr std::size_t kMaxCryptoLines = 32;

/// An a=crypto line that can be honoured in every part.
struct CryptoLine {
  std::uint32_t tag = 0;
  const crypto::Suite* suite = nullptr;
  std::string spelling;                      ///< the suite's name as the party wrote it: its own name or an alias
  std::vector<crypto::MasterKeyEntry> keys;  ///< that the party protects with, its first one first
  crypto::SessionParameters parameters;
};

struct CryptoLines {
  std::vector<CryptoLine> usable;     ///< in their order
  std::vector<std::string> declined;  ///< "crypto 3 AES_CM_128_HMAC_SHA1_80: why not", without a byte of any key

  bool empty() const { return usable.empty() && declined.empty(); }
};

/// Reads every a=crypto line. Declined, with the reason: a malformed line, an unknown suite, a key of the wrong length
/// or alphabet, MKIs that do not go together, session parameters that are unknown (RFC 4568 6.3.7: unless they begin
/// with '-'), out of range or cannot be honoured (FEC_KEY, FEC_ORDER=SRTP_FEC).
CryptoLines read_crypto_lines(const MediaDescription& media);

/// Whether the parameters take encryption or authentication away (requirements M10).
bool weakens(const crypto::SessionParameters& parameters);

/// The flags that an answer has to repeat (RFC 4568 7.1.2: negotiated parameters), and the key derivation rate, which
/// then holds for both directions. A window size is the other side's own.
crypto::SessionParameters parameters_to_repeat(const crypto::SessionParameters& offered);

/// One of our lines: "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:...". `name`: the suite's, or an alias that the party
/// uses.
SdpAttribute crypto_attribute(std::uint32_t tag, const crypto::Suite& suite, std::string_view name,
                              const crypto::MasterKeyEntry& key, const crypto::SessionParameters& parameters = {});

}  // namespace sallyport::controlplane
