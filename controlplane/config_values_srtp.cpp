#include "controlplane/config_values_srtp.hpp"

#include <algorithm>

#include "controlplane/config_values.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {

bool set_engine(std::optional<crypto::EngineKind>& out, std::string_view text) {
  if (text == "auto") {
    out.reset();
    return true;
  }
  try {
    out = crypto::engine_kind(text);
    return true;
  } catch (const SetupError&) {
    return false;
  }
}

bool set_suite(const crypto::Suite*& out, std::string_view text) {
  const crypto::Suite* const suite = crypto::find_suite(text);
  if (suite == nullptr) return false;
  out = suite;
  return true;
}

bool set_crypto_device(std::string& out, std::string_view text) {
  constexpr std::string_view kPci = "pci:";
  if (text.starts_with(kPci)) {
    if (!drivers::is_pci_address(text.substr(kPci.size()))) return false;
    out = text.substr(kPci.size());
    return true;
  }
  const bool name = text.starts_with("crypto_") && std::all_of(text.begin(), text.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                    });
  if (name) out = text;
  return name;
}

bool set_session_parameters(crypto::SessionParameters& out, std::string_view text) {
  try {
    crypto::SessionParameters parsed = parse_session_parameters(text);
    parsed.accept_unencrypted_srtcp = out.accept_unencrypted_srtcp;
    parsed.replay_window = std::max(parsed.replay_window, out.replay_window);
    out = parsed;
    return true;
  } catch (const SetupError&) {
    return false;
  }
}

bool set_replay_window(crypto::SessionParameters& out, std::string_view text) {
  std::uint16_t window = 0;
  if (!set_number(window, text, crypto::kMinReplayWindow, crypto::kMaxReplayWindow)) return false;
  out.replay_window = std::max(out.replay_window, window);
  return true;
}

bool add_receive_roc(std::vector<ReceiveRoc>& out, std::string_view text) {
  const std::size_t colon = text.find(':');
  std::optional<std::uint32_t> ssrc;
  ReceiveRoc given;
  if (colon == std::string_view::npos || !set_ssrc(ssrc, text.substr(0, colon)) || !ssrc) return false;
  if (!set_number(given.roc, text.substr(colon + 1), 0U, ~0U)) return false;
  given.ssrc = *ssrc;
  const bool again = std::any_of(out.begin(), out.end(), [&](const ReceiveRoc& r) { return r.ssrc == given.ssrc; });
  if (!again) out.push_back(given);
  return !again;
}

}  // namespace sallyport::controlplane
