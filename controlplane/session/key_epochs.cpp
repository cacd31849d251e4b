#include "controlplane/session/key_epochs.hpp"

#include <algorithm>

namespace sallyport::controlplane {
namespace {

constexpr std::uint64_t kAhead = crypto::EpochRing::kAhead;

}  // namespace

/// A stream goes on epoch by epoch; one that jumped asks for the epoch that a packet claims, then, when that packet was
/// authentic, for the same and the next ones.
void KeyEpochs::Progress::ask(std::uint64_t epoch) noexcept {
  if (epoch == newest + 1 || epoch == last || epoch == last + 1) newest = epoch;
  last = epoch;
}

/// What is asked for lies that far ahead.
std::uint64_t KeyEpochs::Progress::current() const noexcept { return newest - std::min(newest, kAhead); }

void KeyEpochs::remember(const crypto::Context& context, const crypto::MasterKey& master,
                         const crypto::ContextOptions& options) {
  if (context.parameters().key_derivation_rate == 0) return;
  auto source = std::make_unique<Source>();
  source->suite = &context.suite();
  source->master = master.clone();
  source->rtp = {options.rtp_epoch + kAhead, options.rtp_epoch + kAhead};
  source->rtcp = {options.rtcp_epoch + kAhead, options.rtcp_epoch + kAhead};
  sources_.insert_or_assign(&context, std::move(source));
}

std::unique_ptr<crypto::EpochKey> KeyEpochs::make(const crypto::Context* context, crypto::PacketKind kind,
                                                  std::uint64_t epoch) {
  const auto found = sources_.find(context);
  if (found == sources_.end()) return nullptr;
  Source& source = *found->second;
  (kind == crypto::PacketKind::kRtp ? source.rtp : source.rtcp).ask(epoch);
  return std::make_unique<crypto::EpochKey>(engine_, *source.suite, source.master, kind, epoch);
}

void KeyEpochs::follow(const crypto::Context* context, crypto::ContextOptions& options) const {
  const auto found = sources_.find(context);
  if (found == sources_.end()) return;
  options.rtp_epoch = found->second->rtp.current();
  options.rtcp_epoch = found->second->rtcp.current();
}

}  // namespace sallyport::controlplane
