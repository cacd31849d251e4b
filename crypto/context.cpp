#include "crypto/context.hpp"

#include <string>
#include <utility>

#include "crypto/error.hpp"
#include "crypto/kdf.hpp"

namespace sallyport::crypto {

Context::Context(Engine& engine, const Suite& suite, const MasterKey& master, std::uint32_t max_ssrcs)
    : suite_(&suite), ssrcs_(max_ssrcs), engine_kind_(engine.kind()) {
  if (!engine.supports(suite)) {
    throw SetupError("suite " + std::string(suite.name) + ": engine " + std::string(to_string(engine_kind_)) +
                     " does not have it");
  }
  DerivedKeys rtp = derive_rtp_keys(suite, master);
  DerivedKeys rtcp = derive_rtcp_keys(suite, master);
  rtp_keys_ = engine.expand(suite, rtp.keys);
  rtcp_keys_ = engine.expand(suite, rtcp.keys);
  rtp_salt_ = std::move(rtp.salt);
  rtcp_salt_ = std::move(rtcp.salt);
}

}  // namespace sallyport::crypto
