// Why something that came in is no SIP message. Values, for counters; the sentence to its sender is Parsed::problem.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::controlplane::sip {

enum class Malformed : std::uint8_t {
  kNotSip,  ///< no start line, or nothing that could be answered
  kStartLine,
  kVersion,
  kHeaderLine,  ///< no NAME: VALUE, a control character, a list that does not end
  kHeaderMissing,
  kHeaderRepeated,
  kHeaderValue,
  kTooManyHeaders,
  kTooLarge,
  kContentLength,
  kWrongTransport,  ///< its Via names another one than it came by
};

/// Names of their counters.
inline constexpr std::array<std::string_view, 11> kMalformedNames{
    "not_sip",      "start_line",       "version",   "header_line",    "header_missing", "header_repeated",
    "header_value", "too_many_headers", "too_large", "content_length", "wrong_transport"};
static_assert(static_cast<std::size_t>(Malformed::kWrongTransport) + 1 == kMalformedNames.size());

}  // namespace sallyport::controlplane::sip
