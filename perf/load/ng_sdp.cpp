#include "perf/load/ng_sdp.hpp"

#include <optional>

#include "controlplane/config_values.hpp"

namespace sallyport::load {
namespace {

using controlplane::SecretString;
using controlplane::set_number;

constexpr std::string_view kCrypto = "a=crypto:";

[[noreturn]] void refuse(const std::string& what) { throw UsageError("--gateway: its SDP " + what); }

std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view next_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// "c=IN IP4 192.0.2.1" (RFC 4566 5.7).
drivers::IpAddress address_of(std::string_view line) {
  next_word(line);
  next_word(line);
  const auto address = drivers::IpAddress::parse(std::string(next_word(line)));
  if (!address) refuse("has no address in its c= line");
  return *address;
}

/// "m=audio 20000 RTP/SAVP 0" (RFC 4566 5.14).
std::uint16_t port_of(std::string_view line, bool secure) {
  next_word(line);
  std::uint16_t port = 0;
  if (!set_number<std::uint16_t>(port, next_word(line), 1, 65535)) refuse("has no port in its m= line");
  if (next_word(line) != (secure ? "RTP/SAVP" : "RTP/AVP")) {
    refuse(secure ? "does not say RTP/SAVP" : "does not say RTP/AVP");
  }
  return port;
}

/// "a=crypto:1 SUITE inline:KEY"; nothing where it is of another suite.
std::optional<NgCrypto> crypto_of(std::string_view line, const crypto::Suite& suite) {
  line.remove_prefix(kCrypto.size());
  NgCrypto crypto;
  if (!set_number<unsigned>(crypto.tag, next_word(line), 1, 999'999'999)) refuse("has an a=crypto line without a tag");
  if (crypto::find_suite(next_word(line)) != &suite) return std::nullopt;
  crypto.key = next_word(line);
  if (!line.empty()) refuse("asks for session parameters, which were not offered");
  return crypto;
}

}  // namespace

SecretString write_sdp(const Endpoint& local, std::uint8_t payload_type, const crypto::Suite* suite,
                       const NgCrypto& crypto) {
  const std::string address = (local.address.v6 ? "IN IP6 " : "IN IP4 ") + local.address.to_string();
  SecretString sdp("v=0\r\no=- 1 1 " + address + "\r\ns=-\r\nc=" + address + "\r\nt=0 0\r\nm=audio " +
                   std::to_string(local.port) + (suite == nullptr ? " RTP/AVP " : " RTP/SAVP ") +
                   std::to_string(payload_type) + "\r\n");
  if (suite != nullptr) {
    sdp.append(kCrypto).append(std::to_string(crypto.tag)).append(" ").append(suite->name).append(" inline:");
    sdp.append(crypto.key).append("\r\n");
  }
  return sdp;
}

NgMedia read_sdp(std::string_view sdp, const crypto::Suite* suite) {
  NgMedia media;
  bool addressed = false;
  bool crypto_seen = false;
  std::optional<NgCrypto> crypto;
  while (!sdp.empty()) {
    const std::string_view line = next_line(sdp);
    if (line.starts_with("c=")) {
      media.local.address = address_of(line);
      addressed = true;
    } else if (line.starts_with("m=")) {
      if (media.local.port != 0) break;
      media.local.port = port_of(line, suite != nullptr);
    } else if (line.starts_with(kCrypto)) {
      crypto_seen = true;
      if (suite != nullptr && !crypto) crypto = crypto_of(line, *suite);
    }
  }
  if (!addressed || media.local.port == 0) refuse("has no c= or no m= line");
  if (suite == nullptr && crypto_seen) refuse("has a key where plain RTP was asked for");
  if (suite != nullptr && !crypto) refuse("has no a=crypto line of " + std::string(suite->name));
  if (crypto) media.crypto = std::move(*crypto);
  return media;
}

}  // namespace sallyport::load
