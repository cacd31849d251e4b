#include "tests/cross/model/parties.hpp"

namespace sallyport::model {
namespace {

constexpr std::uint64_t kSrtpIndices = std::uint64_t{1} << 48;
constexpr std::uint64_t kSrtcpIndices = std::uint64_t{1} << 31;

Verdict refusal(Known known) { return known == Known::kSeen ? Verdict::kReplayed : Verdict::kTooOld; }

}  // namespace

Sender::Sender(Session session, std::vector<MasterKey> keys) : session_(std::move(session)), keys_(std::move(keys)) {}

Sender::Sender(Session session, std::vector<MasterKey> keys, const Sender& previous)
    : session_(std::move(session)), keys_(std::move(keys)), states_(without_lists(previous.states_)) {}

std::optional<Bytes> Sender::protect(Kind kind, const Bytes& packet) {
  const std::optional<Header> header = parse(kind, packet);
  if (!header) return std::nullopt;
  const MasterKey& key = keys_[key_];
  std::uint64_t& used = used_[{key_, kind}];
  if (key.lifetime != 0 && used >= key.lifetime) return std::nullopt;

  SsrcState& state = states_[header->ssrc];
  std::uint64_t index = 0;
  if (kind == Kind::kRtp) {
    index = state.estimate(header->sequence);
    if (index >= kSrtpIndices || state.srtp.check(index, session_.srtp_window) != Known::kNew) return std::nullopt;
    state.commit_srtp(index);
  } else {
    index = state.next_srtcp_index;
    if (index >= kSrtcpIndices) return std::nullopt;
    ++state.next_srtcp_index;
  }
  ++used;
  return model::protect(session_, session_keys(session_, key, kind, index), key.mki, kind, packet, index);
}

Receiver::Receiver(Session session, std::vector<MasterKey> keys, Search search)
    : session_(std::move(session)), keys_(std::move(keys)), search_(std::move(search)) {}

Receiver::Receiver(Session session, std::vector<MasterKey> keys, Search search, const Receiver& previous)
    : session_(std::move(session)),
      keys_(std::move(keys)),
      search_(std::move(search)),
      states_(without_lists(previous.states_)) {}

Received Receiver::receive(Kind kind, const Bytes& packet) {
  const std::optional<Header> header = parse(kind, packet);
  const std::optional<Parts> parts = take_apart(session_, kind, keys_.front().mki.size(), packet);
  if (!header || !parts) return {Verdict::kMalformed, {}};
  const std::optional<std::size_t> key = key_of(*parts);  // RFC 3711 3.3 steps 1 and 3
  if (!key) return {Verdict::kUnknownKey, {}};
  return kind == Kind::kRtp ? open_srtp(*key, *parts, *header) : open_srtcp(*key, *parts, *header);
}

std::optional<std::size_t> Receiver::key_of(const Parts& parts) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].mki == parts.mki) return i;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> Receiver::candidates(const Header& header) const {
  const auto found = states_.find(header.ssrc);
  const SsrcState state = found == states_.end() ? SsrcState{} : found->second;
  std::vector<std::uint64_t> indices{state.estimate(header.sequence)};
  if (!search_ || !state.srtp.empty()) return indices;
  for (const std::uint32_t roc : search_(state.roc, header.sequence)) {
    indices.push_back((std::uint64_t{roc} << 16) + header.sequence);
  }
  return indices;
}

bool Receiver::take(std::size_t key, Kind kind) {
  std::uint64_t& used = used_[{key, kind}];
  if (keys_[key].lifetime != 0 && used >= keys_[key].lifetime) return false;
  ++used;
  return true;
}

Received Receiver::open_srtp(std::size_t key, const Parts& parts, const Header& header) {
  const std::vector<std::uint64_t> indices = candidates(header);
  for (const std::uint64_t index : indices) {
    if (index >= kSrtpIndices) continue;
    const auto state = states_.find(header.ssrc);
    const Known known = state == states_.end() ? Known::kNew : state->second.srtp.check(index, session_.srtp_window);
    if (known != Known::kNew) return {refusal(known), {}};
    const SessionKeys keys = session_keys(session_, keys_[key], Kind::kRtp, index);
    std::optional<Bytes> clear = unprotect(session_, keys, Kind::kRtp, parts, index);
    if (!clear) continue;
    if (!take(key, Kind::kRtp)) return {Verdict::kExhausted, {}};
    states_[header.ssrc].commit_srtp(index);
    return {Verdict::kAccepted, std::move(*clear), index, index != indices.front()};
  }
  return {Verdict::kUnauthentic, {}};
}

Received Receiver::open_srtcp(std::size_t key, const Parts& parts, const Header& header) {
  const bool encrypted = parts.e_and_index >> 31 != 0;
  if (!encrypted && session_.encrypts(Kind::kRtcp) && !session_.accept_unencrypted_srtcp) {
    return {Verdict::kUnencrypted, {}};
  }
  const std::uint64_t index = parts.e_and_index & 0x7fffffff;
  const auto state = states_.find(header.ssrc);
  const Known known = state == states_.end() ? Known::kNew : state->second.srtcp.check(index, session_.srtcp_window);
  if (known != Known::kNew) return {refusal(known), {}};
  const SessionKeys keys = session_keys(session_, keys_[key], Kind::kRtcp, index);
  std::optional<Bytes> clear = unprotect(session_, keys, Kind::kRtcp, parts, index);
  if (!clear) return {Verdict::kUnauthentic, {}};
  if (!take(key, Kind::kRtcp)) return {Verdict::kExhausted, {}};
  states_[header.ssrc].srtcp.add(index);
  return {Verdict::kAccepted, std::move(*clear), index};
}

bool Receiver::adopt(const Bytes& packet, std::uint64_t index) {
  const std::optional<Header> header = parse(Kind::kRtp, packet);
  const std::optional<Parts> parts = take_apart(session_, Kind::kRtp, keys_.front().mki.size(), packet);
  if (!header || !parts || index >= kSrtpIndices) return false;
  const std::optional<std::size_t> key = key_of(*parts);
  if (!key || !unprotect(session_, session_keys(session_, keys_[*key], Kind::kRtp, index), Kind::kRtp, *parts, index)) {
    return false;
  }
  SsrcState& state = states_[header->ssrc];
  if (state.srtp.check(index, session_.srtp_window) == Known::kSeen || !take(*key, Kind::kRtp)) return false;
  state.commit_srtp(index);
  return true;
}

std::optional<std::uint64_t> Receiver::highest(Kind kind, std::uint32_t ssrc) const {
  const auto state = states_.find(ssrc);
  if (state == states_.end()) return std::nullopt;
  const ReplayList& list = kind == Kind::kRtp ? state->second.srtp : state->second.srtcp;
  if (list.empty()) return std::nullopt;
  return list.highest();
}

std::optional<std::uint32_t> Receiver::roc(std::uint32_t ssrc) const {
  const auto state = states_.find(ssrc);
  return state == states_.end() ? std::nullopt : state->second.roc;
}

}  // namespace sallyport::model
