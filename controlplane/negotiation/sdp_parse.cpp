// The reader of session descriptions: line by line, each line into the section it stands in.
#include <limits>

#include "controlplane/negotiation/sdp.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

/// What a line should have been; empty: it is good.
using Expected = std::string_view;

/// Lines apart by CRLF, LF or CR.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    ++number_;
    const std::size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (!rest_.empty()) rest_.remove_prefix(1);
    return line;
  }
  std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

bool has_control_characters(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

std::string_view without_blanks_around(std::string_view text) {
  text = without_blanks_in_front(text);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

/// "IN IP4 host/ttl".
std::optional<SdpConnection> connection_of(std::string_view value) {
  if (!equal_without_case(take_word(value), "IN")) return std::nullopt;
  const std::string_view family = take_word(value);
  std::string_view host = take_word(value);
  host = host.substr(0, host.find('/'));
  const bool v6 = equal_without_case(family, "IP6");
  if (host.empty() || (!v6 && !equal_without_case(family, "IP4"))) return std::nullopt;
  return SdpConnection{v6, std::string(host)};
}

class Parser {
 public:
  Expected line(std::string_view text) {
    text = without_blanks_around(text);
    if (text.empty()) return {};
    if (text.size() < 2 || text[1] != '=') return "<letter>=<value>";
    const std::string_view value = without_blanks_in_front(text.substr(2));
    switch (text[0]) {
      case 'v':
        has_version_ = true;
        return value == "0" ? Expected() : "v=0";
      case 'o':
        origin(value);
        return {};
      case 's':
        if (!value.empty()) read_.name = value;
        return {};
      case 't':
        if (!value.empty()) read_.time = value;
        return {};
      case 'c':
        return connection(value);
      case 'b':
        if (!value.empty()) bandwidth().emplace_back(value);
        return {};
      case 'a':
        if (!value.empty()) attributes().push_back({SecretString(value)});
        return {};
      case 'm':
        return media(value);
      default:
        return {};
    }
  }
  Expected end() const { return has_version_ ? Expected() : "v=0 before this, the end"; }
  SessionDescription take() { return std::move(read_); }

 private:
  /// Kept as far as it goes: nothing hangs on it.
  void origin(std::string_view value) {
    SdpOrigin origin;
    for (std::string* part : {&origin.user, &origin.session_id, &origin.version}) {
      if (const std::string_view word = take_word(value); !word.empty()) *part = word;
    }
    if (auto connection = connection_of(value)) origin.connection = std::move(*connection);
    read_.origin = std::move(origin);
  }
  Expected connection(std::string_view value) {
    auto connection = connection_of(value);
    if (!connection) return "c=IN IP4 <address> or c=IN IP6 <address>";
    // Several in one section are layers of a multicast session: the first one counts.
    auto& place = read_.media.empty() ? read_.connection : read_.media.back().connection;
    if (!place) place = std::move(connection);
    return {};
  }
  Expected media(std::string_view value) {
    if (read_.media.size() == kMaxSdpMedia) return "at most 64 m= lines";
    constexpr std::uint16_t kMax = std::numeric_limits<std::uint16_t>::max();
    MediaDescription media;
    media.media = take_word(value);
    std::string_view count = take_word(value);
    const auto port = number_in(take_until(count, '/'), kMax);
    const auto ports = count.empty() ? std::optional<std::uint16_t>(1) : number_in(count, kMax);
    media.proto = take_word(value);
    if (media.proto.empty() || !port || !ports || *ports == 0) {
      return "m=<media> <port> <proto> <formats>, a port from 0 to 65535";
    }
    media.port = *port;
    media.port_count = *ports;
    for (std::string_view word = take_word(value); !word.empty(); word = take_word(value)) {
      media.formats.emplace_back(word);
    }
    read_.media.push_back(std::move(media));
    return {};
  }
  std::vector<std::string>& bandwidth() { return read_.media.empty() ? read_.bandwidth : read_.media.back().bandwidth; }
  std::vector<SdpAttribute>& attributes() {
    return read_.media.empty() ? read_.attributes : read_.media.back().attributes;
  }

  SessionDescription read_;
  bool has_version_ = false;
};

}  // namespace

std::variant<SessionDescription, SdpFault> parse_sdp(std::string_view text) {
  if (text.size() > kMaxSdpLength) return SdpFault{1, "at most 64 KiB of text"};
  Parser parser;
  Lines lines(text);
  while (const auto line = lines.next()) {
    Expected expected;
    if (line->size() > kMaxSdpLine) {
      expected = "at most 4096 bytes";
    } else if (has_control_characters(*line)) {
      expected = "no control characters";
    } else {
      expected = parser.line(*line);
    }
    if (!expected.empty()) return SdpFault{lines.number(), std::string(expected)};
  }
  if (const Expected expected = parser.end(); !expected.empty()) {
    return SdpFault{lines.number() + 1, std::string(expected)};
  }
  return parser.take();
}

std::string SdpFault::to_string() const { return "line " + std::to_string(line) + ": expected " + expected; }

}  // namespace sallyport::controlplane
