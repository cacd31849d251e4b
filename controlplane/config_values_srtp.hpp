// Strict readers of the configuration values that say how SRTP is done, as those of config_values.hpp.
#pragma once

#include <optional>
#include <string_view>

#include "controlplane/config.hpp"

namespace sallyport::controlplane {

/// "auto" (nothing) or an engine's name.
bool set_engine(std::optional<crypto::EngineKind>& out, std::string_view text);

/// A suite's name or alias.
bool set_suite(const crypto::Suite*& out, std::string_view text);

/// A crypto driver of DPDK ("crypto_aesni_mb") or "pci:DDDD:BB:DD.F".
bool set_crypto_device(std::string& out, std::string_view text);

/// SDES's words; leaves the other members as they are, and the wider replay window.
bool set_session_parameters(crypto::SessionParameters& out, std::string_view text);

/// The wider one counts where session parameters ask for another.
bool set_replay_window(crypto::SessionParameters& out, std::string_view text);

/// "SSRC:ROC", as in 0x1234abcd:3.
bool add_receive_roc(std::vector<ReceiveRoc>& out, std::string_view text);

}  // namespace sallyport::controlplane
