// libSRTP's own ciphers and HMAC behind our seam, selectable for comparison: the SRTP rules are ours, the cryptography
// is that of the libsrtp2 that is installed (Debian's is built on NSS, which allocates per packet and is slow with many
// keys). Reached through the crypto kernel that the library exports. Made per thread; a key's contexts are working
// state of the one worker that owns the stream.
#pragma once

#include <memory>
#include <string>

#include "crypto/engine.hpp"

namespace sallyport::crypto {

class LibSrtpEngine final : public Engine {
 public:
  /// Throws SetupError where the library does not start (it tests itself).
  LibSrtpEngine();
  ~LibSrtpEngine() override;

  EngineKind kind_for(const Suite&) const noexcept override { return EngineKind::kLibSrtp; }
  std::string_view description() const noexcept override { return description_; }
  /// What the library was built with; never F8.
  bool supports(const Suite& suite) const noexcept override;
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override;
  void seal(std::span<Job> jobs) noexcept override;
  void open(std::span<Job> jobs) noexcept override;

 private:
  class TextAndTag;

  bool seal_gcm(Job& job) noexcept;
  bool open_gcm(Job& job) noexcept;

  /// For GCM jobs whose tag does not lie behind their text, which is the only place where the library looks for it.
  std::unique_ptr<TextAndTag> aside_;
  std::string description_;
};

}  // namespace sallyport::crypto
