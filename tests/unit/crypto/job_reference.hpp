// What OpenSSL says that a job must become: the reference of all tests of engines at the level of jobs. Knows nothing
// of the engines.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/engine.hpp"

namespace sallyport::crypto::test {

struct SealedText {
  std::vector<std::uint8_t> text;
  std::vector<std::uint8_t> tag;
};

/// `header` is authenticated and, with HMAC suites, `trailer` too, behind the ciphertext. `cipher` is the suite's, or
/// kNull where an HMAC suite leaves the text clear. Throws std::runtime_error where OpenSSL refuses.
SealedText seal_by_openssl(const Suite& suite, Cipher cipher, const SessionKeys& keys, std::span<const std::uint8_t> iv,
                           std::span<const std::uint8_t> header, std::span<const std::uint8_t> text,
                           std::span<const std::uint8_t> trailer, std::size_t tag_len);

}  // namespace sallyport::crypto::test
