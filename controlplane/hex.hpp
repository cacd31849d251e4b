// Bytes as lower-case hex and back. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::controlplane {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Writes two characters for each byte to `text`.
inline void write_hex(std::span<const std::uint8_t> bytes, char* text) noexcept {
  for (const std::uint8_t byte : bytes) {
    *text++ = kHexDigits[byte >> 4U];
    *text++ = kHexDigits[byte & 15U];
  }
}

inline std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text(2 * bytes.size(), '0');
  write_hex(bytes, text.data());
  return text;
}

/// Fills `bytes` from exactly that many pairs of digits; case is ignored. False where the text is anything else.
inline bool read_hex(std::string_view text, std::span<std::uint8_t> bytes) noexcept {
  const auto value = [](char c) noexcept {
    return kHexDigits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  };
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t high = value(text[2 * i]);
    const std::size_t low = value(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return true;
}

}  // namespace sallyport::controlplane
