#include "tests/scenario/party.hpp"

#include <cstring>
#include <stdexcept>

namespace sallyport::scenario {
namespace {

constexpr std::size_t kTrailer = SRTP_MAX_TRAILER_LEN + 4;

void set_policies(const std::string_view suite, srtp_policy_t& policy) {
  if (suite == "AEAD_AES_256_GCM") {
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
  } else if (suite == "AEAD_AES_128_GCM") {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
  } else if (suite == "AES_CM_128_HMAC_SHA1_80") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
  } else if (suite == "AES_CM_128_HMAC_SHA1_32") {
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);  // RFC 4568 6.2.2
  } else {
    throw std::runtime_error("no policy for suite " + std::string(suite));
  }
}

/// libSRTP needs to be told once per process.
void initialise() {
  static const srtp_err_status_t status = srtp_init();
  if (status != srtp_err_status_ok) throw std::runtime_error("libSRTP does not start");
}

}  // namespace

crypto::MasterKey Key::master_key() const {
  crypto::MasterKey made;
  std::memcpy(made.key.data(), master.data(), suite->key_len);
  std::memcpy(made.salt.data(), master.data() + suite->key_len, suite->salt_len);
  return made;
}

Key make_key(const std::string& suite, std::uint8_t number) {
  Key key{crypto::find_suite(suite), {}};
  if (key.suite == nullptr) throw std::runtime_error("no suite " + suite);
  for (std::size_t i = 0; i < key.suite->master_len(); ++i) {
    key.master.push_back(static_cast<std::uint8_t>(number * 37 + i * 11));
  }
  return key;
}

Party::Party(const std::optional<Key>& send_key, const std::optional<Key>& receive_key)
    : sending_(make_session(send_key, ssrc_any_outbound)), receiving_(make_session(receive_key, ssrc_any_inbound)) {}

Party::Session Party::make_session(const std::optional<Key>& key, srtp_ssrc_type_t direction) {
  if (!key) return nullptr;
  initialise();
  Bytes master = key->master;
  srtp_policy_t policy{};
  set_policies(key->suite->name, policy);
  policy.ssrc.type = direction;
  policy.key = master.data();
  policy.window_size = 128;
  srtp_t session = nullptr;
  if (srtp_create(&session, &policy) != srtp_err_status_ok) {
    throw std::runtime_error("libSRTP has not suite " + std::string(key->suite->name));
  }
  return Session(session);
}

Bytes Party::send(const Bytes& clear, bool rtcp) {
  if (sending_ == nullptr) return clear;
  Bytes wire = clear;
  int length = static_cast<int>(wire.size());
  wire.resize(wire.size() + kTrailer);
  const auto status = rtcp ? srtp_protect_rtcp(sending_.get(), wire.data(), &length)
                           : srtp_protect(sending_.get(), wire.data(), &length);
  if (status != srtp_err_status_ok) throw std::runtime_error("libSRTP refuses to protect: " + std::to_string(status));
  wire.resize(static_cast<std::size_t>(length));
  return wire;
}

std::optional<Bytes> Party::receive(const Bytes& wire, bool rtcp) {
  if (receiving_ == nullptr) return wire;
  Bytes clear = wire;
  int length = static_cast<int>(clear.size());
  const auto status = rtcp ? srtp_unprotect_rtcp(receiving_.get(), clear.data(), &length)
                           : srtp_unprotect(receiving_.get(), clear.data(), &length);
  if (status != srtp_err_status_ok) return std::nullopt;
  clear.resize(static_cast<std::size_t>(length));
  return clear;
}

}  // namespace sallyport::scenario
