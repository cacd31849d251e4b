// libFuzzer target for SIP's texts: whatever comes, it is read within its bounds, what is accepted can be written and
// read again as the same, an answer is one message and no more, and bytes are framed alike however they are cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/limits.hpp"
#include "controlplane/signalling/sip/parse.hpp"
#include "controlplane/signalling/sip/stream_framer.hpp"
#include "input.hpp"

namespace {

using namespace sallyport::controlplane;
using namespace sallyport::controlplane::sip;
using sallyport::fuzz::require;

/// One message that ends where its text does, without control characters in its head.
void require_one_message(const SecretString& written) {
  const std::string_view text = written;
  const auto head = head_size(text);
  require(head.has_value());
  require(body_length(text.substr(0, *head)).bytes == text.size() - *head);
  for (const char c : text.substr(0, *head)) {
    require(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\r' || c == '\n');
  }
}

void as_datagram(std::string_view text) {
  const std::size_t head = head_size(text).value_or(text.size());
  require(head <= text.size());
  const BodyLength length = body_length(text.substr(0, head));
  const std::size_t body = std::min(length.bytes.value_or(text.size() - head), text.size() - head);
  const Parsed parsed = parse(text.substr(0, head), SecretString(text.substr(head, body)));
  require(parsed.problem.size() < 1'000 + head);
  if (!parsed.message) return;
  require(parsed.message->headers().size() <= kMaxHeaders);
  if (parsed.message->is_request()) {
    const Message answer = Message::reply(*parsed.message, parsed.status == 0 ? 200 : parsed.status, "tag");
    require_one_message(answer.to_text());
    if (parsed.status == 0) {
      const SecretString answered = answer.to_text();
      const std::string_view view = answered;
      require(parse(view.substr(0, *head_size(view)), {}).status == 0);
    }
  }
  if (parsed.status != 0) return;
  const SecretString written = parsed.message->to_text();
  require_one_message(written);
  const std::string_view view = written;
  const std::size_t again_head = *head_size(view);
  const Parsed again = parse(view.substr(0, again_head), SecretString(view.substr(again_head)));
  require(again.status == 0 || parsed.message->headers().size() >= kMaxHeaders);
  if (again.status == 0) require(again.message->to_text() == written);
}

struct Seen {
  StreamFramer::Step step;
  std::string head;
  std::string body;
  int status;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> framed(std::string_view text, std::size_t piece) {
  StreamFramer framer;
  std::vector<Seen> seen;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    framer.append(text.substr(at, piece));
    for (auto step = framer.next(); step != StreamFramer::Step::kNeedMore; step = framer.next()) {
      const bool message = step == StreamFramer::Step::kMessage;
      const bool broken = step == StreamFramer::Step::kBroken;
      seen.push_back({step, message || broken ? std::string(framer.head()) : "",
                      message ? std::string(std::string_view(framer.body())) : "", broken ? framer.status() : 0});
      if (broken) return seen;
    }
  }
  return seen;
}

void as_value(std::string_view text) {
  if (const auto uri = Uri::parse(text)) {
    require(uri->text == text);
    if (uri->scheme == "sip" && !uri->user.empty()) {
      const auto again = Uri::parse("sip:" + uri->user + "@h");
      require(again && again->user == uri->user);
    }
    if (const auto value = uri->header("replaces")) {
      require(std::none_of(value->begin(), value->end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
  }
  if (const auto address = NameAddress::parse(text)) require(address->tag().size() <= text.size());
  if (const auto via = Via::parse(text)) {
    const auto again = Via::parse(via->to_string());
    require(again && again->to_string() == via->to_string() && again->sent_by() == via->sent_by());
  }
  if (const auto cseq = CSeq::parse(text)) require(is_token(cseq->method));
  if (const auto list = split_list(text)) {
    for (const std::string_view element : *list) require(!element.empty() && split_list(element)->size() == 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(size, '\0');
  std::transform(data, data + size, text.begin(), [](std::uint8_t byte) { return static_cast<char>(byte); });
  as_datagram(text);
  const auto whole = framed(text, std::max<std::size_t>(size, 1));
  require(framed(text, 1) == whole);
  require(framed(text, 7) == whole);
  for (std::size_t at = 0; at <= size;) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), size);
    const std::string_view line = std::string_view(text).substr(at, end - at);
    as_value(line);
    as_value(trim(line.substr(std::min(line.find(':') + 1, line.size()))));
    at = end + 1;
  }
  return 0;
}
