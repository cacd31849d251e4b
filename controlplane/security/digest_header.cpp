#include "controlplane/security/digest_header.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace sallyport::controlplane {
namespace {

/// Names in lower case, values without quotes.
using Parameters = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kScheme = "digest";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_control(char c) noexcept { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; }

/// Reads "name = value, name = "value", ...". False from any step: malformed.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  std::optional<Parameters> parameters() {
    Parameters result;
    for (;;) {
      skip_separators();
      if (text_.empty()) return result;
      std::string name;
      std::string value;
      if (!read_name(name) || !read_value(value) || !result.emplace(std::move(name), std::move(value)).second) {
        return std::nullopt;
      }
      skip_blanks();
      if (!text_.empty() && text_.front() != ',') return std::nullopt;
    }
  }

 private:
  void skip_blanks() noexcept {
    while (!text_.empty() && is_blank(text_.front())) text_.remove_prefix(1);
  }
  void skip_separators() noexcept {
    while (!text_.empty() && (is_blank(text_.front()) || text_.front() == ',')) text_.remove_prefix(1);
  }

  bool read_name(std::string& name) {
    const std::size_t end = text_.find('=');
    if (end == std::string_view::npos) return false;
    std::string_view read = text_.substr(0, end);
    while (!read.empty() && is_blank(read.back())) read.remove_suffix(1);
    if (read.empty() || read.find_first_of(" \t\r\n\",") != std::string_view::npos) return false;
    name = lower(read);
    text_.remove_prefix(end + 1);
    skip_blanks();
    return true;
  }

  bool read_value(std::string& value) {
    if (!text_.empty() && text_.front() == '"') return read_quoted(value);
    std::string_view read = text_.substr(0, text_.find(','));
    text_.remove_prefix(read.size());
    while (!read.empty() && is_blank(read.back())) read.remove_suffix(1);
    value = read;
    return !read.empty() &&
           std::none_of(read.begin(), read.end(), [](char c) { return is_control(c) || is_blank(c) || c == '"'; });
  }

  bool read_quoted(std::string& value) {
    for (std::size_t i = 1; i < text_.size(); ++i) {
      char c = text_[i];
      if (c == '"') {
        text_.remove_prefix(i + 1);
        return true;
      }
      if (c == '\\') {
        if (++i == text_.size()) return false;
        c = text_[i];
      }
      if (is_control(c)) return false;
      value += c;
    }
    return false;
  }

  std::string_view text_;
};

std::optional<Parameters> digest_parameters(std::string_view value) {
  if (!is_digest(value)) return std::nullopt;
  while (is_blank(value.front())) value.remove_prefix(1);
  return Reader(value.substr(kScheme.size())).parameters();
}

const std::string* find(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? nullptr : &found->second;
}

std::optional<std::string> text_of(const Parameters& parameters, std::string_view name) {
  const std::string* found = find(parameters, name);
  return found == nullptr ? std::nullopt : std::optional(*found);
}

DigestQop qop_of(const Parameters& parameters) {
  const std::string* found = find(parameters, "qop");
  if (found == nullptr) return DigestQop::kNone;
  std::string_view options = *found;
  while (!options.empty()) {
    const std::size_t end = std::min(options.find_first_of(", \t"), options.size());
    if (lower(options.substr(0, end)) == "auth") return DigestQop::kAuth;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return DigestQop::kOther;
}

template <class Value>
void set_algorithm(const Parameters& parameters, Value& value) {
  const std::string* found = find(parameters, "algorithm");
  value.algorithm_given = found != nullptr;
  value.algorithm = found == nullptr ? DigestAlgorithm::kMd5 : parse_digest_algorithm(*found);
}

bool set_count(std::string_view text, std::uint32_t& count) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count, 16);
  return text.size() == 8 && error == std::errc{} && end == text.data() + text.size();
}

void append(std::string& text, std::string_view name, std::string_view value) {
  text += text.empty() ? "Digest " : ", ";
  text.append(name).append("=").append(value);
}

void append_quoted(std::string& text, std::string_view name, std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  append(text, name, quoted += '"');
}

}  // namespace

bool is_digest(std::string_view value) noexcept {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  if (value.size() <= kScheme.size() || !is_blank(value[kScheme.size()])) return false;
  return std::equal(kScheme.begin(), kScheme.end(), value.begin(),
                    [](char known, char c) { return c == known || c == known - 'a' + 'A'; });
}

std::optional<DigestChallenge> DigestChallenge::parse(std::string_view value) {
  const std::optional<Parameters> parameters = digest_parameters(value);
  if (!parameters) return std::nullopt;
  const std::string* realm = find(*parameters, "realm");
  const std::string* nonce = find(*parameters, "nonce");
  if (realm == nullptr || nonce == nullptr) return std::nullopt;
  DigestChallenge challenge;
  challenge.realm = *realm;
  challenge.nonce = *nonce;
  challenge.opaque = text_of(*parameters, "opaque");
  challenge.qop = qop_of(*parameters);
  set_algorithm(*parameters, challenge);
  const std::string* stale = find(*parameters, "stale");
  challenge.stale = stale != nullptr && lower(*stale) == "true";
  return challenge;
}

std::string DigestChallenge::to_string() const {
  std::string text;
  append_quoted(text, "realm", realm);
  append_quoted(text, "nonce", nonce);
  if (opaque) append_quoted(text, "opaque", *opaque);
  if (algorithm && algorithm_given) append(text, "algorithm", controlplane::to_string(*algorithm));
  if (qop == DigestQop::kAuth) append_quoted(text, "qop", "auth");
  if (stale) append(text, "stale", "true");
  return text;
}

std::optional<DigestCredentials> DigestCredentials::parse(std::string_view value) {
  const std::optional<Parameters> parameters = digest_parameters(value);
  if (!parameters) return std::nullopt;
  DigestCredentials credentials;
  const struct {
    std::string_view name;
    std::string& to;
  } mandatory[] = {{"username", credentials.user},
                   {"realm", credentials.realm},
                   {"nonce", credentials.nonce},
                   {"uri", credentials.uri},
                   {"response", credentials.response}};
  for (const auto& [name, to] : mandatory) {
    const std::string* found = find(*parameters, name);
    if (found == nullptr) return std::nullopt;
    to = *found;
  }
  credentials.opaque = text_of(*parameters, "opaque");
  credentials.qop = qop_of(*parameters);
  set_algorithm(*parameters, credentials);
  if (credentials.qop == DigestQop::kNone) return credentials;
  const std::string* count = find(*parameters, "nc");
  const std::string* cnonce = find(*parameters, "cnonce");
  if (count == nullptr || cnonce == nullptr || !set_count(*count, credentials.count)) return std::nullopt;
  credentials.nonce_count = *count;
  credentials.cnonce = *cnonce;
  return credentials;
}

std::string DigestCredentials::to_string() const {
  std::string text;
  append_quoted(text, "username", user);
  append_quoted(text, "realm", realm);
  append_quoted(text, "nonce", nonce);
  append_quoted(text, "uri", uri);
  append_quoted(text, "response", response);
  if (algorithm && algorithm_given) append(text, "algorithm", controlplane::to_string(*algorithm));
  if (opaque) append_quoted(text, "opaque", *opaque);
  if (qop != DigestQop::kAuth) return text;
  // RFC 7616 3.4: these two are not quoted here.
  append(text, "qop", "auth");
  append(text, "nc", nonce_count);
  append_quoted(text, "cnonce", cnonce);
  return text;
}

std::optional<std::string> next_nonce(std::string_view value) {
  const std::optional<Parameters> parameters = Reader(value).parameters();
  return parameters ? text_of(*parameters, "nextnonce") : std::nullopt;
}

}  // namespace sallyport::controlplane
