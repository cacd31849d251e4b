// Master key and master salt of one direction (RFC 3711 3.2.1), and how SDES carries them. Used by configuration and
// signalling on the control thread; nothing here runs per packet.
#pragma once

#include <string_view>

#include "crypto/secret_memory.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

/// Master key and salt of one direction; suite.key_len and suite.salt_len bytes count. Wipes itself.
struct MasterKey {
  HiddenBytes<32> key;
  HiddenBytes<14> salt;

  MasterKey clone() const {
    MasterKey copy;
    copy.key = key.clone();
    copy.salt = salt.clone();
    return copy;
  }
};

/// A new master key and salt for `suite`, from OpenSSL's generator for secrets (requirements M4). Throws SetupError
/// where the system gives no randomness.
MasterKey make_master_key(const Suite& suite);

/// Reads "master key || master salt" of an SDES inline parameter (RFC 4568 6.1), with or without its '=' padding.
/// Throws SetupError that says what the suite expects and what was wrong; the text never contains a byte of the key.
MasterKey parse_master_key(const Suite& suite, std::string_view base64);

}  // namespace sallyport::crypto
