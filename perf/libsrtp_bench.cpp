// The same job as crypto_bench in a plain loop over libSRTP, one session per stream: what a gateway that was built on
// it would pay. Built twice, see meson.build; LIBSRTP_BUILD names the build. Options: --streams=N --size=N (--burst=N
// is only repeated in the rows).
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "crypto/bytes.hpp"
#include "crypto/suite.hpp"
#include "perf/traffic.hpp"

namespace sallyport::perf {
namespace {

using crypto::Suite;

struct SessionDeleter {
  void operator()(srtp_ctx_t* session) const noexcept { srtp_dealloc(session); }
};
using Sessions = std::vector<std::unique_ptr<srtp_ctx_t, SessionDeleter>>;

void set_policy(const Suite& suite, srtp_crypto_policy_t* policy) {
  if (suite.aead()) {
    suite.key_len == 32 ? srtp_crypto_policy_set_aes_gcm_256_16_auth(policy)
                        : srtp_crypto_policy_set_aes_gcm_128_16_auth(policy);
  } else {
    suite.rtp_tag_len == 4 ? srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(policy)
                           : srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(policy);
  }
}

Sessions make_sessions(const Suite& suite, std::uint32_t streams, srtp_ssrc_type_t direction) {
  Sessions sessions;
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    std::array<std::uint8_t, SRTP_MAX_KEY_LEN> key{};
    crypto::store_be32(key.data(), stream);
    srtp_policy_t policy{};
    set_policy(suite, &policy.rtp);
    set_policy(suite, &policy.rtcp);
    policy.ssrc.type = direction;
    policy.key = key.data();
    policy.window_size = 128;
    srtp_t session = nullptr;
    if (srtp_create(&session, &policy) != srtp_err_status_ok) throw std::runtime_error("srtp_create failed");
    sessions.emplace_back(session);
  }
  return sessions;
}

template <class Call>
void for_each_packet(Traffic& traffic, const Sessions& sessions, std::vector<int>& lengths, Call call) {
  for (std::size_t i = 0; i < traffic.packets(); ++i) {
    const auto status = call(sessions[traffic.stream_of(i)].get(), traffic.packet(i), &lengths[i]);
    if (status != srtp_err_status_ok) throw std::runtime_error("libSRTP refused a packet");
  }
}

void bench(benchmark::State& state, bool seal, const Suite& suite, const Shape& shape) {
  Traffic traffic(shape);
  const Sessions senders = make_sessions(suite, shape.streams, ssrc_any_outbound);
  const Sessions receivers = make_sessions(suite, shape.streams, ssrc_any_inbound);
  std::vector<int> lengths(traffic.packets());
  const auto prepare = [&] {
    traffic.rewrite();
    std::ranges::fill(lengths, static_cast<int>(shape.size));
    if (!seal) for_each_packet(traffic, senders, lengths, srtp_protect);
  };
  const auto work = [&] {
    if (seal) {
      for_each_packet(traffic, senders, lengths, srtp_protect);
    } else {
      for_each_packet(traffic, receivers, lengths, srtp_unprotect);
    }
  };
  PassTimer().run(state, traffic.packets(), prepare, work);
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const perf::Shape shape = perf::take_shape(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (srtp_init() != srtp_err_status_ok) return 1;
  for (const crypto::Suite& suite : crypto::kSuites) {
    for (const bool seal : {true, false}) {
      const std::string name = perf::row_name(seal ? "protect" : "unprotect", suite.name, shape, LIBSRTP_BUILD);
      benchmark::RegisterBenchmark(name.c_str(), [=, &suite](benchmark::State& state) {
        perf::bench(state, seal, suite, shape);
      })->UseManualTime();
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
