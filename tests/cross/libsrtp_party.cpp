#include "tests/cross/libsrtp_party.hpp"

#include <algorithm>
#include <stdexcept>

namespace sallyport::crypto::test {
namespace {

void require(srtp_err_status_t status, const char* what) {
  if (status != srtp_err_status_ok) throw std::runtime_error(std::string("libSRTP: ") + what);
}

void set_policies(const Suite& suite, srtp_policy_t& policy) {
  if (suite.name == "AEAD_AES_256_GCM") {
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
  } else if (suite.name == "AEAD_AES_128_GCM") {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else if (suite.name == "AES_CM_128_HMAC_SHA1_80") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  } else if (suite.name == "AES_CM_128_HMAC_SHA1_32") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);  // RFC 4568 6.2.2
  } else {
    throw std::runtime_error("libSRTP: no policy for this suite");
  }
}

template <class Call>
bool run(Call call, srtp_ctx_t* session, Bytes& packet) {
  int length = static_cast<int>(packet.size());
  packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
  const bool ok = call(session, packet.data(), &length) == srtp_err_status_ok;
  packet.resize(static_cast<std::size_t>(length));
  return ok;
}

}  // namespace

LibSrtpParty::LibSrtpParty(const Suite& suite, const MasterKey& master, Direction direction) {
  static const bool initialised = (require(srtp_init(), "srtp_init"), true);
  static_cast<void>(initialised);
  Bytes key(suite.master_len());
  std::copy_n(master.key.data(), suite.key_len, key.begin());
  std::copy_n(master.salt.data(), suite.salt_len, key.begin() + suite.key_len);
  srtp_policy_t policy{};
  set_policies(suite, policy);
  policy.ssrc.type = direction == Direction::kSend ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = key.data();
  policy.window_size = 128;
  srtp_t session = nullptr;
  require(srtp_create(&session, &policy), "srtp_create");
  session_.reset(session);
}

bool LibSrtpParty::protect(PacketKind kind, Bytes& packet) {
  return kind == PacketKind::kRtp ? run([](auto... a) { return srtp_protect(a...); }, session_.get(), packet)
                                  : run([](auto... a) { return srtp_protect_rtcp(a...); }, session_.get(), packet);
}

bool LibSrtpParty::unprotect(PacketKind kind, Bytes& packet) {
  return kind == PacketKind::kRtp ? run([](auto... a) { return srtp_unprotect(a...); }, session_.get(), packet)
                                  : run([](auto... a) { return srtp_unprotect_rtcp(a...); }, session_.get(), packet);
}

}  // namespace sallyport::crypto::test
