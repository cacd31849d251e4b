#include "tests/cross/traffic/world.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/cross/model/hex.hpp"

namespace sallyport::traffic {
namespace {

constexpr std::size_t kMaxBurst = 64;
constexpr std::size_t kSteps = 120;

/// Stream and SSRC of an RTP packet, or of none.
std::pair<std::size_t, std::optional<std::uint32_t>> talker_of(const Item& item) {
  const std::optional<model::Header> header = model::parse(item.kind, item.packet);
  if (!header || item.kind != Kind::kRtp) return {item.stream, std::nullopt};
  return {item.stream, header->ssrc};
}

std::string describe(const Agreement& agreement) {
  const model::Session& session = agreement.session;
  std::ostringstream text;
  text << session.suite.name << (session.unencrypted_srtp ? " UNENCRYPTED_SRTP" : "")
       << (session.unencrypted_srtcp ? " UNENCRYPTED_SRTCP" : "")
       << (session.unauthenticated_srtp ? " UNAUTHENTICATED_SRTP" : "") << " KDR=" << session.key_derivation_rate
       << " window=" << session.srtp_window << " keys=" << agreement.keys.size()
       << " MKI=" << agreement.keys[0].mki.size() << " lifetime=" << agreement.keys[0].lifetime;
  return text.str();
}

const char* to_string(model::Verdict verdict) {
  constexpr const char* kNames[] = {"accepted", "malformed", "unknown MKI", "unencrypted",
                                    "replayed", "too old",   "unauthentic", "exhausted"};
  return kNames[static_cast<std::size_t>(verdict)];
}

std::string describe(const Outcome& outcome) {
  std::ostringstream text;
  text << to_string(outcome.verdict) << " index " << outcome.index << (outcome.by_previous_keys ? " by old keys" : "")
       << " " << model::to_hex(outcome.packet);
  return text.str();
}

}  // namespace

World::World(const Rules& rules, Ends reference, Ends subject, std::uint64_t seed, Coverage& coverage)
    : rules_(rules), reference_(reference), subject_(subject), random_(seed), coverage_(coverage) {
  const std::size_t count = random_.between(1, 5);
  while (streams_.size() < count) add_stream();
}

void World::add_stream() {
  const std::size_t stream = streams_.size();
  Agreement agreement = random_agreement(rules_.repertoire, random_);
  const Habits habits{agreement.keys[0].lifetime != 0, rules_.repertoire.unknown_rocs};
  Talk talk(stream, habits, random_);
  streams_.push_back({agreement, std::move(talk), false, agreement.session.unauthenticated_srtp, {}, {}});
  for (const Ends& ends : {reference_, subject_}) {
    ends.sender.set_keys(stream, agreement, false);
    ends.receiver.set_keys(stream, agreement, false);
  }
  ++coverage_["suite " + agreement.session.suite.name];
}

void World::run() {
  for (std::size_t step = 0; step < kSteps; ++step) {
    const std::size_t dice = random_.below(100);
    if (dice < 48) {
      send_burst();
    } else if (dice < 90) {
      deliver(random_.percent(25) ? 1 : kMaxBurst);
    } else if (dice < 93) {
      deliver_all();
    } else if (dice < 96) {
      rekey(streams_[random_.below(streams_.size())]);
    } else if (dice < 98) {
      Stream& stream = streams_[random_.below(streams_.size())];
      const std::size_t key = random_.below(stream.agreement.keys.size());
      for (const Ends& ends : {reference_, subject_}) ends.sender.use_key(stream.talk.stream(), key);
      coverage_["other master key"] += key != 0 ? 1 : 0;
    } else {
      Stream& stream = streams_[random_.below(streams_.size())];
      for (const Ends& ends : {reference_, subject_}) ends.receiver.end_grace(stream.talk.stream());
      stream.grace = false;
    }
  }
  deliver_all();
}

void World::send_burst() {
  std::vector<Said> burst;
  const std::size_t count = random_.percent(20) ? 1 : random_.between(1, kMaxBurst);
  bool has_to_arrive = false;
  while (burst.size() < count && !has_to_arrive) {
    Stream& stream = streams_[random_.below(streams_.size())];
    stream.talk.perhaps_change_ssrc(random_);
    tell_rocs(stream);
    burst.push_back(stream.talk.say(random_));
    // Who cannot search for a ROC has to get the packets that show it.
    has_to_arrive = !rules_.repertoire.unknown_rocs && (burst.back().first || burst.back().jump);
    if (rules_.srtcp_starts_at_one && stream.srtcp_begun.insert(burst.back().ssrc).second) {
      for (const Ends& ends : {reference_, subject_}) {
        ends.sender.skip_srtcp_index(stream.talk.stream(), burst.back().ssrc);
      }
    }
  }
  std::vector<Item> items;
  for (const Said& said : burst) items.push_back(said.item);
  const std::vector<Outcome> reference = reference_.sender.protect(items);
  const std::vector<Outcome> subject = subject_.sender.protect(items);
  for (std::size_t i = 0; i < burst.size(); ++i) {
    judge_sent(burst[i], reference[i], subject[i]);
    if (!subject[i].accepted) continue;
    const bool damage_shows = items[i].kind == Kind::kRtcp || !streams_[items[i].stream].was_unauthenticated;
    network_.send({{items[i].stream, items[i].kind, subject[i].packet}, items[i].packet, ++serial_},
                  has_to_arrive && i + 1 == burst.size(), damage_shows, random_);
  }
  if (has_to_arrive) deliver_all();
}

/// Some SSRCs do not begin with ROC 0: a sender that goes on after a failover, and a receiver that joins late and is
/// told the ROC, or is not.
void World::tell_rocs(Stream& stream) {
  Talker& talker = stream.talk.active();
  if (!rules_.repertoire.unknown_rocs || talker.heard || talker.met || !random_.percent(15)) return;
  static const std::vector<std::uint32_t> kRocs{1, 2, 5, 63, 64, 1000, 0x7fffffff, 0xfffffffe};
  const std::uint32_t roc = random_.one_of(kRocs);
  const bool receiver_is_told = random_.percent(70);
  for (const Ends& ends : {reference_, subject_}) {
    ends.sender.set_roc(stream.talk.stream(), talker.ssrc, roc);
    if (receiver_is_told) ends.receiver.set_roc(stream.talk.stream(), talker.ssrc, roc);
  }
  ++coverage_[receiver_is_told ? "ROC signalled" : "ROC unknown"];
}

void World::judge_sent(const Said& said, const Outcome& reference, const Outcome& subject) {
  ++coverage_[subject.accepted ? "protected" : "not protected"];
  if (reference.accepted == subject.accepted && reference.packet == subject.packet) return;
  disagree(said.item, "sending: reference " + describe(reference) + "\n subject " + describe(subject));
}

void World::deliver(std::size_t most) {
  const std::vector<Flight> flights = network_.arrive(most, random_);
  if (flights.empty()) return;
  std::vector<Item> items;
  std::vector<bool> fresh;
  for (const Flight& flight : flights) {
    items.push_back(flight.item);
    const std::optional<model::Header> header = model::parse(flight.item.kind, flight.item.packet);
    fresh.push_back(header && !reference_.receiver.highest(flight.item.stream, Kind::kRtp, header->ssrc, false));
  }
  const std::vector<Outcome> subject = subject_.receiver.unprotect(items);
  found_.clear();
  for (std::size_t i = 0; i < flights.size(); ++i) {
    // All of a burst is looked at before anything of it is known, so the burst in which an unexpected ROC is found may
    // lose others of the same SSRC.
    if (!subject[i].accepted && found_.contains(talker_of(items[i]))) {
      ++coverage_["lost beside one found by search"];
      continue;
    }
    Outcome reference = reference_.receiver.unprotect({items[i]}).front();
    judge_received(flights[i], flights.size(), std::move(reference), subject[i], fresh[i]);
  }
  if (rules_.compare_state) compare_states();
  ++coverage_["bursts received"];
}

void World::deliver_all() {
  while (!network_.empty()) deliver(kMaxBurst);
  for (Stream& stream : streams_) stream.talk.allow_jump();
}

void World::judge_received(const Flight& flight, std::size_t burst, Outcome reference, const Outcome& subject,
                           bool fresh) {
  const Item& item = flight.item;
  if (subject.accepted && !reference.accepted && rules_.reconcile != nullptr &&
      rules_.reconcile(reference_.receiver, item, subject, fresh)) {
    ++coverage_["found by search"];
    found_.insert(talker_of(item));
    reference = subject;
  }
  if (reference.searched) found_.insert(talker_of(item));
  const auto fail = [&](const std::string& what) {
    disagree(item, "receiving: " + what + "; reference " + describe(reference) + "\n subject " + describe(subject));
  };
  if (reference.accepted != subject.accepted) fail("accepted by one");
  if (!subject.accepted) {
    ++coverage_[std::string("refused: ") + to_string(subject.verdict)];
    if (!flight.genuine) ++coverage_["damaged"];
    const Stream& stream = streams_[item.stream];
    // In a burst, copies are looked up before the first of them is committed.
    const bool replay = reference.verdict == model::Verdict::kReplayed || reference.verdict == model::Verdict::kTooOld;
    if (burst == 1 && flight.genuine && !stream.grace && replay && reference.verdict != subject.verdict)
      fail("refused for other reasons");
    // GCM may have decrypted in place what then was not authentic.
    const bool unauthentic = subject.verdict == reference.verdict && subject.verdict == model::Verdict::kUnauthentic;
    if (unauthentic && !stream.agreement.gcm() && !stream.grace && subject.packet != item.packet) {
      fail("an unauthentic packet was changed");
    }
    return;
  }
  ++coverage_["accepted"];
  if (subject.by_previous_keys) ++coverage_["accepted under old keys"];
  if (subject.index >> 16 != 0 && item.kind == Kind::kRtp) ++coverage_["accepted behind a wrap"];
  if (reference.packet != subject.packet) fail("other cleartext");
  if (rules_.compare_state && reference.index != subject.index) fail("other index");
  if (rules_.compare_state && reference.by_previous_keys != subject.by_previous_keys) fail("other keys");
  // Whatever the reference thinks: only what was sent, as it was said, and once. Where nothing is authenticated a wrong
  // key or ROC cannot be told from a right one.
  if (item.kind == Kind::kRtp && streams_[item.stream].was_unauthenticated) return;
  if (!flight.genuine) fail("a damaged packet was accepted");
  if (subject.packet != flight.clear) fail("not what was said");
  if (!streams_[item.stream].taken.insert(flight.serial).second) fail("accepted twice");
}

void World::rekey(Stream& stream) {
  const Agreement next = other_keys(stream.agreement, rules_.repertoire, random_);
  // Where nothing is authenticated nobody can tell which keys a packet is under.
  const bool told_apart = !stream.agreement.session.unauthenticated_srtp && !next.session.unauthenticated_srtp;
  const bool grace = rules_.repertoire.grace && told_apart;
  if (!grace) deliver_all();
  stream.agreement = next;
  stream.grace = grace;
  stream.was_unauthenticated = !told_apart;
  const bool go_on = random_.percent(60);
  for (const Ends& ends : {reference_, subject_}) {
    ends.sender.set_keys(stream.talk.stream(), stream.agreement, go_on);
    // Whether the sender resets its ROC is not signalled: who can find out goes on in either case.
    ends.receiver.set_keys(stream.talk.stream(), stream.agreement, go_on || rules_.repertoire.unknown_rocs);
    if (!stream.grace) ends.receiver.end_grace(stream.talk.stream());
  }
  stream.talk.after_rekey();
  if (!go_on) stream.srtcp_begun.clear();
  ++coverage_[go_on ? "re-key, ROC kept" : "re-key, ROC reset"];
  ++coverage_["suite " + stream.agreement.session.suite.name];
}

void World::compare_states() {
  for (Stream& stream : streams_) {
    for (const Talker& talker : stream.talk.talkers()) {
      for (const Kind kind : {Kind::kRtp, Kind::kRtcp}) {
        for (const bool previous : {false, true}) {
          const std::size_t number = stream.talk.stream();
          const auto reference = reference_.receiver.highest(number, kind, talker.ssrc, previous);
          const auto subject = subject_.receiver.highest(number, kind, talker.ssrc, previous);
          if (reference == subject) continue;
          disagree({number, kind, {}}, "state of SSRC " + std::to_string(talker.ssrc) + (previous ? ", old keys" : "") +
                                           ": highest index " + std::to_string(reference.value_or(0)) + " and " +
                                           std::to_string(subject.value_or(0)));
        }
      }
    }
  }
}

void World::disagree(const Item& item, const std::string& what) const {
  throw std::runtime_error("stream " + std::to_string(item.stream) + " (" + describe(streams_[item.stream].agreement) +
                           "), " + (item.kind == Kind::kRtp ? "RTP " : "RTCP ") + model::to_hex(item.packet) + "\n " +
                           what);
}

}  // namespace sallyport::traffic
