// Base64 of RFC 4648 4, read strictly in alphabet and length, leniently in padding: senders of 38- and 46-byte keys
// exist that leave the '=' out.
#include "crypto/master_key.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

constexpr std::size_t kMaxMaster = 32 + 14;

/// Six bits of one base64 digit, or nothing.
constexpr std::optional<std::uint32_t> digit_value(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

constexpr std::size_t digits_for(std::size_t bytes) { return (bytes * 8 + 5) / 6; }
constexpr std::size_t padding_for(std::size_t bytes) { return (3 - bytes % 3) % 3; }

[[noreturn]] void refuse(const Suite& suite, const std::string& problem) {
  const std::size_t bytes = suite.master_len();
  throw SetupError("master key for " + std::string(suite.name) + ": expected " + std::to_string(digits_for(bytes)) +
                   " base64 characters (" + std::to_string(bytes) + " bytes: " + std::to_string(suite.key_len) +
                   " key + " + std::to_string(suite.salt_len) + " salt), " + problem);
}

std::string_view without_padding(const Suite& suite, std::string_view base64) {
  const std::size_t last = base64.find_last_not_of('=');
  const std::size_t digits = last == std::string_view::npos ? 0 : last + 1;
  const std::size_t padding = base64.size() - digits;
  if (digits != digits_for(suite.master_len())) refuse(suite, "got " + std::to_string(digits));
  if (padding != 0 && padding != padding_for(suite.master_len())) {
    refuse(suite, "got " + std::to_string(padding) + " characters of '=' padding");
  }
  return base64.substr(0, digits);
}

/// "master key || master salt" as the two.
MasterKey apart(const Suite& suite, const SecretBytes<kMaxMaster>& master) {
  MasterKey result;
  std::copy_n(master.data(), suite.key_len, result.key.data());
  std::copy_n(master.data() + suite.key_len, suite.salt_len, result.salt.data());
  return result;
}

}  // namespace

MasterKey make_master_key(const Suite& suite) {
  SecretBytes<kMaxMaster> master;
  if (RAND_priv_bytes(master.data(), static_cast<int>(suite.master_len())) != 1) {
    throw SetupError("master key for " + std::string(suite.name) + ": the system gives no random numbers");
  }
  return apart(suite, master);
}

MasterKey parse_master_key(const Suite& suite, std::string_view base64) {
  const std::string_view digits = without_padding(suite, base64);
  SecretBytes<kMaxMaster> master;
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  std::size_t out = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto value = digit_value(digits[i]);
    if (!value) {
      secure_wipe(&bits, sizeof bits);
      refuse(suite, "character " + std::to_string(i + 1) + " is none");
    }
    bits = bits << 6 | *value;
    bit_count += 6;
    if (bit_count >= 8 && out < suite.master_len()) {
      bit_count -= 8;
      master.data()[out++] = static_cast<std::uint8_t>(bits >> bit_count);
    }
  }
  secure_wipe(&bits, sizeof bits);

  return apart(suite, master);
}

}  // namespace sallyport::crypto
