// The baseline: the bare library calls that SRTP cannot do without, in the fastest sequence known (CIPHER burst and
// HASH burst without checks, direct GCM), over jobs that were filled beforehand. No index, no window, no tag
// comparison.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <memory>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/suite.hpp"
#include "perf/traffic.hpp"

namespace sallyport::perf {

class BareIpsecMb {
 public:
  /// `contexts`: one per stream, made by the ipsec_mb engine; their expanded keys are used.
  BareIpsecMb(const crypto::Suite& suite, Traffic& traffic,
              const std::vector<std::unique_ptr<crypto::Context>>& contexts);

  /// Fills the jobs of a pass. For HMAC suites also writes the ROC behind each packet's text.
  void prepare();
  void protect();
  void unprotect();

  /// The tag that protect() or unprotect() computed for packet i.
  const std::uint8_t* tag(std::size_t i) const { return tags_[i].data(); }

 private:
  using Manager = std::unique_ptr<IMB_MGR, void (*)(IMB_MGR*)>;
  struct GcmJob {
    const gcm_key_data* keys;
    std::uint8_t* packet;
  };

  void prepare_cm(std::size_t i);
  void prepare_gcm(std::size_t i);
  template <class Call>
  void for_each_gcm(Call call);

  const crypto::Suite* suite_;
  Traffic* traffic_;
  const std::vector<std::unique_ptr<crypto::Context>>* contexts_;
  Manager wide_;
  Manager narrow_;
  IMB_MGR* hasher_;  ///< the faster one for this burst size
  std::vector<IMB_JOB> jobs_;
  std::vector<GcmJob> gcm_jobs_;
  std::vector<std::array<std::uint8_t, 16>> ivs_;
  std::vector<std::array<std::uint8_t, 16>> tags_;
  gcm_context_data gcm_state_{};
};

}  // namespace sallyport::perf
