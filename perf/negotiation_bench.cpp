// What negotiation alone costs a call: an offer is read, planned and written for the other party, its answer is read,
// planned and written back, with keys from the system's generator: rows negotiation, microseconds of processor time a
// call. The parts by themselves: reading and writing one description.
#include <benchmark/benchmark.h>

#include <stdexcept>
#include <string>
#include <variant>

#include "controlplane/negotiation/media_plan.hpp"
#include "perf/work_timer.hpp"

namespace sallyport::perf {
namespace {

using namespace sallyport::controlplane;

const std::string kKey = "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
const std::string kOtherKey = "inline:HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

std::string description(const std::string& address, const std::string& profile, const std::string& crypto) {
  return "v=0\r\no=- 3820738456 1396462832 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address +
         "\r\nt=0 0\r\nm=audio 21532 " + profile +
         " 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
         "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n" +
         crypto;
}

std::string secure_offer() {
  return description(
      "192.0.2.1", "RTP/SAVP",
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + kKey + "\r\na=crypto:2 AES_CM_128_HMAC_SHA1_32 " + kKey + "\r\n");
}
std::string plain_answer() { return description("192.0.2.2", "RTP/AVP", ""); }
std::string secure_answer() {
  return description("192.0.2.2", "RTP/SAVP", "a=crypto:5 AES_CM_128_HMAC_SHA1_80 " + kOtherKey + "\r\n");
}

SessionDescription read(const std::string& text) {
  auto parsed = parse_sdp(text);
  if (const SdpFault* const fault = std::get_if<SdpFault>(&parsed)) throw std::logic_error(fault->to_string());
  return std::move(std::get<SessionDescription>(parsed));
}

Leg leg_of(const char* address, std::uint16_t port, SrtpUse srtp) {
  Leg leg;
  leg.policy.srtp = srtp;
  leg.path = SignallingPath::kProtectedWithEncryption;
  const drivers::IpAddress local = *drivers::IpAddress::parse(address);
  leg.origin.connection = SdpConnection::of(local);
  leg.local.push_back(Endpoint{local, port});
  return leg;
}

void whole_call(benchmark::State& state, const std::string& answer, SrtpUse callee) {
  const std::string offer = secure_offer();
  const Leg a = leg_of("198.51.100.1", 20000, SrtpUse::kSavp);
  const Leg b = leg_of("198.51.100.2", 30000, callee);
  measure_us(state, [&] {
    const SessionDescription offered = read(offer);
    const OfferPlan sent = plan_offer(offered, a, b);
    benchmark::DoNotOptimize(to_string(sent.offer));
    const AnswerPlan plan = plan_answer(sent, read(answer), offered, a, b);
    if (plan.refusal) throw std::logic_error(plan.refusal->reason);
    benchmark::DoNotOptimize(to_string(plan.answer));
  });
}

void srtp_to_rtp(benchmark::State& state) { whole_call(state, plain_answer(), SrtpUse::kNever); }
/// Every registered suite is offered, with a key for each.
void srtp_to_srtp(benchmark::State& state) { whole_call(state, secure_answer(), SrtpUse::kSavp); }

void parse(benchmark::State& state) {
  const std::string text = secure_offer();
  measure_us(state, [&] { benchmark::DoNotOptimize(read(text)); });
}

void write(benchmark::State& state) {
  const SessionDescription session = read(secure_offer());
  measure_us(state, [&] { benchmark::DoNotOptimize(to_string(session)); });
}

BENCHMARK(srtp_to_srtp)->Name("negotiation/work:srtp_to_srtp");
BENCHMARK(srtp_to_rtp)->Name("negotiation/work:srtp_to_rtp");
BENCHMARK(parse)->Name("negotiation/work:parse");
BENCHMARK(write)->Name("negotiation/work:write");

}  // namespace
}  // namespace sallyport::perf

BENCHMARK_MAIN();
