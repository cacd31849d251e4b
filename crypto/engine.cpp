#include "crypto/engine.hpp"

#include <string>

#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"

namespace sallyport::crypto {

std::string_view to_string(EngineKind kind) {
  switch (kind) {
    case EngineKind::kIpsecMb:
      return "ipsec_mb";
    case EngineKind::kOpenSsl:
      return "openssl";
  }
  return "unknown";
}

EngineKind engine_kind(std::string_view name) {
  for (const EngineKind kind : {EngineKind::kIpsecMb, EngineKind::kOpenSsl}) {
    if (name == to_string(kind)) return kind;
  }
  throw SetupError("crypto engine \"" + std::string(name) + "\": expected ipsec_mb or openssl");
}

std::unique_ptr<Engine> make_engine(EngineKind kind) {
  if (kind == EngineKind::kOpenSsl) return std::make_unique<OpenSslEngine>();
  return std::make_unique<IpsecMbEngine>(best_isa());
}

}  // namespace sallyport::crypto
