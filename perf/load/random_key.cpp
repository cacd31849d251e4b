#include "perf/load/random_key.hpp"

#include <sys/random.h>

#include "crypto/bytes.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {

controlplane::SecretString random_key(const crypto::Suite& suite) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  crypto::SecretBytes<48> bytes;  // zero behind the key: the last digit's spare bits are zero (RFC 4648 3.5)
  const std::size_t length = suite.master_len();
  if (::getrandom(bytes.data(), length, 0) != static_cast<ssize_t>(length)) throw UsageError("no random numbers");
  controlplane::SecretString text;
  text.reserve(64);
  for (std::size_t bit = 0; bit < length * 8; bit += 6) {
    const std::size_t at = bit / 8;
    const unsigned pair = unsigned{bytes.data()[at]} << 8 | bytes.data()[at + 1];
    text.push_back(kDigits[(pair >> (10 - bit % 8)) & 0x3f]);
  }
  text.append((3 - length % 3) % 3, '=');
  return text;
}

}  // namespace sallyport::load
