// Cuts the bytes of one TCP or TLS connection into messages (RFC 3261 18.3, keep-alives of RFC 5626 3.5.1). Bounded:
// what no message can be is refused before it is all there. One connection, one thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane::sip {

class StreamFramer {
 public:
  enum class Step {
    kNeedMore,  ///< nothing whole is there
    kMessage,   ///< head() and body() hold one
    kPing,      ///< a double CRLF, to be answered with a single one
    kBroken,    ///< the stream cannot be followed any more: head() may serve to be answered, then the connection ends
  };

  void append(std::string_view bytes);
  Step next();

  /// Of the latest step, until the next one.
  std::string_view head() const noexcept { return head_; }
  /// To be taken once.
  SecretString& body() noexcept { return body_; }
  /// The status that a kBroken head is answered with: 400, 413 or (head too large) 513.
  int status() const noexcept { return status_; }
  /// Whether a message has begun and is not whole: what a slow sender is measured by. Line ends begin none.
  bool in_message() const noexcept { return rest().find_first_not_of("\r\n") != std::string_view::npos; }

 private:
  Step broken(int status);
  Step read_head();
  std::string_view rest() const noexcept { return std::string_view(buffer_).substr(taken_); }

  SecretString buffer_;
  std::size_t taken_ = 0;      ///< of the buffer, by messages that are done: cut off when more comes, not for each
  std::size_t searched_ = 0;   ///< no head ends before this offset of the rest, so that slow senders cost no more
  std::size_t head_size_ = 0;  ///< 0: the head is not all there. Read once, however slowly its body comes
  std::size_t body_size_ = 0;
  SecretString head_;
  SecretString body_;
  int status_ = 0;
};

}  // namespace sallyport::controlplane::sip
