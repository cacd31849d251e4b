// Session keys of the model (RFC 3711 4.3, RFC 6188 3, RFC 7714 11), derived anew for every packet.
#pragma once

#include "tests/cross/model/session.hpp"

namespace sallyport::model {

struct SessionKeys {
  Bytes encryption;
  Bytes authentication;  ///< 20 bytes, none with GCM
  Bytes salt;
};

/// `length` bytes of AES-CM keystream under the master key for `label`, where r = index DIV rate (RFC 3711 4.3.1).
Bytes derive(const MasterKey& master, std::uint8_t label, std::uint64_t r, std::size_t length);

/// The keys that protect the packet of that index.
SessionKeys session_keys(const Session& session, const MasterKey& master, Kind kind, std::uint64_t index);

}  // namespace sallyport::model
