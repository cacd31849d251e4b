#include "controlplane/signalling/sip/stream_framer.hpp"

#include "controlplane/signalling/sip/limits.hpp"
#include "controlplane/signalling/sip/parse.hpp"

namespace sallyport::controlplane::sip {

StreamFramer::Step StreamFramer::broken(int status) {
  status_ = status;
  buffer_.clear();
  searched_ = 0;
  return Step::kBroken;
}

StreamFramer::Step StreamFramer::next() {
  // CRLFs before a start line are no part of it (RFC 3261 7.5); two in a row are a ping.
  if (buffer_.starts_with("\r\n\r\n")) {
    buffer_.erase(0, 4);
    return Step::kPing;
  }
  if (buffer_ == "\r\n" || buffer_ == "\r" || buffer_ == "\r\n\r") return Step::kNeedMore;
  while (buffer_.starts_with("\r\n") || buffer_.starts_with("\n")) buffer_.erase(0, buffer_.front() == '\n' ? 1 : 2);
  const auto size = head_size(buffer_, searched_);
  if (size.value_or(buffer_.size()) > kMaxHead) {
    head_.clear();
    return broken(513);
  }
  if (!size) {
    searched_ = buffer_.size() < 3 ? 0 : buffer_.size() - 3;
    return Step::kNeedMore;
  }
  const BodyLength length = body_length(std::string_view(buffer_).substr(0, *size));
  head_.assign(buffer_, 0, *size);
  body_.clear();
  if (length.status != 0) return broken(length.status);
  // Without a length nobody knows where the next message begins (RFC 3261 18.3).
  if (!length.bytes) return broken(400);
  if (buffer_.size() - *size < *length.bytes) {
    head_.clear();
    return Step::kNeedMore;
  }
  body_.assign(buffer_, *size, *length.bytes);
  searched_ = 0;
  buffer_.erase(0, *size + *length.bytes);
  return Step::kMessage;
}

}  // namespace sallyport::controlplane::sip
