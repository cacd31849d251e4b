#include "controlplane/signalling/sip/random_token.hpp"

#include <openssl/rand.h>

#include <array>
#include <string_view>

#include "crypto/error.hpp"

namespace sallyport::controlplane::sip {

std::string random_token(std::size_t bytes) {
  std::array<unsigned char, 64> random{};
  if (bytes > random.size() || RAND_bytes(random.data(), static_cast<int>(bytes)) != 1) {
    throw SetupError("the system gives no random numbers (OpenSSL RAND_bytes failed)");
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += kHex[random[i] >> 4U];
    text += kHex[random[i] & 15U];
  }
  return text;
}

std::string new_branch() { return "z9hG4bK" + random_token(16); }

}  // namespace sallyport::controlplane::sip
