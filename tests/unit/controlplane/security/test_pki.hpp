// Certificates for tests: made by the product where it makes such, else by a small CA in memory.
#pragma once

#include <string>
#include <vector>

#include "controlplane/security/certificates.hpp"
#include "tests/unit/controlplane/temporary_folder.hpp"

namespace sallyport::controlplane {

/// 2025-01-01.
inline constexpr std::chrono::sys_seconds kThen{std::chrono::seconds(1'735'689'600)};

inline std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// A self-signed identity in a folder. RSA keys are 2048 bits: quick to make.
inline IdentityFiles self_signed_in(const TemporaryFolder& folder, const std::string& name, KeyKind kind,
                                    std::chrono::sys_seconds when = now()) {
  const IdentityFiles files{folder.file(name + ".pem"), folder.file(name + ".key")};
  ensure_self_signed(files, kind, {.names = {name}}, when);
  return files;
}

}  // namespace sallyport::controlplane
