// What two parties share for the length of a call (RFC 3261 12): identifiers, routes, counters. Makes requests and
// judges those that come in. A value; control thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/signalling/sip/message.hpp"

namespace sallyport::controlplane::sip {

class Dialog {
 public:
  /// From an INVITE that came in; `local_tag` is the To tag of our answers. Nothing where the request has no From tag
  /// or no Contact to answer to.
  static std::optional<Dialog> of_server(const Message& invite, std::string_view local_tag);
  /// From an answer with a To tag to our INVITE. Nothing where it has no To tag.
  static std::optional<Dialog> of_client(const Message& invite, const Message& answer);

  /// "CALL-ID LOCAL-TAG REMOTE-TAG", as dialog_id() makes it of a request that came in.
  const std::string& id() const noexcept { return id_; }
  const std::string& call_id() const noexcept { return call_id_; }
  /// The party's Contact, where requests are sent to.
  const std::string& remote_target() const noexcept { return remote_target_; }
  std::uint32_t local_cseq() const noexcept { return local_cseq_; }
  /// For a request that request() did not make.
  std::uint32_t next_cseq() noexcept { return ++local_cseq_; }
  /// Requests were made within the early dialog that this one was.
  void go_on_from(const Dialog& early) noexcept { local_cseq_ = std::max(local_cseq_, early.local_cseq_); }

  /// A request within the dialog: URI, routes, From, To, Call-ID, the next CSeq, Max-Forwards. Of an ACK the CSeq
  /// number is that of the INVITE that it acknowledges.
  Message request(const std::string& method);
  Message ack(std::uint32_t invite_cseq) const;

  /// Whether a request comes in order (12.2.2); from then on its number counts. Not for ACK and CANCEL.
  bool in_order(const Message& request);
  /// A target refresh: re-INVITE, UPDATE, and answers to them (12.2.1.2, 12.2.2). Without Contact nothing changes.
  void refresh_target(const Message& message);

 private:
  Message bare(const std::string& method, std::uint32_t cseq) const;

  std::string id_;
  std::string call_id_;
  std::string local_tag_;
  std::string remote_tag_;
  std::string local_;   ///< From of our requests, with tag
  std::string remote_;  ///< To of our requests, with tag
  std::string remote_target_;
  std::vector<std::string> routes_;  ///< values of Route, the nearest first
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

/// As Dialog::id() of the dialog that a request belongs to; empty where it is in none (no To tag).
std::string dialog_id(const Message& request);
/// As Dialog::id() of the dialog that a Replaces names (RFC 3891 3), as we have it; empty where it names none.
std::string replaced_dialog(std::string_view replaces);
/// The URI of the first Contact, empty where there is none or it is "*".
std::string contact_uri(const Message& message);

}  // namespace sallyport::controlplane::sip
