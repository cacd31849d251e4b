// The links of a run: one for both sides where they are the same, with the memory that they need. Built once.
#pragma once

#include <memory>
#include <vector>

#include "drivers/eal.hpp"
#include "drivers/mbuf_pool.hpp"
#include "perf/load/link.hpp"
#include "perf/load/pcap_writer.hpp"
#include "perf/load/plan.hpp"

namespace sallyport::load {

class Links {
 public:
  /// Throws UsageError or SetupError.
  Links(const LoadOptions& options, const std::vector<StreamPlan>& plan);

  Link& of(Side side) const noexcept { return *(side == Side::kA || !far_ ? near_ : far_); }
  /// Each link once.
  const std::vector<Link*>& all() const noexcept { return all_; }

 private:
  std::unique_ptr<Link> open(const LinkSpec& spec, const std::vector<Flow>& flows);

  std::unique_ptr<drivers::Eal> eal_;  ///< only where a link is a port; outlives pool and ports
  std::unique_ptr<drivers::MbufPool> pool_;
  std::unique_ptr<PcapWriter> writer_;  ///< only with --write-pcap; outlives the links
  std::unique_ptr<Link> near_;
  std::unique_ptr<Link> far_;
  std::vector<Link*> all_;
};

}  // namespace sallyport::load
