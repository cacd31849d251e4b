// One packet and its index, protected and unprotected (RFC 3711 3.1, 3.4, RFC 7714 8, 9). No state: who chooses the
// index is the matter of Sender and Receiver.
#pragma once

#include <optional>

#include "tests/cross/model/keys.hpp"

namespace sallyport::model {

/// The fields of a packet that SRTP looks at.
struct Header {
  std::size_t length;  ///< of what is never encrypted: RTP header with CSRCs and extension; the first 8 bytes of RTCP
  std::uint32_t ssrc;
  std::uint16_t sequence;  ///< RTP only
};
/// Nothing where the packet is not version 2 or ends within its header.
std::optional<Header> parse(Kind kind, const Bytes& packet);

/// Header and text, and what SRTP put behind them.
struct Parts {
  Bytes header;
  Bytes text;  ///< with GCM: ciphertext and tag
  Bytes mki;
  Bytes tag;                      ///< none with GCM
  std::uint32_t e_and_index = 0;  ///< SRTCP only
};
/// Nothing where the packet is too short for all of them.
std::optional<Parts> take_apart(const Session& session, Kind kind, std::size_t mki_len, const Bytes& packet);

/// The packet as it goes out. `index`: ROC * 2^16 + SEQ, or the SRTCP index. Throws where it is malformed.
Bytes protect(const Session& session, const SessionKeys& keys, const Bytes& mki, Kind kind, const Bytes& packet,
              std::uint64_t index);

/// The packet as it was, or nothing where it is not authentic. `parts` are its own.
std::optional<Bytes> unprotect(const Session& session, const SessionKeys& keys, Kind kind, const Parts& parts,
                               std::uint64_t index);

}  // namespace sallyport::model
