// libSRTP as the independent oracle: one direction of one stream, packet by packet.
#pragma once

#include <srtp2/srtp.h>

#include <memory>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto::test {

class LibSrtpParty {
 public:
  enum class Direction { kSend, kReceive };
  LibSrtpParty(const Suite& suite, const MasterKey& master, Direction direction);

  /// False where libSRTP refuses; the packet grows or shrinks in place.
  bool protect(PacketKind kind, Bytes& packet);
  bool unprotect(PacketKind kind, Bytes& packet);

 private:
  struct Deleter {
    void operator()(srtp_ctx_t* session) const noexcept { srtp_dealloc(session); }
  };
  std::unique_ptr<srtp_ctx_t, Deleter> session_;
};

}  // namespace sallyport::crypto::test
