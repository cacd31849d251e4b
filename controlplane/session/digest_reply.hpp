// Digest authentication of our own requests (S6): credentials in, challenge out. Joins SIP messages with DigestClient;
// used by calls and registrations over trunks. Control thread only.
#pragma once

#include "controlplane/security/digest_client.hpp"
#include "controlplane/signalling/sip/message.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// Who we are for a trunk, whatever realm asks.
DigestClient digest_client_of(const PartyConfig& party);

/// Adds what we know to prove by challenges of earlier requests; nothing before the first one.
void add_credentials(DigestClient& client, sip::Message& request);

/// Takes a 401 or 407. With kAnswerable `request` has credentials now and may be sent, with its next CSeq and without
/// those that it had; otherwise it is as it was.
DigestOutcome answer_challenge(DigestClient& client, DigestAttempts& attempts, const sip::Message& challenge,
                               sip::Message& request);

}  // namespace sallyport::controlplane
