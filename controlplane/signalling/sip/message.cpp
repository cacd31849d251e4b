#include "controlplane/signalling/sip/message.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/text_cursor.hpp"

namespace sallyport::controlplane::sip {
namespace {

struct KnownName {
  char compact;  ///< 0: none
  std::string_view name;
};

constexpr std::array kNames{KnownName{'v', "Via"},
                            KnownName{'f', "From"},
                            KnownName{'t', "To"},
                            KnownName{'i', "Call-ID"},
                            KnownName{0, "CSeq"},
                            KnownName{'m', "Contact"},
                            KnownName{0, "Max-Forwards"},
                            KnownName{'l', "Content-Length"},
                            KnownName{'c', "Content-Type"},
                            KnownName{'e', "Content-Encoding"},
                            KnownName{0, "Content-Disposition"},
                            KnownName{'k', "Supported"},
                            KnownName{0, "Require"},
                            KnownName{0, "Proxy-Require"},
                            KnownName{0, "Unsupported"},
                            KnownName{0, "Allow"},
                            KnownName{0, "Accept"},
                            KnownName{0, "Accept-Encoding"},
                            KnownName{0, "Route"},
                            KnownName{0, "Record-Route"},
                            KnownName{0, "Path"},
                            KnownName{0, "Service-Route"},
                            KnownName{0, "Expires"},
                            KnownName{0, "Min-Expires"},
                            KnownName{0, "Authorization"},
                            KnownName{0, "Proxy-Authorization"},
                            KnownName{0, "WWW-Authenticate"},
                            KnownName{0, "Proxy-Authenticate"},
                            KnownName{0, "Authentication-Info"},
                            KnownName{'s', "Subject"},
                            KnownName{'o', "Event"},
                            KnownName{'u', "Allow-Events"},
                            KnownName{'r', "Refer-To"},
                            KnownName{'b', "Referred-By"},
                            KnownName{0, "Replaces"},
                            KnownName{0, "Subscription-State"},
                            KnownName{'x', "Session-Expires"},
                            KnownName{0, "Min-SE"},
                            KnownName{0, "RSeq"},
                            KnownName{0, "RAck"},
                            KnownName{0, "Reason"},
                            KnownName{0, "Retry-After"},
                            KnownName{0, "Warning"},
                            KnownName{0, "User-Agent"},
                            KnownName{0, "Server"},
                            KnownName{0, "Call-Info"},
                            KnownName{0, "Date"},
                            KnownName{0, "Organization"},
                            KnownName{0, "P-Asserted-Identity"},
                            KnownName{0, "P-Preferred-Identity"},
                            KnownName{0, "Privacy"},
                            KnownName{0, "Timestamp"},
                            KnownName{0, "MIME-Version"},
                            KnownName{'a', "Accept-Contact"},
                            KnownName{'j', "Reject-Contact"},
                            KnownName{'d', "Request-Disposition"},
                            KnownName{'y', "Identity"}};

struct KnownStatus {
  int status;
  std::string_view reason;
};

constexpr std::array kReasons{KnownStatus{100, "Trying"},
                              KnownStatus{180, "Ringing"},
                              KnownStatus{181, "Call Is Being Forwarded"},
                              KnownStatus{182, "Queued"},
                              KnownStatus{183, "Session Progress"},
                              KnownStatus{200, "OK"},
                              KnownStatus{202, "Accepted"},
                              KnownStatus{204, "No Notification"},
                              KnownStatus{300, "Multiple Choices"},
                              KnownStatus{301, "Moved Permanently"},
                              KnownStatus{302, "Moved Temporarily"},
                              KnownStatus{305, "Use Proxy"},
                              KnownStatus{400, "Bad Request"},
                              KnownStatus{401, "Unauthorized"},
                              KnownStatus{403, "Forbidden"},
                              KnownStatus{404, "Not Found"},
                              KnownStatus{405, "Method Not Allowed"},
                              KnownStatus{406, "Not Acceptable"},
                              KnownStatus{407, "Proxy Authentication Required"},
                              KnownStatus{408, "Request Timeout"},
                              KnownStatus{410, "Gone"},
                              KnownStatus{412, "Conditional Request Failed"},
                              KnownStatus{413, "Request Entity Too Large"},
                              KnownStatus{414, "Request-URI Too Long"},
                              KnownStatus{415, "Unsupported Media Type"},
                              KnownStatus{416, "Unsupported URI Scheme"},
                              KnownStatus{420, "Bad Extension"},
                              KnownStatus{421, "Extension Required"},
                              KnownStatus{422, "Session Interval Too Small"},
                              KnownStatus{423, "Interval Too Brief"},
                              KnownStatus{480, "Temporarily Unavailable"},
                              KnownStatus{481, "Call/Transaction Does Not Exist"},
                              KnownStatus{482, "Loop Detected"},
                              KnownStatus{483, "Too Many Hops"},
                              KnownStatus{484, "Address Incomplete"},
                              KnownStatus{486, "Busy Here"},
                              KnownStatus{487, "Request Terminated"},
                              KnownStatus{488, "Not Acceptable Here"},
                              KnownStatus{489, "Bad Event"},
                              KnownStatus{491, "Request Pending"},
                              KnownStatus{493, "Undecipherable"},
                              KnownStatus{500, "Server Internal Error"},
                              KnownStatus{501, "Not Implemented"},
                              KnownStatus{502, "Bad Gateway"},
                              KnownStatus{503, "Service Unavailable"},
                              KnownStatus{504, "Server Time-out"},
                              KnownStatus{505, "Version Not Supported"},
                              KnownStatus{513, "Message Too Large"},
                              KnownStatus{600, "Busy Everywhere"},
                              KnownStatus{603, "Decline"},
                              KnownStatus{604, "Does Not Exist Anywhere"},
                              KnownStatus{606, "Not Acceptable"}};

/// Whether a To value has a tag. One that is no address (of a request that is being refused) has none.
bool has_tag(std::string_view value) {
  const auto address = NameAddress::parse(value);
  return address && !address->tag().empty();
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower_case(x) == lower_case(y); });
}

std::string canonical_name(std::string_view name) {
  for (const KnownName& known : kNames) {
    const bool compact = name.size() == 1 && known.compact != 0 && lower_case(name.front()) == known.compact;
    if (compact || same_name(name, known.name)) return std::string(known.name);
  }
  return std::string(name);
}

std::string_view reason_of(int status) noexcept {
  const auto found =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const KnownStatus& known) { return known.status == status; });
  return found == kReasons.end() ? "Status" : found->reason;
}

Message Message::request(std::string method, std::string uri) {
  Message message;
  message.method_ = std::move(method);
  message.uri_ = std::move(uri);
  return message;
}

Message Message::response(int status, std::string reason) {
  Message message;
  message.status_ = status;
  message.reason_ = reason.empty() ? std::string(reason_of(status)) : std::move(reason);
  return message;
}

Message Message::reply(const Message& request, int status, std::string_view to_tag, std::string reason) {
  Message message = response(status, std::move(reason));
  for (const Header& header : request.headers_) {
    const bool copied = header.name == "Via" || header.name == "From" || header.name == "Call-ID" ||
                        header.name == "CSeq" || header.name == "Timestamp" ||
                        (status < 300 && header.name == "Record-Route");
    if (copied) message.headers_.push_back(header);
    if (header.name != "To") continue;
    message.headers_.push_back(header);
    if (status != 100 && !to_tag.empty() && !has_tag(header.value)) {
      message.headers_.back().value.append(";tag=").append(to_tag);
    }
  }
  return message;
}

std::string_view Message::method() const noexcept {
  if (is_request()) return method_;
  const std::string_view cseq = value("CSeq");
  const std::size_t blank = cseq.find_last_of(" \t");
  return blank == std::string_view::npos ? std::string_view{} : cseq.substr(blank + 1);
}

const std::string* Message::first(std::string_view name) const noexcept {
  const auto found =
      std::find_if(headers_.begin(), headers_.end(), [&](const Header& header) { return header.name == name; });
  return found == headers_.end() ? nullptr : &found->value;
}

std::string_view Message::value(std::string_view name) const noexcept {
  const std::string* found = first(name);
  return found == nullptr ? std::string_view{} : std::string_view(*found);
}

std::vector<std::string_view> Message::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Header& header : headers_) {
    if (header.name == name) values.emplace_back(header.value);
  }
  return values;
}

void Message::add(std::string_view name, std::string value) {
  headers_.push_back({std::string(name), std::move(value)});
}

void Message::prepend(std::string_view name, std::string value) {
  headers_.insert(headers_.begin(), {std::string(name), std::move(value)});
}

void Message::set(std::string_view name, std::string value) {
  const auto found =
      std::find_if(headers_.begin(), headers_.end(), [&](const Header& header) { return header.name == name; });
  if (found == headers_.end()) {
    add(name, std::move(value));
  } else {
    found->value = std::move(value);
  }
}

void Message::remove(std::string_view name) {
  std::erase_if(headers_, [&](const Header& header) { return header.name == name; });
}

void Message::set_body(std::string_view content_type, SecretString body) {
  body_ = std::move(body);
  if (body_.empty()) {
    remove("Content-Type");
  } else {
    set("Content-Type", std::string(content_type));
  }
}

SecretString Message::to_text() const {
  std::size_t size = 64 + method_.size() + uri_.size() + reason_.size() + body_.size();
  for (const Header& header : headers_) size += header.name.size() + header.value.size() + 4;
  SecretString text;
  text.reserve(size);
  if (is_request()) {
    text.append(method_).append(" ").append(uri_).append(" SIP/2.0\r\n");
  } else {
    text.append("SIP/2.0 ").append(std::to_string(status_)).append(" ").append(reason_).append("\r\n");
  }
  for (const Header& header : headers_) {
    if (header.name == "Content-Length") continue;
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  text.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n\r\n").append(body_);
  return text;
}

std::string Message::summary() const {
  if (is_request()) return method_ + " " + uri_;
  return std::to_string(status_) + " " + reason_ + " (" + std::string(method()) + ")";
}

}  // namespace sallyport::controlplane::sip
