#include "controlplane/signalling/sip/random_token.hpp"

#include <array>

#include "controlplane/hex.hpp"
#include "controlplane/random_bytes.hpp"

namespace sallyport::controlplane::sip {

std::string random_token(std::size_t bytes) {
  std::array<std::uint8_t, 64> random{};
  if (bytes > random.size()) throw SetupError("a token has at most 64 bytes");
  const std::span taken = std::span(random).first(bytes);
  fill_random(taken);
  return to_hex(taken);
}

std::string retry_after() {
  std::array<std::uint8_t, 1> random{};
  fill_random(random);
  return std::to_string(5 + random[0] % 10);
}

std::string new_branch() { return "z9hG4bK" + random_token(16); }

}  // namespace sallyport::controlplane::sip
