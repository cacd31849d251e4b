#include "controlplane/session/key_epochs.hpp"

#include <algorithm>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::uint64_t kAhead = crypto::EpochRing::kAhead;

/// What is asked for lies that far ahead.
std::uint64_t current(std::uint64_t newest) { return newest - std::min(newest, kAhead); }

}  // namespace

void KeyEpochs::remember(const crypto::Context& context, const crypto::MasterKey& master,
                         const crypto::ContextOptions& options) {
  if (context.parameters().key_derivation_rate == 0) return;
  auto source = std::make_unique<Source>();
  source->suite = &context.suite();
  source->master = master.clone();
  source->rtp_newest = options.rtp_epoch + kAhead;
  source->rtcp_newest = options.rtcp_epoch + kAhead;
  unpublished_.push_back(&context);
  sources_.insert_or_assign(&context, std::move(source));
}

void KeyEpochs::forget_unpublished() noexcept {
  for (const crypto::Context* context : unpublished_) forget(context);
  unpublished_.clear();
}

std::unique_ptr<crypto::EpochKey> KeyEpochs::make(const dataplane::EpochDue& asked) {
  const auto found = sources_.find(asked.context);
  if (found == sources_.end()) return nullptr;
  Source& source = *found->second;
  if (!asked.claimed) (asked.kind == crypto::PacketKind::kRtp ? source.rtp_newest : source.rtcp_newest) = asked.epoch;
  try {
    return std::make_unique<crypto::EpochKey>(engine_, *source.suite, source.master, asked.kind, asked.epoch);
  } catch (const SetupError&) {
    remember_failed(asked);
    throw;
  }
}

/// A context asks for one epoch of a kind after the other, so there is one of each at most.
void KeyEpochs::remember_failed(const dataplane::EpochDue& asked) {
  std::erase_if(failed_, [&asked](const dataplane::EpochDue& other) {
    return other.context == asked.context && other.kind == asked.kind && other.claimed == asked.claimed;
  });
  failed_.push_back(asked);
}

void KeyEpochs::forget(const crypto::Context* context) {
  sources_.erase(context);
  std::erase_if(failed_, [context](const dataplane::EpochDue& asked) { return asked.context == context; });
}

void KeyEpochs::follow(const crypto::Context* context, crypto::ContextOptions& options) const {
  const auto found = sources_.find(context);
  if (found == sources_.end()) return;
  options.rtp_epoch = current(found->second->rtp_newest);
  options.rtcp_epoch = current(found->second->rtcp_newest);
}

}  // namespace sallyport::controlplane
