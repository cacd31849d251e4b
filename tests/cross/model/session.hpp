// What two parties agree on before SRTP flows: suite (a table of the model's own), session parameters of RFC 4568 6.3,
// master keys. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cross/model/primitives.hpp"

namespace sallyport::model {

enum class Cipher { kNull, kCounter, kF8, kGcm };
enum class Kind { kRtp, kRtcp };

/// Lengths are bytes.
struct Suite {
  std::string name;
  Cipher cipher;
  std::size_t key_len;
  std::size_t salt_len;
  std::size_t rtp_tag_len;
  std::size_t rtcp_tag_len;

  bool gcm() const { return cipher == Cipher::kGcm; }
};

const std::vector<Suite>& suites();
/// Throws std::out_of_range where there is none of that name.
const Suite& suite_named(std::string_view name);

/// RFC 3711 3.2.1, 3.2.2.
struct MasterKey {
  Bytes key;
  Bytes salt;
  Bytes mki;                   ///< as it lies on the wire; the same length in all keys of a session
  std::uint64_t lifetime = 0;  ///< packets it may protect, SRTP and SRTCP each; 0: the maxima of RFC 3711 9.2
};

struct Session {
  Suite suite;
  bool unencrypted_srtp = false;
  bool unencrypted_srtcp = false;
  bool unauthenticated_srtp = false;  ///< never with GCM: AEAD always authenticates
  int key_derivation_rate = 0;        ///< n: new session keys every 2^n packets; 0: none
  std::uint64_t srtp_window = 128;
  std::uint64_t srtcp_window = 128;
  bool accept_unencrypted_srtcp = false;  ///< the receiver takes SRTCP with E = 0 though encryption was agreed

  bool encrypts(Kind kind) const {
    return suite.cipher != Cipher::kNull && !(kind == Kind::kRtp ? unencrypted_srtp : unencrypted_srtcp);
  }
  std::size_t tag_len(Kind kind) const {
    if (kind == Kind::kRtcp) return suite.rtcp_tag_len;
    return unauthenticated_srtp ? 0 : suite.rtp_tag_len;
  }
};

}  // namespace sallyport::model
