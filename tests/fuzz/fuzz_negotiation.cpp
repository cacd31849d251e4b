// libFuzzer target for negotiation: any offer of a party under some policy, and any answer to what is sent on. Whatever
// comes in, what goes out can be read, keys are only where they may be, and a plan keeps to what was agreed on.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "controlplane/negotiation/call_status.hpp"
#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/negotiation/sdes.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::controlplane;
using fuzz::require;

Leg leg_of(fuzz::Input& input, std::string_view address) {
  Leg leg;
  leg.policy.srtp = static_cast<SrtpUse>(input.choice(3));
  leg.policy.srtp_ciphers = static_cast<SrtpCiphers>(input.choice(3));
  leg.path = static_cast<SignallingPath>(input.choice(3));
  const std::uint8_t flags = input.byte();
  leg.policy.block_unencrypted = (flags & 1) != 0;
  leg.policy.sdes_insecure_ok = (flags & 2) != 0;
  leg.policy.weak_parameters = (flags & 4) != 0;
  leg.policy.mki = (flags & 8) != 0;
  leg.policy.feedback = (flags & 16) != 0;
  leg.in_clear = (flags & 32) != 0;
  leg.policy.rtcp_mux = static_cast<RtcpMux>(input.choice(3));
  if ((flags & 64) != 0) leg.policy.suites.push_back(&crypto::kSuites[input.choice(crypto::kSuites.size())]);
  const drivers::IpAddress local = *drivers::IpAddress::parse(address);
  leg.origin.connection = SdpConnection::of(local);
  for (std::uint16_t port = 20000; port < 20008; port += 2) leg.local.push_back(Endpoint{local, port});
  leg.make_key = [](const crypto::Suite&) {
    crypto::MasterKey key;
    std::fill_n(key.key.data(), key.key.size(), std::uint8_t{0x5a});
    return key;
  };
  return leg;
}

/// What we send is whole, and holds keys only where they may pass.
void check_sent(const SessionDescription& description, const Leg& leg) {
  const auto again = parse_sdp(to_string(description));
  require(std::holds_alternative<SessionDescription>(again));
  const bool keys_may_pass = !why_no_keys(leg.policy, leg.path) && leg.policy.srtp != SrtpUse::kNever;
  for (const MediaDescription& media : std::get<SessionDescription>(again).media) {
    const CryptoLines lines = read_crypto_lines(media);
    require(lines.declined.empty());
    require(keys_may_pass || lines.empty());
    require(media.port != 0 || media.attributes.empty());
  }
}

void check_media(const LegMedia& media, const Leg& leg) {
  for (const LegLine& line : media) {
    const bool secure = line.srtp.suite != nullptr;
    require(line.active || !secure);
    require(!secure || (!line.srtp.send.keys.empty() && !line.srtp.receive.keys.empty()));
    require(!secure || !why_not_allowed(leg.policy, *line.srtp.suite));
    require(!line.active || secure || !leg.policy.block_unencrypted);
  }
  const std::array legs{LegSecurity{"leg", leg.path, &media, false}};
  const CallStatus status = call_status(legs);
  require(status.security != CallSecurity::kEncrypted || leg.path == SignallingPath::kProtectedWithEncryption);
}

/// Two texts, apart by a line "===".
std::pair<std::string_view, std::string_view> halves(std::string_view text) {
  const std::size_t at = text.find("===\n");
  if (at == std::string_view::npos) return {text, text};
  return {text.substr(0, at), text.substr(at + 4)};
}

void negotiate(const SessionDescription& offer, const SessionDescription& answer, Leg& offerer, Leg& answerer) {
  lines_to_serve(offer, offerer);
  LegMedia offerer_up;
  LegMedia answerer_up;
  for (int round = 0; round < 2; ++round) {
    const OfferPlan sent = plan_offer(offer, offerer, answerer);
    if (sent.refusal) return;
    require(sent.lines.size() == offer.media.size() && sent.offer.media.size() == offer.media.size());
    check_sent(sent.offer, answerer);
    AnswerPlan plan = plan_answer(sent, answer, offer, offerer, answerer);
    if (plan.refusal) return;
    require(plan.answer.media.size() == offer.media.size());
    check_sent(plan.answer, offerer);
    check_media(plan.offerer, offerer);
    check_media(plan.answerer, answerer);
    offerer_up = std::move(plan.offerer);
    answerer_up = std::move(plan.answerer);
    offerer.up = &offerer_up;
    answerer.up = &answerer_up;
  }
  offerer.up = answerer.up = nullptr;
}

void serve(const SessionDescription& offer, const SessionDescription& answer, Leg leg) {
  leg.up = nullptr;
  const std::array music{OwnSection{MediaKind::kAudio,
                                    {{0, "PCMU", 8000, 1, ""}, {101, "telephone-event", 8000, 1, "0-15"}},
                                    Direction::kSendOnly,
                                    20}};
  const ServicePlan plan = plan_service_answer(offer, music, leg);
  if (!plan.refusal) {
    check_sent(plan.answer, leg);
    check_media(plan.media, leg);
  }
  const OfferPlan sent = plan_own_offer(music, leg);
  if (sent.refusal) return;
  check_sent(sent.offer, leg);
  const ServicePlan answered = plan_own_answer(sent, answer, leg);
  if (!answered.refusal) check_media(answered.media, leg);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Payload types may get longer on their way, and lines of the greatest length too long with them.
  constexpr std::size_t kEnough = kMaxSdpLine - 256;
  if (size > kEnough) return 0;
  fuzz::Input input({data, size});
  Leg offerer = leg_of(input, "198.51.100.1");
  Leg answerer = leg_of(input, "2001:db8::2");
  const auto bytes = input.rest();
  const auto [first, second] = halves({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const auto offer = parse_sdp(first);
  const auto answer = parse_sdp(second);
  if (!std::holds_alternative<SessionDescription>(offer) || !std::holds_alternative<SessionDescription>(answer)) {
    return 0;
  }
  const auto& offered = std::get<SessionDescription>(offer);
  const auto& answered = std::get<SessionDescription>(answer);
  negotiate(offered, answered, offerer, answerer);
  serve(offered, answered, std::move(offerer));
  return 0;
}
