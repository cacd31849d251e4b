#include "crypto/session_parameters.hpp"

#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {

void check_parameters(const Suite& suite, const SessionParameters& parameters) {
  const std::string who = "suite " + std::string(suite.name) + ": ";
  // RFC 7714 7: an AEAD transform has no encryption without its tag.
  if (suite.aead() && parameters.unauthenticated_srtp) {
    throw SetupError(who + "UNAUTHENTICATED_SRTP is not possible with an AEAD suite");
  }
  const std::uint8_t rate = parameters.key_derivation_rate;
  if (rate != 0 && (rate < kMinKeyDerivationRate || rate > kMaxKeyDerivationRate)) {
    throw SetupError(who + "KDR=" + std::to_string(rate) + ": expected 0 or " + std::to_string(kMinKeyDerivationRate) +
                     " to " + std::to_string(kMaxKeyDerivationRate));
  }
  if (parameters.replay_window < kMinReplayWindow || parameters.replay_window > kMaxReplayWindow) {
    throw SetupError(who + "replay window: expected " + std::to_string(kMinReplayWindow) + " to " +
                     std::to_string(kMaxReplayWindow) + " packets, got " + std::to_string(parameters.replay_window));
  }
}

Mki::Mki(std::span<const std::uint8_t> bytes) : length_(static_cast<std::uint8_t>(bytes.size())) {
  if (bytes.size() > kMaxLength) {
    throw SetupError("MKI: expected at most 128 bytes, got " + std::to_string(bytes.size()));
  }
  std::ranges::copy(bytes, bytes_.begin());
}

Mki::Mki(std::uint64_t value, std::size_t length) : length_(static_cast<std::uint8_t>(length)) {
  if (length < 1 || length > kMaxLength) {
    throw SetupError("MKI length: expected 1 to 128 bytes, got " + std::to_string(length));
  }
  std::uint64_t rest = value;
  for (std::size_t i = length; i-- > 0; rest >>= 8) bytes_[i] = static_cast<std::uint8_t>(rest);
  if (rest != 0)
    throw SetupError("MKI " + std::to_string(value) + ": does not fit " + std::to_string(length) + " bytes");
}

}  // namespace sallyport::crypto
