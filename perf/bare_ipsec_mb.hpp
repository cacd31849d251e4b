// Two baselines. The bare library calls that SRTP cannot do without, in the fastest sequence known: CIPHER burst and
// HASH burst without checks, direct GCM, CBC bursts for F8, over jobs that were filled beforehand. And the library's
// job API as its manual shows it, one packet at a time. Neither looks after an index or a window, and neither compares
// tags.
#pragma once

#include <vector>

#include "perf/bare_f8.hpp"
#include "perf/imb_jobs.hpp"
#include "perf/traffic.hpp"
#include "perf/transform_run.hpp"

namespace sallyport::perf {

class BareIpsecMb {
 public:
  /// `contexts`: one per stream, made by the ipsec_mb engine; their expanded keys are used, their state is not.
  BareIpsecMb(const crypto::Suite& suite, Traffic& traffic, const Contexts& contexts);

  /// Fills the jobs for the packets that `traffic` now has.
  void prepare();
  void protect();
  void unprotect();
  /// The tag that protect() or unprotect() computed for packet i.
  const std::uint8_t* tag(std::size_t i) const { return spaces_[i].tag.data(); }

 private:
  /// What the direct GCM calls read of a job; an IMB_JOB would be four cache lines more to fetch per packet.
  struct GcmCall {
    const gcm_key_data* keys;
    std::uint8_t* packet;
  };

  void prepare_f8(std::size_t i);
  template <class Call>
  void for_each_gcm(Call call);
  template <class Call>
  void for_each_burst(Call call);
  void cipher(std::size_t first, std::uint32_t count);
  void hash(std::size_t first, std::uint32_t count);

  const crypto::Suite& suite_;
  Traffic& traffic_;
  const Contexts& contexts_;
  Manager wide_;
  Manager narrow_;
  IMB_MGR* hasher_;  ///< the faster one for this burst size
  std::vector<IMB_JOB> jobs_;
  std::vector<GcmCall> gcm_calls_;
  std::vector<ImbSpace> spaces_;
  BareF8 f8_;
  gcm_context_data gcm_state_{};
};

/// Get a job, fill it (by copying one that was prepared), submit, flush. Every suite but those of F8, which the API
/// does not know.
class ImbJobApi {
 public:
  ImbJobApi(const crypto::Suite& suite, Traffic& traffic, const Contexts& contexts);

  void prepare(crypto::Direction direction);
  void run();
  const std::uint8_t* tag(std::size_t i) const { return spaces_[i].tag.data(); }

 private:
  Traffic& traffic_;
  const Contexts& contexts_;
  Manager manager_;  ///< the faster one for a packet alone
  std::vector<IMB_JOB> jobs_;
  std::vector<ImbSpace> spaces_;
};

}  // namespace sallyport::perf
