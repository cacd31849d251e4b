#include "controlplane/negotiation/sdes_key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>
#include <string>

#include "crypto/context.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kInline = "inline:";
constexpr unsigned kMaxExponent = 48;  // RFC 3711 9.2
static_assert(crypto::KeyUse::kMaxRtp == std::uint64_t{1} << kMaxExponent);

[[noreturn]] void refuse(std::size_t number, const std::string& expected) {
  throw SetupError("key parameter " + std::to_string(number) + ": expected " + expected);
}

/// What stands before the first `separator`; `rest` is what stands behind it, nothing where there is none.
std::string_view split(std::string_view text, char separator, std::optional<std::string_view>& rest) {
  const std::size_t at = text.find(separator);
  rest = at == std::string_view::npos ? std::nullopt : std::optional(text.substr(at + 1));
  return text.substr(0, at);
}

/// Digits only.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// RFC 4568 6.1: "2^20" or a decimal number of packets.
std::optional<std::uint64_t> lifetime_of(std::string_view text) {
  if (text.starts_with("2^")) {
    const auto exponent = number_of(text.substr(2));
    if (!exponent || *exponent > kMaxExponent) return std::nullopt;
    return std::uint64_t{1} << *exponent;
  }
  const auto packets = number_of(text);
  if (!packets || *packets == 0 || *packets > crypto::KeyUse::kMaxRtp) return std::nullopt;
  return packets;
}

/// RFC 4568 6.1: a decimal number of any size, as that many bytes, most significant first.
std::optional<crypto::Mki> mki_of(std::string_view text) {
  std::optional<std::string_view> behind;
  const std::string_view digits = split(text, ':', behind);
  const auto length = number_of(behind.value_or(""));
  if (digits.empty() || !length || *length < 1 || *length > crypto::Mki::kMaxLength) return std::nullopt;
  std::array<std::uint8_t, crypto::Mki::kMaxLength> bytes{};
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    unsigned carry = static_cast<unsigned>(digit - '0');
    for (std::size_t i = *length; i-- > 0; carry >>= 8) {
      carry += bytes[i] * 10U;
      bytes[i] = static_cast<std::uint8_t>(carry);
    }
    if (carry != 0) return std::nullopt;
  }
  return crypto::Mki(std::span(bytes.data(), *length));
}

crypto::MasterKeyEntry parse_one(const crypto::Suite& suite, std::string_view text, std::size_t number) {
  if (text.starts_with(kInline)) text.remove_prefix(kInline.size());
  std::optional<std::string_view> rest;
  crypto::MasterKeyEntry entry{crypto::parse_master_key(suite, split(text, '|', rest)), {}, 0};
  bool lifetime_may_follow = true;
  while (rest) {
    const std::string_view part = split(*rest, '|', rest);
    if (part.find(':') != std::string_view::npos) {
      const auto mki = mki_of(part);
      if (!mki || rest) refuse(number, "an MKI as in |1:4 at its end, a number that fits its 1 to 128 bytes");
      entry.mki = *mki;
    } else {
      const auto lifetime = lifetime_of(part);
      if (!lifetime || !lifetime_may_follow) {
        refuse(number, "one lifetime as in |2^20 or |100000 behind the key, at most 2^48 packets");
      }
      entry.lifetime = *lifetime;
    }
    lifetime_may_follow = false;
  }
  return entry;
}

void append_base64(SecretString& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= count ? kDigits[bits >> (18 - 6 * k) & 63] : '=');
    crypto::secure_wipe(&bits, sizeof bits);
  }
}

/// A big-endian number of any length in decimal.
std::string decimal(std::span<const std::uint8_t> bytes) {
  std::string digits;
  for (std::vector<std::uint8_t> rest(bytes.begin(), bytes.end());;) {
    unsigned remainder = 0;
    bool more = false;
    for (std::uint8_t& byte : rest) {
      remainder = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(remainder / 10);
      remainder %= 10;
      more |= byte != 0;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + remainder));
    if (!more) return digits;
  }
}

}  // namespace

SecretString write_sdes_key(const crypto::Suite& suite, const crypto::MasterKeyEntry& entry) {
  crypto::SecretBytes<32 + 14> master;
  std::copy_n(entry.master.key.data(), suite.key_len, master.data());
  std::copy_n(entry.master.salt.data(), suite.salt_len, master.data() + suite.key_len);
  SecretString text;
  text.reserve(kInline.size() + 128);  // no byte of a key in the string's own short memory
  text.append(kInline);
  append_base64(text, {master.data(), suite.master_len()});
  if (entry.lifetime != 0) {
    const bool power = std::has_single_bit(entry.lifetime);
    text.append(power ? "|2^" : "|");
    text.append(std::to_string(power ? static_cast<unsigned>(std::countr_zero(entry.lifetime)) : entry.lifetime));
  }
  if (entry.mki.length() != 0) {
    text.append("|").append(decimal(entry.mki.bytes())).append(":").append(std::to_string(entry.mki.length()));
  }
  return text;
}

std::vector<crypto::MasterKeyEntry> parse_sdes_keys(const crypto::Suite& suite, std::string_view text) {
  std::vector<crypto::MasterKeyEntry> keys;
  for (std::optional<std::string_view> rest = text; rest;) {
    const std::string_view part = split(*rest, ';', rest);
    if (keys.size() == crypto::Context::kMaxMasterKeys) {
      refuse(keys.size() + 1, "no more than " + std::to_string(crypto::Context::kMaxMasterKeys) + " keys");
    }
    keys.push_back(parse_one(suite, part, keys.size() + 1));
  }
  if (keys.size() > 1) const crypto::KeyRing checked(suite, keys);
  return keys;
}

bool same_key(const crypto::MasterKey& a, const crypto::MasterKey& b) {
  const bool key = a.key.equals(b.key);
  const bool salt = a.salt.equals(b.salt);
  return key && salt;  // both were compared, whatever the first said
}

bool same_keys(const std::vector<crypto::MasterKeyEntry>& a, const std::vector<crypto::MasterKeyEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const crypto::MasterKeyEntry& x, const crypto::MasterKeyEntry& y) {
                      return same_key(x.master, y.master) && x.mki == y.mki && x.lifetime == y.lifetime;
                    });
}

}  // namespace sallyport::controlplane
