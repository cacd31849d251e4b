#include "crypto/engine.hpp"

#include <array>
#include <string>

#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/engines/lanes.hpp"
#include "crypto/engines/libsrtp.hpp"
#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"

namespace sallyport::crypto {

namespace {

struct NamedKind {
  EngineKind kind;
  std::string_view name;
};
constexpr std::array kNames{
    NamedKind{EngineKind::kLanes, "lanes"},     NamedKind{EngineKind::kIpsecMb, "ipsec_mb"},
    NamedKind{EngineKind::kOpenSsl, "openssl"}, NamedKind{EngineKind::kCryptodev, "cryptodev"},
    NamedKind{EngineKind::kLibSrtp, "libsrtp"},
};
static_assert(kNames.size() == kEngineKinds);

}  // namespace

std::string_view to_string(EngineKind kind) { return kNames[static_cast<std::size_t>(kind)].name; }

EngineKind engine_kind(std::string_view name) {
  std::string expected;
  for (const NamedKind& named : kNames) {
    if (name == named.name) return named.kind;
    expected += (expected.empty() ? "" : ", ") + std::string(named.name);
  }
  throw SetupError("crypto engine \"" + std::string(name) + "\": expected one of " + expected);
}

std::unique_ptr<Engine> make_engine(EngineKind kind) {
  switch (kind) {
    case EngineKind::kIpsecMb:
      return std::make_unique<IpsecMbEngine>(best_isa());
    case EngineKind::kOpenSsl:
      return std::make_unique<OpenSslEngine>();
    case EngineKind::kLibSrtp:
      return std::make_unique<LibSrtpEngine>();
    case EngineKind::kLanes:
      return std::make_unique<LanesEngine>();
    case EngineKind::kCryptodev:
      break;
  }
  throw SetupError("crypto engine " + std::string(to_string(kind)) + ": not on this host");
}

}  // namespace sallyport::crypto
