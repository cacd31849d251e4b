#include "controlplane/signalling/sip/stream_framer.hpp"

#include "controlplane/signalling/sip/limits.hpp"
#include "controlplane/signalling/sip/parse.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Of a buffer, between two messages.
constexpr std::size_t kKept = 16 * 1024;
constexpr std::size_t kMostOfPing = 3;

}  // namespace

void StreamFramer::append(std::string_view bytes) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_.append(bytes);
}

StreamFramer::Step StreamFramer::broken(int status) {
  status_ = status;
  buffer_.clear();
  taken_ = searched_ = head_size_ = 0;
  return Step::kBroken;
}

StreamFramer::Step StreamFramer::next() {
  if (head_size_ == 0) {
    if (const Step step = read_head(); step != Step::kMessage) {
      // A large message leaves no large buffer behind: there may be thousands of connections.
      if (rest().size() <= kMostOfPing && buffer_.capacity() > kKept) {
        buffer_ = SecretString(rest());
        taken_ = searched_ = 0;
      }
      if (head_.capacity() > kKept) head_ = SecretString();
      return step;
    }
  }
  if (rest().size() - head_size_ < body_size_) return Step::kNeedMore;
  head_.assign(rest().substr(0, head_size_));
  body_.assign(rest().substr(head_size_, body_size_));
  taken_ += head_size_ + body_size_;
  searched_ = head_size_ = 0;
  return Step::kMessage;
}

/// kMessage: the head is there, and says how long the body is.
StreamFramer::Step StreamFramer::read_head() {
  // CRLFs before a start line are no part of it (RFC 3261 7.5); two in a row are a ping.
  constexpr std::string_view kPing = "\r\n\r\n";
  for (;;) {
    if (rest().starts_with(kPing)) {
      taken_ += kPing.size();
      return Step::kPing;
    }
    if (kPing.starts_with(rest())) return Step::kNeedMore;  // it may become one
    if (!rest().starts_with("\r\n") && !rest().starts_with("\n")) break;
    taken_ += rest().front() == '\n' ? 1 : 2;
  }
  const auto size = head_size(rest(), searched_);
  if (size.value_or(rest().size()) > kMaxHead) {
    head_.clear();
    return broken(513);
  }
  if (!size) {
    searched_ = rest().size() < 3 ? 0 : rest().size() - 3;
    return Step::kNeedMore;
  }
  const BodyLength length = body_length(rest().substr(0, *size));
  // Without a length nobody knows where the next message begins (RFC 3261 18.3).
  const int fault = length.status != 0 ? length.status : length.bytes ? 0 : 400;
  if (fault != 0) {
    head_.assign(rest().substr(0, *size));
    body_.clear();
    return broken(fault);
  }
  head_size_ = *size;
  body_size_ = *length.bytes;
  return Step::kMessage;
}

}  // namespace sallyport::controlplane::sip
