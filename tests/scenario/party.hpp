// The far end of a leg: makes and reads SRTP with libSRTP, which shares no code with the gateway.
#pragma once

#include <srtp2/srtp.h>

#include <memory>
#include <optional>
#include <string>

#include "crypto/master_key.hpp"
#include "crypto/suite.hpp"
#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::scenario {

/// Suite, master key and master salt of one direction.
struct Key {
  const crypto::Suite* suite;
  Bytes master;  ///< key, then salt

  crypto::MasterKey master_key() const;
};

/// A key that depends on `number` alone.
Key make_key(const std::string& suite, std::uint8_t number);

class Party {
 public:
  /// Without a key that direction is plain. Throws std::runtime_error where libSRTP has not the suite.
  Party(const std::optional<Key>& send_key, const std::optional<Key>& receive_key);

  /// What goes on the wire for a clear packet. Throws std::runtime_error where libSRTP refuses it.
  Bytes send(const Bytes& clear, bool rtcp);
  /// The clear packet; nothing where it does not authenticate or was received before.
  std::optional<Bytes> receive(const Bytes& wire, bool rtcp);

 private:
  struct Dealloc {
    void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
  };
  using Session = std::unique_ptr<srtp_ctx_t_, Dealloc>;
  static Session make_session(const std::optional<Key>& key, srtp_ssrc_type_t direction);

  Session sending_;
  Session receiving_;
};

}  // namespace sallyport::scenario
