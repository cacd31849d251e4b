// The far end by libSRTP.
#include <srtp2/srtp.h>

#include <array>
#include <stdexcept>

#include "tests/scenario/party_ends.hpp"

namespace sallyport::scenario {
namespace {

constexpr std::size_t kTrailer = SRTP_MAX_TRAILER_LEN + 4;

struct SuitePolicy {
  std::string_view suite;
  void (*rtp)(srtp_crypto_policy_t*);
  void (*rtcp)(srtp_crypto_policy_t*);
};
constexpr std::array kPolicies{
    SuitePolicy{"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
                srtp_crypto_policy_set_aes_gcm_256_16_auth},
    SuitePolicy{"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
                srtp_crypto_policy_set_aes_gcm_128_16_auth},
    SuitePolicy{"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtp_default},
    // RFC 4568 6.2.2: SRTCP keeps the tag of 80 bits.
    SuitePolicy{"AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
                srtp_crypto_policy_set_rtp_default},
};

const SuitePolicy* policy_of(const crypto::Suite& suite) {
  for (const SuitePolicy& policy : kPolicies) {
    if (policy.suite == suite.name) return &policy;
  }
  return nullptr;
}

struct Dealloc {
  void operator()(srtp_ctx_t_* session) const { srtp_dealloc(session); }
};
using Session = std::unique_ptr<srtp_ctx_t_, Dealloc>;

/// libSRTP needs to be told once per process.
void initialise() {
  static const srtp_err_status_t status = srtp_init();
  if (status != srtp_err_status_ok) throw std::runtime_error("libSRTP does not start");
}

Session make_session(const Key& key, srtp_ssrc_type_t direction) {
  initialise();
  Bytes master = key.master;
  srtp_policy_t policy{};
  policy_of(*key.suite)->rtp(&policy.rtp);
  policy_of(*key.suite)->rtcp(&policy.rtcp);
  policy.ssrc.type = direction;
  policy.key = master.data();
  policy.window_size = 128;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) {
    throw std::runtime_error("libSRTP has not suite " + std::string(key.suite->name));
  }
  return Session(session);
}

class LibSrtpSending final : public SendingEnd {
 public:
  explicit LibSrtpSending(const Key& key) : session_(make_session(key, ssrc_any_outbound)) {}
  Bytes protect(const Bytes& clear, bool rtcp) override {
    Bytes wire = clear;
    int length = static_cast<int>(wire.size());
    wire.resize(wire.size() + kTrailer);
    const auto status = rtcp ? srtp_protect_rtcp(session_.get(), wire.data(), &length)
                             : srtp_protect(session_.get(), wire.data(), &length);
    if (status != srtp_err_status_ok) throw std::runtime_error("libSRTP refuses to protect: " + std::to_string(status));
    wire.resize(static_cast<std::size_t>(length));
    return wire;
  }
  void use_key(std::size_t) override { throw std::runtime_error("this party has one key"); }

 private:
  Session session_;
};

class LibSrtpReceiving final : public ReceivingEnd {
 public:
  explicit LibSrtpReceiving(const Key& key) : session_(make_session(key, ssrc_any_inbound)) {}
  std::optional<Bytes> unprotect(const Bytes& wire, bool rtcp) override {
    Bytes clear = wire;
    int length = static_cast<int>(clear.size());
    const auto status = rtcp ? srtp_unprotect_rtcp(session_.get(), clear.data(), &length)
                             : srtp_unprotect(session_.get(), clear.data(), &length);
    if (status != srtp_err_status_ok) return std::nullopt;
    clear.resize(static_cast<std::size_t>(length));
    return clear;
  }

 private:
  Session session_;
};

}  // namespace

bool libsrtp_can(const Key& key) {
  const bool plain = key.more.empty() && key.mki.length() == 0 && key.lifetime == 0 && key.encrypts(false) &&
                     key.encrypts(true) && !key.parameters.unauthenticated_srtp &&
                     !key.parameters.accept_unencrypted_srtcp && key.parameters.key_derivation_rate == 0 &&
                     key.parameters.replay_window == crypto::kMinReplayWindow;
  return plain && policy_of(*key.suite) != nullptr;
}

std::unique_ptr<SendingEnd> libsrtp_sending(const Key& key) { return std::make_unique<LibSrtpSending>(key); }
std::unique_ptr<ReceivingEnd> libsrtp_receiving(const Key& key) { return std::make_unique<LibSrtpReceiving>(key); }

}  // namespace sallyport::scenario
