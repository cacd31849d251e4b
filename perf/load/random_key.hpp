// Fresh master keys for streams that the generator sets up itself: for --emit-config and for gateways that it drives.
#pragma once

#include "controlplane/secret_text.hpp"
#include "crypto/suite.hpp"

namespace sallyport::load {

/// Random "master key || master salt" in base64 (RFC 4568 6.1). Throws UsageError where the host has no random numbers.
controlplane::SecretString random_key(const crypto::Suite& suite);

}  // namespace sallyport::load
