// IPsec-MB's jobs for RTP packets, filled from the expanded keys of the ipsec_mb engine's contexts; and the library's
// managers. For the baselines.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <memory>

#include "crypto/context.hpp"

namespace sallyport::perf {

struct ManagerDeleter {
  void operator()(IMB_MGR* manager) const noexcept { free_mb_mgr(manager); }
};
using Manager = std::unique_ptr<IMB_MGR, ManagerDeleter>;

/// For the best instruction set of this processor. The keys of GCM contexts belong to managers of this kind.
Manager make_wide_manager();
/// For SSE and SHA-NI, which is faster for few packets.
Manager make_narrow_manager();

/// What a job points to beside packet and keys.
struct ImbSpace {
  alignas(16) std::array<std::uint8_t, 16> iv;
  std::array<std::uint8_t, 16> tag;  ///< as computed; HMAC suites: 12 bytes, the first of which are sent
};

/// A whole RTP packet under the context's key: everything that the burst calls and the job API read. For HMAC suites
/// the ROC is written behind the packet's text; F8 packets get no cipher.
void fill_job(IMB_JOB& job, const crypto::Context& context, std::uint8_t* packet, std::size_t length,
              std::uint64_t index, ImbSpace& space);

}  // namespace sallyport::perf
