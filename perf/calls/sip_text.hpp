// As much of SIP as a generator needs: it wrote half of what it reads, and the gateway under test the other half. On
// purpose not the gateway's own parser, which would share its mistakes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::call_load {

/// Bytes of the message that `text` begins with, its body included; 0: its head is not all there.
std::size_t message_size(std::string_view text);
/// The status of a response; 0: it is a request.
int status_of(std::string_view message);
/// "INVITE" of a request; of a response, the method of its CSeq.
std::string_view method_of(std::string_view message);
/// The value of the first header of that full name; empty: it has none.
std::string_view header(std::string_view message, std::string_view name);
/// All Via headers, each with its line end.
std::string via_lines(std::string_view message);
std::string_view body_of(std::string_view message);
/// The URI between < and > of a name-addr.
std::string_view uri_of(std::string_view name_address);
/// A message of that start line and headers (each with its line end), and with that SDP, if any.
std::string compose(std::string head, std::string_view sdp);
/// A response to a request that copies what RFC 3261 8.2.6.2 says; `tag`: of To where the request has none.
std::string response_to(std::string_view request, std::string_view status, std::string_view tag,
                        std::string_view more_headers, std::string_view sdp);

/// An audio description (RFC 4566): G.711, with one new SDES key (RFC 4568) where there is a suite.
std::string sdp_offer(std::string_view address, unsigned port, std::string_view suite);
/// The answer to an offer: its profile, the tag of its first crypto line and a new key of ours.
std::string sdp_answer(std::string_view offer, std::string_view address, unsigned port);

}  // namespace sallyport::call_load
