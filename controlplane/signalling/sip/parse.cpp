#include "controlplane/signalling/sip/parse.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

/// Whether `text` has a control character other than a tab.
bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

template <std::size_t N>
using Names = std::array<std::string_view, N>;

/// Fields of which a message has one at most (RFC 3261 7.3.1, 20).
constexpr Names<16> kSingle{"From",         "To",          "Call-ID", "CSeq",     "Max-Forwards", "Content-Length",
                            "Content-Type", "Min-Expires", "Event",   "Refer-To", "Expires",      "Session-Expires",
                            "Replaces",     "Retry-After", "RSeq",    "RAck"};
/// Comma-separated ones that are taken apart, so that each element is a field of its own.
constexpr Names<14> kLists{"Via",           "Contact", "Route",         "Record-Route",       "Path",
                           "Service-Route", "Require", "Proxy-Require", "Supported",          "Unsupported",
                           "Allow",         "Accept",  "Allow-Events",  "P-Asserted-Identity"};
/// Each element an address.
constexpr Names<8> kAddresses{"From", "To", "Contact", "Route", "Record-Route", "Path", "Refer-To", "Referred-By"};

template <std::size_t N>
bool one_of(const Names<N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

/// Goes through one message; stops at nothing, so that what is good of a bad request serves to answer it.
class MessageReader {
 public:
  Parsed read(std::string_view head, SecretString body) {
    unsigned number = 0;
    for_each_line(head, [&](std::string_view line) {
      if (++number == 1) return start_line(line);
      if (starts_folded(line)) {
        fold(line);
      } else {
        finish_field();
        line_ = number;
        begin_field(line);
      }
      return !full_;
    });
    finish_field();
    line_ = 0;
    if (number == 0) return {};
    if (started_) check();
    message_.body_ = std::move(body);
    if (!started_ || message_.first("Via") == nullptr) return {std::nullopt, status_, reason_, std::move(problem_)};
    return {std::move(message_), status_, reason_, std::move(problem_)};
  }

 private:
  /// The first problem counts.
  void refuse(Malformed reason, std::string_view problem, int status = 400) {
    if (status_ != 0) return;
    status_ = status;
    reason_ = reason;
    problem_ = line_ == 0 ? std::string(problem) : "line " + std::to_string(line_) + ": " + std::string(problem);
  }

  bool start_line(std::string_view line) {
    line_ = 1;
    if (same_name(line.substr(0, 4), "SIP/")) return status_line(line);
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || !is_token(line.substr(0, first))) return false;
    started_ = true;
    message_.method_ = line.substr(0, first);
    // A stricter reading than "three words": RFC 3261 7.1 has one space between them and none behind.
    const std::string_view version = line.substr(last + 1);
    if (last <= first + 1 || line.substr(first + 1, last - first - 1).find_first_of(" \t") != std::string_view::npos) {
      refuse(Malformed::kStartLine, "request line: expected METHOD URI SIP/2.0 with one space between them");
      return true;
    }
    if (has_control(line)) {
      refuse(Malformed::kStartLine, "request line: a control character");
      return true;
    }
    message_.uri_ = line.substr(first + 1, last - first - 1);
    if (same_name(version, "SIP/2.0")) return true;
    const bool other_version = version.size() > 4 && same_name(version.substr(0, 4), "SIP/");
    refuse(other_version ? Malformed::kVersion : Malformed::kStartLine, "request line: expected SIP/2.0 at its end",
           other_version ? 505 : 400);
    return true;
  }

  bool status_line(std::string_view line) {
    if (!same_name(line.substr(0, 8), "SIP/2.0 ") || line.size() < 11 || has_control(line)) return false;
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
      refuse(Malformed::kHeaderLine, "expected a header field, NAME: VALUE");
      return;
    }
    field_ = canonical_name(name);
    text_ = trim(line.substr(colon + 1));
  }

  void fold(std::string_view line) {
    if (field_.empty()) {
      refuse(Malformed::kHeaderLine, "a continuation of no header field");
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
        refuse(Malformed::kHeaderRepeated, "a second " + field_ + ": expected one");
      }
    } else {
      add(field_, std::move(text_));
    }
    field_.clear();
    text_.clear();
  }

  /// Control characters are legal only in a quoted pair (RFC 3261 25.1), where a space stands for them from here on:
  /// none may pass to logs and peers.
  void clean() {
    text_ = trim(text_);
    bool escaped = false;
    for (char& c : text_) {
      if (has_control({&c, 1})) {
        if (!escaped || c == '\r') refuse(Malformed::kHeaderLine, field_ + ": a control character");
        c = ' ';
      }
      escaped = !escaped && c == '\\';
    }
  }

  void add_list() {
    // Contact may be "*"; Supported, Accept and Allow may be empty (RFC 3261 20).
    if (text_.empty()) return;
    const auto elements = split_list(text_);
    if (!elements) {
      refuse(Malformed::kHeaderLine, field_ + ": expected a list without empty elements, quotes and brackets closed");
      return add(field_, std::move(text_));  // an answer gives back the Via as it was
    }
    for (const std::string_view element : *elements) {
      if (full_) return;
      add(field_, std::string(element));
    }
  }

  void add(const std::string& name, std::string value) {
    if (message_.headers_.size() >= kMaxHeaders) {
      refuse(Malformed::kTooManyHeaders, "too many header fields: expected at most " + std::to_string(kMaxHeaders));
      full_ = true;  // the rest is not worth the time
      return;
    }
    message_.headers_.push_back({name, std::move(value)});
  }

  void check() {
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
      if (message_.value(name).empty())
        refuse(Malformed::kHeaderMissing, std::string("no ") + name + ": expected one (RFC 3261 8.1.1)");
    }
    const auto cseq = CSeq::parse(message_.value("CSeq"));
    if (!cseq) refuse(Malformed::kHeaderValue, "CSeq: expected a number below 2^31 and a method");
    if (message_.is_request()) check_request(cseq);
    for (const Header& header : message_.headers_) check_value(header);
  }

  void check_request(const std::optional<CSeq>& cseq) {
    if (cseq && cseq->method != message_.method_)
      refuse(Malformed::kHeaderValue, "CSeq: its method is not the request's");
    const auto uri = Uri::parse(message_.uri_);
    if (!uri) refuse(Malformed::kStartLine, "request line: expected a URI");
    if (uri && uri->has_headers) refuse(Malformed::kStartLine, "request line: a URI with headers (RFC 3261 19.1.1)");
  }

  void check_value(const Header& header) {
    const std::string_view value = header.value;
    if (header.name == "Via" && !Via::parse(value))
      refuse(Malformed::kHeaderValue, "Via: expected SIP/2.0/TRANSPORT HOST[:PORT]");
    if (header.name == "Max-Forwards" && !parse_count(value, 255))
      refuse(Malformed::kHeaderValue, "Max-Forwards: expected 0 to 255");
    if ((header.name == "Expires" || header.name == "Min-Expires") && !parse_count(value, 0xffffffff)) {
      refuse(Malformed::kHeaderValue, header.name + ": expected seconds below 2^32");
    }
    if (!one_of(kAddresses, header.name) || (header.name == "Contact" && value == "*")) return;
    if (!NameAddress::parse(value)) refuse(Malformed::kHeaderValue, header.name + ": expected an address");
  }

  Message message_;
  bool started_ = false;
  bool full_ = false;
  unsigned line_ = 0;
  std::string field_;  ///< the header field at hand, which may go on in the next line
  std::string text_;
  int status_ = 0;
  Malformed reason_ = Malformed::kNotSip;
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
  std::string_view text;  ///< of the Content-Length field at hand, its continuation lines included
  bool inside = false;
  const auto finish = [&] {
    if (!std::exchange(inside, false)) return;
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
      length.status = 400;
      return;
    }
    text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
    const auto value = parse_count(text, 0xffffffff);
    if (!value || (length.bytes && *length.bytes != *value)) {
      length.status = 400;
    } else {
      length.bytes = *value;
      if (*value > kMaxBody) length.status = 413;
    }
  };
  for_each_line(head, [&](std::string_view line) {
    if (starts_folded(line)) {
      if (inside) text = {text.data(), static_cast<std::size_t>(line.data() + line.size() - text.data())};
      return true;
    }
    finish();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return length.status == 0;
    const std::string_view name = trim(line.substr(0, colon));
    inside = same_name(name, "Content-Length") || same_name(name, "l");
    text = line.substr(colon + 1);
    return length.status == 0;
  });
  finish();
  return length;
}

}  // namespace sallyport::controlplane::sip
