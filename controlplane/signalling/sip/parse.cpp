#include "controlplane/signalling/sip/parse.hpp"

#include <algorithm>
#include <array>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/limits.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Calls line(text) for each line of `head` without its end, until it returns false or a line is empty.
template <class Line>
void for_each_line(std::string_view head, Line&& line) {
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string_view text = head.substr(0, end);
    head = end == std::string_view::npos ? std::string_view{} : head.substr(end + 1);
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    if (text.empty() || !line(text)) return;
  }
}

bool starts_folded(std::string_view line) noexcept { return line.front() == ' ' || line.front() == '\t'; }

/// Fields of which a message has one at most (RFC 3261 7.3.1, 20).
constexpr std::array kSingle{"From",         "To",          "Call-ID", "CSeq",     "Max-Forwards", "Content-Length",
                             "Content-Type", "Min-Expires", "Event",   "Refer-To", "Expires",      "Session-Expires",
                             "Replaces",     "Retry-After", "RSeq",    "RAck"};
/// Comma-separated ones that are taken apart, so that each element is a field of its own.
constexpr std::array kLists{"Via",           "Contact", "Route",         "Record-Route",       "Path",
                            "Service-Route", "Require", "Proxy-Require", "Supported",          "Unsupported",
                            "Allow",         "Accept",  "Allow-Events",  "P-Asserted-Identity"};
/// Each element an address.
constexpr std::array kAddresses{"From", "To", "Contact", "Route", "Record-Route", "Path", "Refer-To", "Referred-By"};

template <std::size_t N>
bool one_of(const std::array<const char*, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const char* known) { return name == known; });
}

/// Unbracketed addresses may hold no comma, semicolon or question mark in their URI (RFC 3261 20): "?" is what would
/// otherwise pass for a URI's headers. A bracketed one has nothing but the URI in its brackets.
bool sound_address(std::string_view value) {
  const std::size_t open = value.find('<');
  if (open == std::string_view::npos) return value.find('?') == std::string_view::npos;
  const std::size_t close = value.find('>', open);
  if (close == std::string_view::npos || close == open + 1) return false;
  const std::string_view uri = value.substr(open + 1, close - open - 1);
  return uri.find_first_of(" \t") == std::string_view::npos;
}

}  // namespace

/// Goes through one message; stops at nothing, so that what is good of a bad request serves to answer it.
class MessageReader {
 public:
  Parsed read(std::string_view head, SecretString body) {
    unsigned number = 0;
    for_each_line(head, [&](std::string_view line) {
      line_ = ++number;
      if (number == 1) return start_line(line);
      if (starts_folded(line)) {
        fold(line);
      } else {
        finish_field();
        begin_field(line);
      }
      return true;
    });
    finish_field();
    line_ = 0;
    if (number == 0) return {};
    if (started_) check();
    message_.body_ = std::move(body);
    if (!started_ || message_.first("Via") == nullptr) return {std::nullopt, status_, std::move(problem_)};
    return {std::move(message_), status_, std::move(problem_)};
  }

 private:
  /// The first problem counts.
  void refuse(int status, std::string_view problem) {
    if (status_ != 0) return;
    status_ = status;
    problem_ = line_ == 0 ? std::string(problem) : "line " + std::to_string(line_) + ": " + std::string(problem);
  }

  bool start_line(std::string_view line) {
    if (line.starts_with("SIP/")) return status_line(line);
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || !is_token(line.substr(0, first))) return false;
    started_ = true;
    message_.method_ = line.substr(0, first);
    // A stricter reading than "three words": RFC 3261 7.1 has one space between them and none behind.
    const std::string_view version = line.substr(last + 1);
    if (last <= first + 1 || line.substr(first + 1, last - first - 1).find_first_of(" \t") != std::string_view::npos) {
      refuse(400, "request line: expected METHOD URI SIP/2.0 with one space between them");
      return true;
    }
    message_.uri_ = line.substr(first + 1, last - first - 1);
    if (same_name(version, "SIP/2.0")) return true;
    const bool other_version = version.size() > 4 && same_name(version.substr(0, 4), "SIP/");
    refuse(other_version ? 505 : 400, "request line: expected SIP/2.0 at its end");
    return true;
  }

  bool status_line(std::string_view line) {
    if (!line.starts_with("SIP/2.0 ") || line.size() < 11) return false;
    const auto status = parse_count(line.substr(8, 3), 699);
    if (!status || *status < 100 || (line.size() > 11 && line[11] != ' ')) return false;
    started_ = true;
    message_.status_ = static_cast<int>(*status);
    message_.reason_ = line.size() > 12 ? line.substr(12) : std::string_view{};
    return true;
  }

  void begin_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    if (colon == std::string_view::npos || !is_token(name)) {
      refuse(400, "expected a header field, NAME: VALUE");
      return;
    }
    field_ = canonical_name(name);
    text_ = trim(line.substr(colon + 1));
  }

  void fold(std::string_view line) {
    if (field_.empty()) {
      refuse(400, "a continuation of no header field");
      return;
    }
    text_.append(" ").append(trim(line));
  }

  void finish_field() {
    if (field_.empty()) return;
    clean();
    if (one_of(kLists, field_)) {
      add_list();
    } else if (one_of(kSingle, field_) && message_.first(field_) != nullptr) {
      if (message_.value(field_) != text_ || field_ != "Content-Length") {
        refuse(400, "a second " + field_ + ": expected one");
      }
    } else {
      add(field_, std::move(text_));
    }
    field_.clear();
    text_.clear();
  }

  /// NUL is legal only in a quoted pair (RFC 3261 25.1), where a space stands for it from here on: libosip2 reads C
  /// strings. No other control character may pass to logs and peers.
  void clean() {
    text_ = trim(text_);
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const auto c = static_cast<unsigned char>(text_[i]);
      if (c == 0 && i > 0 && text_[i - 1] == '\\') {
        text_[i] = ' ';
      } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
        refuse(400, field_ + ": a control character");
        text_[i] = ' ';
      }
    }
  }

  void add_list() {
    // Contact may be "*"; Supported, Accept and Allow may be empty (RFC 3261 20).
    if (text_.empty()) return;
    const auto elements = split_list(text_);
    if (!elements) {
      refuse(400, field_ + ": expected a list without empty elements, quotes and brackets closed");
      return;
    }
    for (const std::string_view element : *elements) add(field_, std::string(element));
  }

  void add(const std::string& name, std::string value) {
    if (message_.headers_.size() >= kMaxHeaders) {
      refuse(400, "too many header fields: expected at most " + std::to_string(kMaxHeaders));
      return;
    }
    message_.headers_.push_back({name, std::move(value)});
  }

  void check() {
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      if (message_.value(name).empty()) refuse(400, std::string("no ") + name + ": expected one (RFC 3261 8.1.1)");
    }
    const auto cseq = CSeq::parse(message_.value("CSeq"));
    if (!cseq) refuse(400, "CSeq: expected a number below 2^31 and a method");
    if (message_.is_request()) check_request(cseq);
    for (const Header& header : message_.headers_) check_value(header);
  }

  void check_request(const std::optional<CSeq>& cseq) {
    if (cseq && cseq->method != message_.method_) refuse(400, "CSeq: its method is not the request's");
    const auto uri = Uri::parse(message_.uri_);
    if (!uri) refuse(400, "request line: expected a URI");
    if (uri && uri->has_headers) refuse(400, "request line: a URI with headers (RFC 3261 19.1.1)");
  }

  void check_value(const Header& header) {
    const std::string_view value = header.value;
    if (header.name == "Via" && !Via::parse(value)) refuse(400, "Via: expected SIP/2.0/TRANSPORT HOST[:PORT]");
    if (header.name == "Max-Forwards" && !parse_count(value, 255)) refuse(400, "Max-Forwards: expected 0 to 255");
    if ((header.name == "Expires" || header.name == "Min-Expires") && !parse_count(value, 0xffffffff)) {
      refuse(400, header.name + ": expected seconds below 2^32");
    }
    if (!one_of(kAddresses, header.name) || (header.name == "Contact" && value == "*")) return;
    if (!sound_address(value) || !NameAddress::parse(value)) refuse(400, header.name + ": expected an address");
  }

  Message message_;
  bool started_ = false;
  unsigned line_ = 0;
  std::string field_;  ///< the header field at hand, which may go on in the next line
  std::string text_;
  int status_ = 0;
  std::string problem_;
};

Parsed parse(std::string_view head, SecretString body) { return MessageReader().read(head, std::move(body)); }

std::optional<std::size_t> head_size(std::string_view text, std::size_t from) noexcept {
  for (std::size_t at = text.find('\n', from); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (at + 1 < text.size() && text[at + 1] == '\n') return at + 2;
    if (at + 2 < text.size() && text[at + 1] == '\r' && text[at + 2] == '\n') return at + 3;
  }
  return std::nullopt;
}

BodyLength body_length(std::string_view head) noexcept {
  BodyLength length;
  for_each_line(head, [&](std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || starts_folded(line)) return true;
    const std::string_view name = trim(line.substr(0, colon));
    if (!same_name(name, "Content-Length") && !same_name(name, "l")) return true;
    const auto value = parse_count(trim(line.substr(colon + 1)), 0xffffffff);
    if (!value || (length.bytes && *length.bytes != *value)) {
      length.status = 400;
      return false;
    }
    length.bytes = *value;
    if (*value > kMaxBody) length.status = 413;
    return true;
  });
  return length;
}

}  // namespace sallyport::controlplane::sip
