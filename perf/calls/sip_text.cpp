#include "perf/calls/sip_text.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace sallyport::call_load {
namespace {

std::size_t key_size(std::string_view suite) {
  if (suite.starts_with("AEAD_AES_128")) return 28;
  if (suite.starts_with("AEAD_AES_256")) return 44;
  if (suite.starts_with("AES_256")) return 46;
  if (suite.starts_with("AES_192")) return 38;
  return 30;
}

std::string new_key(std::string_view suite) {
  std::array<unsigned char, 48> key;
  const std::size_t size = key_size(suite);
  if (RAND_bytes(key.data(), static_cast<int>(size)) != 1) throw std::runtime_error("no random numbers");
  std::array<unsigned char, 72> text;
  const int length = EVP_EncodeBlock(text.data(), key.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

std::string description(std::string_view address, unsigned port, std::string_view profile, std::string_view tag,
                        std::string_view suite) {
  std::string text = "v=0\r\no=- 1 1 IN IP4 ";
  text.append(address).append("\r\ns=-\r\nc=IN IP4 ").append(address).append("\r\nt=0 0\r\nm=audio ");
  text.append(std::to_string(port)).append(" ").append(profile).append(" 0\r\na=rtpmap:0 PCMU/8000\r\n");
  if (!suite.empty()) {
    text.append("a=crypto:").append(tag).append(" ").append(suite).append(" inline:").append(new_key(suite));
    text.append("\r\n");
  }
  return text;
}

std::string_view word(std::string_view text, std::size_t number) {
  for (; number > 0; --number) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return {};
    text.remove_prefix(space + 1);
  }
  return text.substr(0, text.find_first_of(" \r\n"));
}

}  // namespace

std::size_t message_size(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::string_view length = header(text.substr(0, end + 2), "Content-Length");
  std::size_t body = 0;
  std::from_chars(length.data(), length.data() + length.size(), body);
  return end + 4 + body;
}

int status_of(std::string_view message) {
  if (!message.starts_with("SIP/2.0 ") || message.size() < 11) return 0;
  int status = 0;
  std::from_chars(message.data() + 8, message.data() + 11, status);
  return status;
}

std::string_view method_of(std::string_view message) {
  return status_of(message) == 0 ? word(message, 0) : word(header(message, "CSeq"), 1);
}

std::string_view header(std::string_view message, std::string_view name) {
  const std::string_view head = message.substr(0, message.find("\r\n\r\n"));
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':') continue;
    line.remove_prefix(name.size() + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line.substr(0, line.find("\r\n"));
  }
  return {};
}

std::string via_lines(std::string_view message) {
  const std::string_view head = message.substr(0, message.find("\r\n\r\n"));
  std::string lines;
  for (std::size_t at = head.find("\r\nVia:"); at != std::string_view::npos; at = head.find("\r\nVia:", at + 2)) {
    const std::size_t end = head.find("\r\n", at + 2);
    lines.append(head.substr(at + 2, end == std::string_view::npos ? end : end - at - 2)).append("\r\n");
  }
  return lines;
}

std::string_view body_of(std::string_view message) {
  const std::size_t end = message.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view() : message.substr(end + 4);
}

std::string_view uri_of(std::string_view name_address) {
  const std::size_t begin = name_address.find('<');
  const std::size_t end = name_address.find('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return name_address;
  return name_address.substr(begin + 1, end - begin - 1);
}

std::string compose(std::string head, std::string_view sdp) {
  if (!sdp.empty()) head.append("Content-Type: application/sdp\r\n");
  return head.append("Content-Length: ").append(std::to_string(sdp.size())).append("\r\n\r\n").append(sdp);
}

std::string response_to(std::string_view request, std::string_view status, std::string_view tag,
                        std::string_view more_headers, std::string_view sdp) {
  std::string head = "SIP/2.0 ";
  head.append(status).append("\r\n").append(via_lines(request)).append("From: ").append(header(request, "From"));
  const std::string_view to = header(request, "To");
  head.append("\r\nTo: ").append(to);
  if (to.find(";tag=") == std::string_view::npos) head.append(";tag=").append(tag);
  head.append("\r\nCall-ID: ").append(header(request, "Call-ID")).append("\r\nCSeq: ").append(header(request, "CSeq"));
  head.append("\r\n").append(more_headers);
  return compose(std::move(head), sdp);
}

std::string sdp_offer(std::string_view address, unsigned port, std::string_view suite) {
  return description(address, port, suite.empty() ? "RTP/AVP" : "RTP/SAVP", "1", suite);
}

std::string sdp_answer(std::string_view offer, std::string_view address, unsigned port) {
  const std::size_t media = offer.find("m=audio ");
  const std::size_t crypto = offer.find("a=crypto:");
  const std::string_view profile = media == std::string_view::npos ? "RTP/AVP" : word(offer.substr(media), 2);
  if (crypto == std::string_view::npos) return description(address, port, profile, {}, {});
  const std::string_view line = offer.substr(crypto + 9);
  return description(address, port, profile, word(line, 0), word(line, 1));
}

}  // namespace sallyport::call_load
