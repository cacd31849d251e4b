// The same job as crypto_bench in a plain loop over libSRTP, one session per stream: what a gateway that was built on
// it would pay. Built twice, see meson.build; LIBSRTP_BUILD names the build. Links nothing of ours that links libSRTP.
// Options beside Google Benchmark's: --streams, --size and --seconds (shape.hpp); the library knows bursts of 1 only.
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

#include "crypto/bytes.hpp"
#include "crypto/suite.hpp"
#include "perf/pass_timer.hpp"

namespace sallyport::perf {
namespace {

using crypto::Cipher;
using crypto::Suite;

struct SessionDeleter {
  void operator()(srtp_ctx_t* session) const noexcept { srtp_dealloc(session); }
};
using Session = std::unique_ptr<srtp_ctx_t, SessionDeleter>;
using Sessions = std::vector<Session>;

srtp_cipher_type_id_t cipher_type(const Suite& suite) {
  switch (suite.cipher) {
    case Cipher::kAesGcm:
      return suite.key_len == 32 ? SRTP_AES_GCM_256 : SRTP_AES_GCM_128;
    case Cipher::kAesCm:
      return suite.key_len == 32 ? SRTP_AES_ICM_256 : suite.key_len == 24 ? SRTP_AES_ICM_192 : SRTP_AES_ICM_128;
    case Cipher::kAesF8:
    case Cipher::kNull:
      break;
  }
  return SRTP_NULL_CIPHER;
}

srtp_crypto_policy_t crypto_policy(const Suite& suite, std::uint8_t tag_len) {
  srtp_crypto_policy_t policy{};
  policy.cipher_type = cipher_type(suite);
  policy.cipher_key_len = static_cast<int>(suite.master_len());
  policy.auth_type = suite.aead() ? SRTP_NULL_AUTH : SRTP_HMAC_SHA1;
  policy.auth_key_len = suite.auth_key_len;
  policy.auth_tag_len = tag_len;
  policy.sec_serv = suite.encrypts() ? sec_serv_conf_and_auth : sec_serv_auth;
  return policy;
}

/// Null where this build of the library has not the suite.
Session make_session(const Suite& suite, std::uint32_t stream, srtp_ssrc_type_t direction) {
  std::array<std::uint8_t, SRTP_MAX_KEY_LEN> key{};
  crypto::store_be32(key.data(), stream);
  srtp_policy_t policy{};
  policy.rtp = crypto_policy(suite, suite.rtp_tag_len);
  policy.rtcp = crypto_policy(suite, suite.rtcp_tag_len);
  policy.ssrc.type = direction;
  policy.key = key.data();
  policy.window_size = 128;
  srtp_t session = nullptr;
  return Session(srtp_create(&session, &policy) == srtp_err_status_ok ? session : nullptr);
}

bool has(const Suite& suite) {
  return suite.cipher != Cipher::kAesF8 && make_session(suite, 0, ssrc_any_outbound) != nullptr;
}

Sessions make_sessions(const Suite& suite, std::uint32_t streams, srtp_ssrc_type_t direction) {
  Sessions sessions;
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    sessions.push_back(make_session(suite, stream, direction));
    if (sessions.back() == nullptr) throw std::runtime_error("srtp_create failed");
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

void bench(benchmark::State& state, bool seal, const Suite& suite, const Shape& shape, double seconds) {
  Traffic traffic(shape);
  const Sessions senders = make_sessions(suite, shape.streams, ssrc_any_outbound);
  const Sessions receivers = make_sessions(suite, seal ? 0 : shape.streams, ssrc_any_inbound);
  std::vector<int> lengths(traffic.packets());
  const auto prepare = [&] {
    traffic.advance();
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
  PassTimer(state, seconds).run(traffic, prepare, work);
}

void add_rows(const Suite& suite, const Shape& shape, double seconds) {
  for (const bool seal : {true, false}) {
    const std::string name = row_name("srtp", seal ? "protect" : "unprotect", suite.name, shape, LIBSRTP_BUILD);
    add_row(name, [=, &suite](benchmark::State& state) { bench(state, seal, suite, shape, seconds); });
  }
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  perf::Shapes shapes = perf::take_shapes(argc, argv);
  shapes.bursts = {1};
  if (srtp_init() != srtp_err_status_ok) return 1;
  for (const perf::Shape& shape : shapes.all()) {
    for (const crypto::Suite& suite : crypto::kSuites) {
      if (perf::has(suite)) perf::add_rows(suite, shape, shapes.seconds);
    }
  }
  return perf::run_rows(argc, argv);
}
