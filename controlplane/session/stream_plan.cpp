#include "controlplane/session/stream_plan.hpp"

#include <string>
#include <utility>

#include "controlplane/config_compare.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using Keys = std::vector<crypto::MasterKeyEntry>;

/// Whether a side's keys can go on in the place of `wanted`, with all that they remember.
bool goes_on(const StreamSide& now, const StreamSideConfig& before, const StreamSideConfig& wanted) {
  return now.view != nullptr && same_srtp(before, wanted);
}

[[noreturn]] void refuse_key(const StreamConfig& stream, const std::string& key, bool sends, bool other_srtp) {
  throw SetupError(
      "stream " + stream.name + ": " + key + " is or has a key that this gateway has used before, " +
      "expected one that is new, at both ends" +
      (other_srtp ? ", along with another suite, session parameters, replay window or accept_unencrypted_srtcp" : "") +
      ": " + (sends ? "its keystream would be used again" : "its old packets would be accepted again"));
}

}  // namespace

StreamPlan StreamPlanner::plan(std::list<StaticStream>& present, std::vector<StreamConfig> wanted) {
  std::unordered_map<std::string_view, StaticStream*> by_name;
  for (StaticStream& stream : present) by_name.emplace(stream.config.name, &stream);
  const auto find = [&by_name](const StreamConfig& config) {
    const auto found = by_name.find(config.name);
    return found == by_name.end() ? nullptr : found->second;
  };
  StreamPlan result;
  // All keys first: nothing is made of those of a reload that is refused.
  for (const StreamConfig& config : wanted) check_keys(find(config), config, result.new_keys);
  if (!used_.has_room(result.new_keys.size())) {
    throw SetupError("the gateway has used " + std::to_string(UsedKeys::kMost) +
                     " keys, as many as it can remember: it takes new ones after a restart");
  }
  for (StreamConfig& config : wanted) {
    StaticStream* const now = find(config);
    add(result, now, std::move(config));
  }
  result.counts.removed = static_cast<unsigned>(present.size() - result.stays.size());
  return result;
}

/// A key may stay where it is; any other must never have been used. RFC 3711 9.1 asks it of what is sent; what is
/// received would be accepted twice, since nobody knows any more what has been (3.3.2).
void StreamPlanner::check_keys(const StaticStream* now, const StreamConfig& wanted,
                               std::vector<UsedKeys::Mark>& fresh) const {
  const auto direction = [&](const std::string& name, const StreamSideConfig& side, const Keys& keys,
                             const Keys* staying, bool other_srtp) {
    if (side.suite == nullptr || (staying != nullptr && same_keys(*staying, keys))) return;
    for (const crypto::MasterKeyEntry& entry : keys) {
      const UsedKeys::Mark mark = UsedKeys::mark_of(*side.suite, entry.master);
      if (used_.contains(mark)) refuse_key(wanted, name, name.ends_with("send_key"), other_srtp);
      fresh.push_back(mark);
    }
  };
  const bool in_place = now != nullptr && same_place(now->config, wanted);
  const auto side = [&](const std::string& letter, const StreamSide* state, const StreamSideConfig* before,
                        const StreamSideConfig& next) {
    const bool stays = in_place || (before != nullptr && goes_on(*state, *before, next));
    const bool other_srtp = before != nullptr && !same_srtp(*before, next);
    direction(letter + ".send_key", next, next.send_keys, stays ? &before->send_keys : nullptr, other_srtp);
    direction(letter + ".receive_key", next, next.receive_keys, stays ? &before->receive_keys : nullptr, other_srtp);
  };
  side("a", now == nullptr ? nullptr : &now->a, now == nullptr ? nullptr : &now->config.a, wanted.a);
  side("b", now == nullptr ? nullptr : &now->b, now == nullptr ? nullptr : &now->config.b, wanted.b);
}

void StreamPlanner::add(StreamPlan& plan, StaticStream* now, StreamConfig wanted) {
  StreamChanges& counts = plan.counts;
  if (now == nullptr) {
    ++counts.added;
    ArrivingSide a{.made = builder_.build(wanted, wanted.a)};
    ArrivingSide b{.made = builder_.build(wanted, wanted.b)};
    plan.arrivals.push_back({nullptr, std::move(wanted), std::move(a), std::move(b)});
    return;
  }
  plan.stays.insert(now);
  if (!same_place(now->config, wanted)) {
    ++counts.replaced;
    ArrivingSide a = arriving(now->a, now->config.a, wanted, wanted.a);
    ArrivingSide b = arriving(now->b, now->config.b, wanted, wanted.b);
    plan.arrivals.push_back({now, std::move(wanted), std::move(a), std::move(b)});
    return;
  }
  const bool rekeyed = !same_keys(now->config, wanted);
  const bool adjusted = !same_settings(now->config, wanted);
  ++(rekeyed ? counts.rekeyed : counts.kept);
  if (adjusted) ++counts.adjusted;
  if (!rekeyed && !adjusted) return;
  SideKeys a = other_keys(now->a, now->config.a, wanted.a);
  SideKeys b = other_keys(now->b, now->config.b, wanted.b);
  plan.changes.push_back({now, std::move(wanted), std::move(a), std::move(b)});
}

ArrivingSide StreamPlanner::arriving(const StreamSide& now, const StreamSideConfig& before, const StreamConfig& wanted,
                                     const StreamSideConfig& side) {
  if (!goes_on(now, before, side)) return {.made = builder_.build(wanted, side)};
  return {.made = builder_.build_without_keys(wanted, side),
          .comes_back = true,
          .other_ssrc = side.ssrc != before.ssrc,
          .keys = other_keys(now, before, side)};
}

/// Only for directions whose keys differ: an unchanged key must keep what it remembers.
SideKeys StreamPlanner::other_keys(const StreamSide& now, const StreamSideConfig& before,
                                   const StreamSideConfig& wanted) {
  SideKeys keys;
  if (!same_keys(before.receive_keys, wanted.receive_keys)) {
    keys.receive = builder_.receiving(wanted, now.receiving.name);
  }
  if (!same_keys(before.send_keys, wanted.send_keys)) keys.send = builder_.sending(wanted, now.sending.name);
  return keys;
}

}  // namespace sallyport::controlplane
