#include "perf/load/ng_calls.hpp"

#include <sys/random.h>

#include <iostream>

#include "controlplane/negotiation/sdes_key.hpp"
#include "crypto/error.hpp"
#include "perf/load/ng_sdp.hpp"
#include "perf/load/random_key.hpp"

namespace sallyport::load {
namespace {

using Dictionary = Bencode::Dictionary;

constexpr const char* kCaller = "a";
constexpr const char* kCallee = "b";

std::string random_prefix() {
  std::uint64_t drawn = 0;
  if (::getrandom(&drawn, sizeof drawn, 0) != sizeof drawn) throw UsageError("no random numbers");
  return "sallyport-load-" + std::to_string(drawn) + "-";
}

std::vector<crypto::MasterKeyEntry> parsed(const crypto::Suite& suite, std::string_view key) {
  try {
    return controlplane::parse_sdes_keys(suite, key);
  } catch (const SetupError& error) {
    throw UsageError("--gateway: its key: " + std::string(error.what()));
  }
}

/// `to` is the side that the gateway will pass the rewritten SDP to.
Dictionary message(const char* command, const std::string& call, Bencode::Text sdp, const SideOptions& to) {
  return {{"command", command},
          {"call-id", std::string_view(call)},
          {"from-tag", kCaller},
          {"sdp", std::move(sdp)},
          {"transport-protocol", to.suite == nullptr ? "RTP/AVP" : "RTP/SAVP"},
          {"address family", to.local.address.v6 ? "IP6" : "IP4"},
          {"replace", Bencode::List{"origin", "session-connection"}},
          {"ICE", "remove"},
          {"DTLS", "off"}};
}

/// What the gateway says is the other end of this side.
void accept(const NgMedia& gateway, const crypto::Suite* suite, SidePlan& side) {
  if (gateway.local.address.v6 != side.local.address.v6) {
    throw UsageError("--gateway: it answers with " + gateway.local.to_string() + ", expected the family of " +
                     side.local.to_string());
  }
  side.remote = gateway.local;
  if (suite != nullptr) side.receive_keys = parsed(*suite, gateway.crypto.key);
}

NgCrypto fresh_crypto(const crypto::Suite* suite, unsigned tag, SidePlan& side) {
  NgCrypto crypto{.tag = tag, .key = {}};
  if (suite == nullptr) return crypto;
  crypto.key = random_key(*suite);
  side.send_keys = parsed(*suite, crypto.key);
  return crypto;
}

}  // namespace

NgCalls::NgCalls(const LoadOptions& options, std::vector<StreamPlan>& plan)
    : client_(*options.ng_gateway), prefix_(random_prefix()) {
  try {
    for (StreamPlan& stream : plan) make(options, stream);
  } catch (...) {
    remove();
    throw;
  }
}

void NgCalls::make(const LoadOptions& options, StreamPlan& stream) {
  const std::string call = prefix_ + std::to_string(call_ids_.size());
  const SideOptions& a = options.a;
  const SideOptions& b = options.b;
  call_ids_.push_back(call);
  const NgCrypto offered = fresh_crypto(a.suite, 1, stream.a);
  const Bencode offer =
      client_.ask(message("offer", call, write_sdp(stream.a.local, options.shape.payload_type(), a.suite, offered), b));
  const NgMedia to_b = read_sdp(offer.text_of("sdp"), b.suite);
  accept(to_b, b.suite, stream.b);

  const NgCrypto answered = fresh_crypto(b.suite, to_b.crypto.tag, stream.b);  // RFC 4568 5.1.2: the tag is the offer's
  Dictionary request =
      message("answer", call, write_sdp(stream.b.local, options.shape.payload_type(), b.suite, answered), a);
  request.push_back({"to-tag", kCallee});
  const Bencode answer = client_.ask(request);
  accept(read_sdp(answer.text_of("sdp"), a.suite), a.suite, stream.a);
}

void NgCalls::remove() noexcept {
  try {
    while (!call_ids_.empty()) {
      client_.ask({{"command", "delete"},
                   {"call-id", std::string_view(call_ids_.back())},
                   {"from-tag", kCaller},
                   {"delete delay", std::int64_t{0}}});
      call_ids_.pop_back();
    }
  } catch (const std::exception& error) {
    std::cerr << "sallyport-load: " << call_ids_.size() << " calls are left: " << error.what() << '\n';
    call_ids_.clear();
  }
}

}  // namespace sallyport::load
