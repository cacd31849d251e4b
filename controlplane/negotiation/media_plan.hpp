// What a call's media will be: from an offer, an answer, and each leg's policy and signalling path to the description
// that is sent on and a plan of every m-line of both legs. Pure but for the keys it makes; used by the back-to-back
// user agent, the media services, MGCP and ng, on the control thread. Allocates no ports, installs no streams.
//
// A call between two parties: plan_offer() with the offer of one, send the result to the other, plan_answer() with what
// comes back (again for each fork and provisional answer), send the result to the first. A party that sends no offer
// (INVITE without SDP) is the answerer instead; that is the same call of functions with the legs exchanged. A media
// service: plan_service_answer(), or plan_own_offer() and plan_own_answer() where it speaks first.
//
// M-lines keep their index on all descriptions of a call, on both legs. For re-offers each Leg says what is `up`; keys
// that stay are kept, and with them ROC and replay window.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/endpoint.hpp"
#include "controlplane/negotiation/codec.hpp"
#include "controlplane/negotiation/policy.hpp"
#include "controlplane/negotiation/sdp.hpp"
#include "controlplane/negotiation/sdp_attributes.hpp"
#include "crypto/key_ring.hpp"
#include "crypto/session_parameters.hpp"
#include "dataplane/leg_options.hpp"

namespace sallyport::controlplane {

/// Short decisions, for `sallyport call show`: what was offered, what policy removed, what was chosen and why. They
/// never hold a byte of a key.
using Reasons = std::vector<std::string>;

/// What cannot be: SIP 488 where an offer is refused; where an answer is, the call ends instead. A re-offer that is
/// refused leaves what is up as it is.
struct Refusal {
  std::string reason;
};

/// What a direction's key is to the key before it.
enum class KeyChange : std::uint8_t {
  kNone,  ///< RTP
  kKeep,  ///< same key, suite and form of packets: ROC and replay window go on (field case 13)
  kNew,
};

/// SRTP of one direction of one leg. Owns its keys, which wipe themselves.
struct SrtpDirection {
  std::vector<crypto::MasterKeyEntry> keys;  ///< the first one is sent with; several have MKIs
  crypto::SessionParameters parameters;
  KeyChange change = KeyChange::kNone;
};

struct LegSrtp {
  const crypto::Suite* suite = nullptr;  ///< null: RTP
  std::string spelling;                  ///< the suite's name as the party writes it
  SrtpDirection send;
  SrtpDirection receive;
};

struct LegCodec {
  Codec codec;
  std::uint8_t receive_as = 0;  ///< the payload type that the party sends: ours, in our description
  std::uint8_t send_as = 0;     ///< the payload type that we send: the party's, in its description
};

/// One m-line of one leg, as it was agreed.
struct LegLine {
  MediaKind kind = MediaKind::kOther;
  bool active = false;  ///< false: rejected or switched off, and nothing else counts
  Endpoint local;
  std::optional<Endpoint> remote;       ///< nothing: not known, nothing can be sent (hold by 0.0.0.0)
  std::optional<Endpoint> remote_rtcp;  ///< `remote` with kMux
  dataplane::RtcpMode rtcp = dataplane::RtcpMode::kPair;
  Direction direction = Direction::kInactive;  ///< ours towards the party
  LegSrtp srtp;
  std::vector<LegCodec> codecs;
  std::optional<unsigned> ptime;  ///< milliseconds, that the party asks for
  std::optional<unsigned> maxptime;
  Reasons reasons;
};

/// The m-lines of a leg, by index.
using LegMedia = std::vector<LegLine>;

/// A leg as its owner knows it before it is negotiated.
struct Leg {
  MediaPolicy policy;
  SignallingPath path = SignallingPath::kUnprotected;
  SdpOrigin origin;  ///< of our next description on this leg; its address is also that of c=
  /// Our RTP address per m-line, as it is to be advertised (RTCP is on the port above, or multiplexed). A line that has
  /// none is declined; lines_to_serve() says which need one.
  std::vector<std::optional<Endpoint>> local;
  const LegMedia* up = nullptr;  ///< what is agreed now, or by an earlier answer to the same offer; null: nothing
  bool new_keys = false;         ///< send with new keys whatever is up: another party behind the leg, a key worn out
  bool in_clear = false;         ///< it refused SRTP: offer RTP/AVP without keys, where policy lets
  std::function<crypto::MasterKey(const crypto::Suite&)> make_key = crypto::make_master_key;
};

/// A suite that we offered, with the key that we will send with.
struct OfferedSuite {
  std::uint32_t tag = 0;
  const crypto::Suite* suite = nullptr;
  std::string spelling;
  crypto::MasterKeyEntry key;
};

/// What plan_answer() has to remember of an m-line that was offered.
struct OfferedLine {
  bool used = false;         ///< false: offered with port 0
  bool offerer_off = false;  ///< the offerer switched its side off (port 0), the other one is put on hold
  Direction direction = Direction::kInactive;
  std::vector<OfferedSuite> suites;
  std::optional<std::string> no_keys;    ///< why none was offered, where keys may not pass
  std::vector<Codec> codecs;             ///< as offered
  std::vector<PayloadMapping> payloads;  ///< from the offerer's payload types to those
  bool mux = false;
  Reasons offerer_reasons;
  Reasons reasons;  ///< of the leg it was offered on
};

struct OfferPlan {
  SessionDescription offer;  ///< to be sent
  std::vector<OfferedLine> lines;
  std::optional<Refusal> refusal;  ///< then nothing is sent
};

/// How payload types change from leg to leg: of two rows for one type the first counts.
struct LineRelay {
  std::vector<PayloadMapping> to_answerer;
  std::vector<PayloadMapping> to_offerer;
};

struct AnswerPlan {
  SessionDescription answer;  ///< to the offerer
  LegMedia offerer;
  LegMedia answerer;
  std::vector<LineRelay> relays;
  std::optional<Refusal> refusal;  ///< then nothing of the above counts
};

/// What a media service has for one kind of media. Without codecs: nothing, the line is off.
struct OwnSection {
  MediaKind kind = MediaKind::kAudio;
  std::vector<Codec> codecs;
  Direction direction = Direction::kSendRecv;
  std::optional<unsigned> ptime;  ///< milliseconds
};

struct ServicePlan {
  SessionDescription answer;  ///< of plan_service_answer() alone
  LegMedia media;
  std::optional<Refusal> refusal;
};

/// Which m-lines of a party's offer will be served, given a media port for each: audio and video over RTP, not switched
/// off, not the lesser of two alternatives, with SRTP as policy wants it. `leg.local` does not count.
std::vector<bool> lines_to_serve(const SessionDescription& offer, const Leg& leg);

/// The offer to send on to `answerer`.
OfferPlan plan_offer(const SessionDescription& offer, const Leg& offerer, const Leg& answerer);

/// The answer to send on to `offerer`, and the plan of both legs. `sent` (without a refusal) and `offer` as they were
/// with plan_offer(), the legs as well but for `up`: with a second answer to the same offer that is what the first one
/// made.
AnswerPlan plan_answer(const OfferPlan& sent, const SessionDescription& answer, const SessionDescription& offer,
                       const Leg& offerer, const Leg& answerer);

/// Our own answer to a party, for a media service (M7): the first of `sections` of the same kind serves a line.
ServicePlan plan_service_answer(const SessionDescription& offer, std::span<const OwnSection> sections, const Leg& leg);

/// Our own offer: one line per section.
OfferPlan plan_own_offer(std::span<const OwnSection> sections, const Leg& leg);
/// What the answer to it makes of the leg. `sent` without a refusal.
ServicePlan plan_own_answer(const OfferPlan& sent, const SessionDescription& answer, const Leg& leg);

}  // namespace sallyport::controlplane
