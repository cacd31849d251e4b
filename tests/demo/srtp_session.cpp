#include "tests/demo/srtp_session.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "tests/demo/pcap_file.hpp"

namespace sallyport::demo {
namespace {

struct SuiteRow {
  std::string_view name;
  std::size_t key_bytes;
  void (*rtp)(srtp_crypto_policy_t*);
  void (*rtcp)(srtp_crypto_policy_t*);  // the _32 suite keeps 80 bits there (RFC 4568 6.2.2)
};

constexpr std::array kSuites{
    SuiteRow{"AES_CM_128_HMAC_SHA1_80", 30, srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtp_default},
    SuiteRow{"AES_CM_128_HMAC_SHA1_32", 30, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
             srtp_crypto_policy_set_rtp_default},
    SuiteRow{"AES_256_CM_HMAC_SHA1_80", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
             srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    SuiteRow{"AES_256_CM_HMAC_SHA1_32", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
             srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    SuiteRow{"AEAD_AES_128_GCM", 28, srtp_crypto_policy_set_aes_gcm_128_16_auth,
             srtp_crypto_policy_set_aes_gcm_128_16_auth},
    SuiteRow{"AEAD_AES_256_GCM", 44, srtp_crypto_policy_set_aes_gcm_256_16_auth,
             srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

const SuiteRow& find(std::string_view suite, std::size_t key_bytes) {
  const auto row = std::find_if(kSuites.begin(), kSuites.end(), [&](const SuiteRow& r) { return r.name == suite; });
  if (row == kSuites.end()) throw std::runtime_error("no suite " + std::string(suite));
  if (row->key_bytes != key_bytes) throw std::runtime_error("a key of the wrong length for " + std::string(suite));
  return *row;
}

}  // namespace

SrtpLibrary::SrtpLibrary() {
  if (srtp_init() != srtp_err_status_ok) throw std::runtime_error("libSRTP does not start");
}

SrtpLibrary::~SrtpLibrary() { srtp_shutdown(); }

SrtpSession::SrtpSession(std::string_view suite, std::vector<std::uint8_t> key, SrtpDirection direction)
    : key_(std::move(key)) {
  const SuiteRow& row = find(suite, key_.size());
  srtp_policy_t policy{};
  row.rtp(&policy.rtp);
  row.rtcp(&policy.rtcp);
  policy.ssrc.type = direction == SrtpDirection::kProtect ? ssrc_any_outbound : ssrc_any_inbound;
  policy.key = key_.data();
  policy.window_size = 1024;  // a capture may be reordered more than a network
  if (srtp_create(&session_, &policy) != srtp_err_status_ok) {
    throw std::runtime_error("libSRTP makes no session for " + std::string(suite));
  }
}

SrtpSession::~SrtpSession() { srtp_dealloc(session_); }

bool SrtpSession::unprotect_rtp(std::vector<std::uint8_t>& packet) {
  int length = static_cast<int>(packet.size());
  if (srtp_unprotect(session_, packet.data(), &length) != srtp_err_status_ok) return false;
  packet.resize(static_cast<std::size_t>(length));
  return true;
}

bool SrtpSession::unprotect_rtcp(std::vector<std::uint8_t>& packet) {
  int length = static_cast<int>(packet.size());
  if (srtp_unprotect_rtcp(session_, packet.data(), &length) != srtp_err_status_ok) return false;
  packet.resize(static_cast<std::size_t>(length));
  return true;
}

bool SrtpSession::protect_rtp(std::vector<std::uint8_t>& packet) {
  int length = static_cast<int>(packet.size());
  packet.resize(packet.size() + SRTP_MAX_TRAILER_LEN);
  const bool done = srtp_protect(session_, packet.data(), &length) == srtp_err_status_ok;
  packet.resize(static_cast<std::size_t>(length));
  return done;
}

std::vector<std::uint8_t> read_key(const std::string& path) {
  Bytes text = read_bytes(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  Bytes key(text.size() / 4 * 3 + 1);
  const int length = EVP_DecodeBlock(key.data(), text.data(), static_cast<int>(text.size()));
  if (length < 0) throw std::runtime_error(path + " does not hold base64");
  const auto padding = std::count(text.end() - std::min<std::ptrdiff_t>(2, std::ssize(text)), text.end(), '=');
  key.resize(static_cast<std::size_t>(length - padding));
  return key;
}

}  // namespace sallyport::demo
