// libSRTP behind a small class: an implementation of SRTP that shares nothing with ours, as a witness.
#pragma once

#include <srtp2/srtp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::demo {

/// libSRTP is initialised as long as one of these lives.
class SrtpLibrary {
 public:
  SrtpLibrary();
  ~SrtpLibrary();
  SrtpLibrary(const SrtpLibrary&) = delete;
  SrtpLibrary& operator=(const SrtpLibrary&) = delete;
};

enum class SrtpDirection { kProtect, kUnprotect };

/// One key for every SSRC. Master key and salt in one, as SDES has them (RFC 4568 6.1).
class SrtpSession {
 public:
  /// Throws std::runtime_error if libSRTP does not know the suite or the key has the wrong length.
  SrtpSession(std::string_view suite, std::vector<std::uint8_t> key, SrtpDirection direction);
  ~SrtpSession();
  SrtpSession(const SrtpSession&) = delete;
  SrtpSession& operator=(const SrtpSession&) = delete;

  /// In place. False if the packet does not authenticate, was seen before, or is no SRTP (SRTCP) packet.
  bool unprotect_rtp(std::vector<std::uint8_t>& packet);
  bool unprotect_rtcp(std::vector<std::uint8_t>& packet);
  /// In place. False if libSRTP refuses.
  bool protect_rtp(std::vector<std::uint8_t>& packet);

 private:
  std::vector<std::uint8_t> key_;
  srtp_t session_ = nullptr;
};

/// The key in a file: base64, one line. Throws std::runtime_error.
std::vector<std::uint8_t> read_key(const std::string& path);

}  // namespace sallyport::demo
