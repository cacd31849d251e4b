// Session timers (RFC 4028): what an INVITE, an UPDATE and their 2xx say of when a session ends that nobody refreshes,
// and who has to. Header fields in and out, no clock; a leg keeps the time. Control thread only.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "controlplane/signalling/sip/transaction.hpp"

namespace sallyport::controlplane::sip {

/// What we want of sessions.
struct SessionTimes {
  std::chrono::seconds expires{1800};  ///< zero: we ask for no timer, and serve those that ask
  std::chrono::seconds shortest{90};   ///< Min-SE; less is refused by 422
};

/// What was agreed.
struct SessionTimer {
  std::chrono::seconds interval{0};
  bool ours = false;  ///< we refresh

  /// Until something has to be done: a refresh of ours, or (RFC 4028 10) the end of a session that the other side did
  /// not refresh.
  std::chrono::seconds patience() const noexcept {
    return ours ? interval / 2 : interval - std::min<std::chrono::seconds>(std::chrono::seconds(32), interval / 3);
  }
};

/// Whether a list in that header has that option tag: "timer" in Supported.
bool lists(const Message& message, std::string_view header, std::string_view tag);

/// Adds to an INVITE or UPDATE of ours. The refreshing is the other side's; `longer`: a Min-SE that it insisted on.
/// `refresh`: this is our refresh, and it stays ours.
void ask_for_timer(Message& request, const SessionTimes& times, std::chrono::seconds longer, bool refresh);
/// What a 2xx to such a request says; nothing: no timer.
std::optional<SessionTimer> timer_of_answer(const Message& answer);

/// Whether a request asks for a shorter interval than we serve: 422 with Min-SE.
bool is_too_brief(const Message& request, const SessionTimes& times);
void refuse_as_too_brief(ServerTransaction& transaction, const SessionTimes& times);
/// Decides on an INVITE or UPDATE that came in, and adds to our 2xx what it says of it (RFC 4028 9).
std::optional<SessionTimer> answer_timer(const Message& request, Message& answer, const SessionTimes& times);

}  // namespace sallyport::controlplane::sip
