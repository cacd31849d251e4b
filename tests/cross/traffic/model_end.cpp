#include "tests/cross/traffic/model_end.hpp"

#include <algorithm>

namespace sallyport::traffic {

void ModelSender::set_keys(std::size_t stream, const Agreement& agreement, bool go_on) {
  if (stream == senders_.size()) senders_.emplace_back();
  auto& sender = senders_[stream];
  sender = sender && go_on ? std::make_unique<model::Sender>(agreement.session, agreement.keys, *sender)
                           : std::make_unique<model::Sender>(agreement.session, agreement.keys);
}

void ModelSender::skip_srtcp_index(std::size_t stream, std::uint32_t ssrc) {
  Bytes report{0x80, 200, 0, 1};
  for (int shift = 24; shift >= 0; shift -= 8) report.push_back(static_cast<std::uint8_t>(ssrc >> shift));
  senders_[stream]->protect(Kind::kRtcp, report);
}

std::vector<Outcome> ModelSender::protect(const std::vector<Item>& burst) {
  std::vector<Outcome> outcomes;
  for (const Item& item : burst) {
    std::optional<Bytes> sealed = senders_[item.stream]->protect(item.kind, item.packet);
    const bool accepted = sealed.has_value();
    outcomes.push_back({accepted, accepted ? std::move(*sealed) : item.packet});
  }
  return outcomes;
}

void ModelReceiver::set_keys(std::size_t stream, const Agreement& agreement, bool go_on) {
  if (stream == streams_.size()) streams_.emplace_back();
  Stream& s = streams_[stream];
  // What the product tries at once needs the session keys of another ROC, which a derivation rate makes first.
  const model::Receiver::Search search = agreement.session.key_derivation_rate == 0 ? search_ : nullptr;
  s.previous = std::move(s.current);
  s.current = s.previous && go_on
                  ? std::make_unique<model::Receiver>(agreement.session, agreement.keys, search, *s.previous)
                  : std::make_unique<model::Receiver>(agreement.session, agreement.keys, search);
}

std::vector<Outcome> ModelReceiver::unprotect(const std::vector<Item>& burst) {
  std::vector<Outcome> outcomes;
  for (const Item& item : burst) {
    Stream& stream = streams_[item.stream];
    model::Received received = stream.current->receive(item.kind, item.packet);
    const model::Verdict first = received.verdict;
    bool previous = false;
    if (first != model::Verdict::kAccepted && stream.previous) {
      received = stream.previous->receive(item.kind, item.packet);
      previous = received.verdict == model::Verdict::kAccepted;
    }
    const bool accepted = received.verdict == model::Verdict::kAccepted;
    outcomes.push_back({accepted, accepted ? std::move(received.packet) : item.packet, received.index, previous,
                        accepted ? model::Verdict::kAccepted : first, received.searched});
  }
  return outcomes;
}

std::optional<std::uint64_t> ModelReceiver::highest(std::size_t stream, Kind kind, std::uint32_t ssrc, bool previous) {
  const model::Receiver* known = receiver(stream, previous);
  if (known == nullptr) return std::nullopt;
  return known->highest(kind, ssrc);
}

}  // namespace sallyport::traffic
