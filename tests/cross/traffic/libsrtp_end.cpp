#include "tests/cross/traffic/libsrtp_end.hpp"

#include <srtp2/crypto_types.h>

#include <map>
#include <stdexcept>

namespace sallyport::traffic {
namespace {

using SetPolicy = void (*)(srtp_crypto_policy_t*);
struct Policies {
  SetPolicy rtp;
  SetPolicy rtcp;
};

void cm128_80(srtp_crypto_policy_t* policy) { srtp_crypto_policy_set_rtp_default(policy); }
void cm128_32(srtp_crypto_policy_t* policy) { srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(policy); }
/// libSRTP's own NULL cipher derives from no master key at all; AES-CM that only authenticates is the same on the wire.
void null_80(srtp_crypto_policy_t* policy) {
  cm128_80(policy);
  policy->sec_serv = sec_serv_auth;
}
void null_32(srtp_crypto_policy_t* policy) {
  cm128_32(policy);
  policy->sec_serv = sec_serv_auth;
}

/// Not AES_192_CM: libSRTP derives its session keys with AES-256, against RFC 6188 3 and the vector of 7.4.
const std::map<std::string, Policies>& table() {
  static const std::map<std::string, Policies> kTable{
      {"AES_CM_128_HMAC_SHA1_80", {cm128_80, cm128_80}},
      {"AES_CM_128_HMAC_SHA1_32", {cm128_32, cm128_80}},
      {"NULL_HMAC_SHA1_80", {null_80, null_80}},
      {"NULL_HMAC_SHA1_32", {null_32, null_80}},
      {"AES_256_CM_HMAC_SHA1_80",
       {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80}},
      {"AES_256_CM_HMAC_SHA1_32",
       {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80}},
      {"AEAD_AES_128_GCM", {srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth}},
      {"AEAD_AES_256_GCM", {srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth}},
      {"AEAD_AES_128_GCM_8", {srtp_crypto_policy_set_aes_gcm_128_8_auth, srtp_crypto_policy_set_aes_gcm_128_8_auth}},
      {"AEAD_AES_256_GCM_8", {srtp_crypto_policy_set_aes_gcm_256_8_auth, srtp_crypto_policy_set_aes_gcm_256_8_auth}},
  };
  return kTable;
}

/// A policy and the memory that it points to.
class Policy {
 public:
  Policy(const Agreement& agreement, LibSrtpStreams::Direction direction) {
    const model::Session& session = agreement.session;
    const Policies& set = table().at(session.suite.name);
    set.rtp(&policy_.rtp);
    set.rtcp(&policy_.rtcp);
    if (session.unencrypted_srtp) policy_.rtp.sec_serv = sec_serv_auth;
    if (session.unencrypted_srtcp) policy_.rtcp.sec_serv = sec_serv_auth;
    if (session.unauthenticated_srtp) {
      const bool encrypts = policy_.rtp.sec_serv == sec_serv_conf_and_auth;
      policy_.rtp.sec_serv = encrypts ? sec_serv_conf : sec_serv_none;
      policy_.rtp.auth_type = SRTP_NULL_AUTH;
      policy_.rtp.auth_key_len = 0;
      policy_.rtp.auth_tag_len = 0;
    }
    policy_.ssrc.type = direction == LibSrtpStreams::Direction::kSend ? ssrc_any_outbound : ssrc_any_inbound;
    policy_.window_size = session.srtp_window;
    for (const model::MasterKey& key : agreement.keys) {
      Bytes both = key.key;
      both.insert(both.end(), key.salt.begin(), key.salt.end());
      bytes_.push_back(std::move(both));
      bytes_.push_back(key.mki);
    }
    for (std::size_t i = 0; i < agreement.keys.size(); ++i) {
      keys_.push_back(
          {bytes_[2 * i].data(), bytes_[2 * i + 1].data(), static_cast<unsigned int>(bytes_[2 * i + 1].size())});
    }
    if (agreement.keys[0].mki.empty()) {
      policy_.key = bytes_[0].data();
      return;
    }
    for (srtp_master_key_t& key : keys_) pointers_.push_back(&key);
    policy_.keys = pointers_.data();
    policy_.num_master_keys = pointers_.size();
  }
  const srtp_policy_t* get() const { return &policy_; }

 private:
  srtp_policy_t policy_{};
  std::vector<Bytes> bytes_;
  std::vector<srtp_master_key_t> keys_;
  std::vector<srtp_master_key_t*> pointers_;
};

void initialise() {
  static const srtp_err_status_t status = srtp_init();
  if (status != srtp_err_status_ok) throw std::runtime_error("srtp_init");
}

model::Verdict verdict_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_ok:
      return model::Verdict::kAccepted;
    case srtp_err_status_replay_fail:
      return model::Verdict::kReplayed;
    case srtp_err_status_replay_old:
      return model::Verdict::kTooOld;
    default:
      return model::Verdict::kUnauthentic;
  }
}

}  // namespace

std::vector<std::string> libsrtp_suites() {
  initialise();
  std::vector<std::string> names;
  for (const auto& [name, policies] : table()) {
    const model::Suite& suite = model::suite_named(name);
    Agreement agreement;
    agreement.session.suite = suite;
    agreement.keys.push_back({Bytes(suite.key_len, 1), Bytes(suite.salt_len, 2), {}, 0});
    const Policy policy(agreement, LibSrtpStreams::Direction::kSend);
    srtp_t session = nullptr;
    if (srtp_create(&session, policy.get()) != srtp_err_status_ok) continue;
    srtp_dealloc(session);
    names.push_back(name);
  }
  return names;
}

void LibSrtpStreams::set_keys(std::size_t stream, const Agreement& agreement, bool go_on) {
  initialise();
  if (stream == streams_.size()) streams_.emplace_back();
  Stream& s = streams_[stream];
  const Policy policy(agreement, direction_);
  s.mki = !agreement.keys[0].mki.empty();
  s.key = 0;
  if (s.session && go_on) {
    const srtp_err_status_t status = srtp_update(s.session.get(), policy.get());
    if (status != srtp_err_status_ok) throw std::runtime_error("srtp_update: " + std::to_string(status));
    return;
  }
  srtp_t session = nullptr;
  const srtp_err_status_t status = srtp_create(&session, policy.get());
  if (status != srtp_err_status_ok) throw std::runtime_error("srtp_create: " + std::to_string(status));
  s.session.reset(session);
}

srtp_err_status_t LibSrtpStreams::run_one(const Stream& stream, Kind kind, Bytes& packet, int& length) const {
  srtp_ctx_t* const session = stream.session.get();
  const unsigned int mki = stream.mki ? 1 : 0;
  if (direction_ == Direction::kSend) {
    return kind == Kind::kRtp ? srtp_protect_mki(session, packet.data(), &length, mki, stream.key)
                              : srtp_protect_rtcp_mki(session, packet.data(), &length, mki, stream.key);
  }
  return kind == Kind::kRtp ? srtp_unprotect_mki(session, packet.data(), &length, mki)
                            : srtp_unprotect_rtcp_mki(session, packet.data(), &length, mki);
}

std::vector<Outcome> LibSrtpStreams::run(const std::vector<Item>& burst) {
  std::vector<Outcome> outcomes;
  for (const Item& item : burst) {
    Bytes packet = item.packet;
    packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    int length = static_cast<int>(item.packet.size());
    const srtp_err_status_t status = run_one(streams_[item.stream], item.kind, packet, length);
    const bool accepted = status == srtp_err_status_ok;
    packet.resize(accepted ? static_cast<std::size_t>(length) : item.packet.size());
    outcomes.push_back({accepted, accepted ? std::move(packet) : item.packet, 0, false, verdict_of(status)});
  }
  return outcomes;
}

void LibSrtpSender::set_roc(std::size_t, std::uint32_t, std::uint32_t) {
  throw std::logic_error("libSRTP: an outbound ROC is not set here");
}

void LibSrtpReceiver::set_roc(std::size_t, std::uint32_t, std::uint32_t) {
  throw std::logic_error("libSRTP: an inbound ROC is not set here");
}

}  // namespace sallyport::traffic
