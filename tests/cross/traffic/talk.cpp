#include "tests/cross/traffic/talk.hpp"

#include <algorithm>

namespace sallyport::traffic {
namespace {

constexpr std::size_t kMaxTalkers = 5;
constexpr std::size_t kFarthestJump = 20000;

std::vector<model::MasterKey> random_keys(const model::Suite& suite, std::size_t count, std::size_t mki_len,
                                          std::uint64_t lifetime, Random& random) {
  std::vector<model::MasterKey> keys;
  while (keys.size() < count) {
    model::MasterKey key{random.bytes(suite.key_len), random.bytes(suite.salt_len), random.bytes(mki_len), lifetime};
    const bool known = std::ranges::any_of(keys, [&key](const auto& other) { return other.mki == key.mki; });
    if (!known) keys.push_back(std::move(key));
  }
  return keys;
}

std::size_t random_mki_length(Random& random) {
  static const std::vector<std::size_t> kLengths{1, 2, 3, 4, 5, 8, 16, 127, 128};
  return random.percent(30) ? random.one_of(kLengths) : 0;
}

std::size_t random_payload(Random& random) {
  static const std::vector<std::size_t> kUsual{0, 1, 15, 16, 17, 20, 31, 32, 33, 48, 72, 160, 160, 172, 240};
  if (random.percent(70)) return random.one_of(kUsual);
  return random.percent(70) ? random.below(300) : random.below(1401);
}

std::uint16_t random_start(Random& random) {
  static const std::vector<std::uint16_t> kStarts{0, 1, 100, 32000, 32767, 32768, 65000, 65500, 65530, 65534, 65535};
  return random.percent(70) ? random.one_of(kStarts) : static_cast<std::uint16_t>(random.next());
}

void put_be(Bytes& packet, std::size_t at, std::uint32_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) packet[at + i] = static_cast<std::uint8_t>(value >> (8 * (count - 1 - i)));
}

Bytes rtp(const Talker& talker, Random& random) {
  const std::size_t csrcs = random.percent(15) ? random.below(16) : 0;
  const bool extended = random.percent(15);
  const std::size_t words = extended ? random.below(9) : 0;
  const std::size_t header = 12 + 4 * csrcs + (extended ? 4 + 4 * words : 0);
  Bytes packet = random.bytes(header + random_payload(random));
  packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x20) | (extended ? 0x10 : 0) | csrcs);
  put_be(packet, 2, talker.sequence, 2);
  put_be(packet, 8, talker.ssrc, 4);
  if (extended) {
    put_be(packet, 12 + 4 * csrcs, random.percent(50) ? 0xbede : 0x1000, 2);
    put_be(packet, 14 + 4 * csrcs, static_cast<std::uint32_t>(words), 2);
  }
  return packet;
}

Bytes rtcp(const Talker& talker, Random& random) {
  const std::size_t words = random.percent(20) ? 0 : random.below(40);
  Bytes packet = random.bytes(8 + 4 * words);
  packet[0] = static_cast<std::uint8_t>(0x80 | (packet[0] & 0x3f));
  packet[1] = static_cast<std::uint8_t>(random.between(192, 223));
  put_be(packet, 2, static_cast<std::uint32_t>(words + 1), 2);
  put_be(packet, 4, talker.ssrc, 4);
  return packet;
}

void advance(Talker& talker, std::size_t by) {
  talker.sequence = static_cast<std::uint16_t>(talker.sequence + by);
  talker.advanced += by;
  talker.behind -= std::min(by, talker.behind);
}

void rewind(Talker& talker, std::size_t by) {
  by = std::min(by, talker.advanced);
  talker.sequence = static_cast<std::uint16_t>(talker.sequence - by);
  talker.advanced -= by;
  talker.behind += by;
}

}  // namespace

Agreement random_agreement(const Repertoire& repertoire, Random& random) {
  Agreement agreement;
  model::Session& session = agreement.session;
  session.suite = model::suite_named(random.one_of(repertoire.suites));
  if (random.percent(35)) {
    session.unencrypted_srtp = random.percent(40) && !(repertoire.gcm_encrypts && session.suite.gcm());
    session.unencrypted_srtcp = random.percent(40);
    session.unauthenticated_srtp = random.percent(25) && !session.suite.gcm();
  }
  static const std::vector<std::uint64_t> kWindows{128, 192, 256, 1000, 1024, 4096};
  if (repertoire.wide_windows && random.percent(40)) {
    session.srtp_window = (random.one_of(kWindows) + 63) / 64 * 64;  // the product rounds up
  }
  session.accept_unencrypted_srtcp = repertoire.accept_unencrypted && random.percent(20);
  const bool tags_are_equal = session.tag_len(Kind::kRtp) == session.tag_len(Kind::kRtcp);
  const bool mki = tags_are_equal || !repertoire.mki_behind_equal_tags;
  const std::size_t mki_len = mki ? random_mki_length(random) : 0;
  std::size_t keys = mki_len == 0 ? 1 : random.between(1, 4);
  std::uint64_t lifetime = 0;
  if (repertoire.lifetimes && random.percent(5)) lifetime = random.between(50, 2000);
  if (repertoire.key_derivation && random.percent(10)) {
    session.key_derivation_rate = static_cast<int>(random.between(8, 10));
    keys = 1;
  }
  agreement.keys = random_keys(session.suite, keys, mki_len, lifetime, random);
  return agreement;
}

Agreement other_keys(const Agreement& before, const Repertoire& repertoire, Random& random) {
  // With a lifetime there is one SSRC, and so there stays one.
  if (before.keys[0].lifetime == 0 && random.percent(30)) {
    Agreement other = random_agreement(repertoire, random);
    for (model::MasterKey& key : other.keys) key.lifetime = 0;
    return other;
  }
  Agreement same = before;
  const model::MasterKey& key = before.keys[0];
  same.keys = random_keys(before.session.suite, before.keys.size(), key.mki.size(), key.lifetime, random);
  return same;
}

Talk::Talk(std::size_t stream, const Habits& habits, Random& random) : stream_(stream), habits_(habits) {
  add_talker(random);
}

void Talk::add_talker(Random& random) {
  Talker talker{static_cast<std::uint32_t>(random.next()), random_start(random)};
  if (random.percent(5)) talker.ssrc = 0;
  const bool known = std::ranges::any_of(talkers_, [&](const Talker& other) { return other.ssrc == talker.ssrc; });
  if (known) return;
  talkers_.push_back(talker);
  active_ = talkers_.size() - 1;
}

void Talk::perhaps_change_ssrc(Random& random) {
  if (habits_.one_ssrc || !random.percent(8)) return;
  if (talkers_.size() < kMaxTalkers && random.percent(50)) {
    add_talker(random);
    return;
  }
  active_ = random.below(talkers_.size());
  // Back again, with a lower or a higher sequence number.
  const bool may_rewind = active().heard || habits_.rewinds_at_rekey;
  if (may_rewind && random.percent(40)) rewind(active(), random.below(300));
}

void Talk::after_rekey() {
  for (Talker& talker : talkers_) {
    talker.heard = false;
    if (!habits_.rewinds_at_rekey) advance(talker, talker.behind);
  }
}

Said Talk::say(Random& random) {
  Talker& talker = active();
  talker.met = true;
  if (random.percent(15)) return {{stream_, Kind::kRtcp, rtcp(talker, random)}, talker.ssrc};
  Said said{{stream_, Kind::kRtp, {}}, talker.ssrc};
  said.first = !talker.heard;
  const std::size_t dice = random.below(100);
  if (talker.heard && may_jump_ && dice < 4) {
    said.jump = true;
    may_jump_ = false;
    advance(talker, random.between(300, kFarthestJump));
  } else if (talker.heard && dice < 8) {
    advance(talker, random.below(40));
  } else if (talker.heard && dice < 12) {
    rewind(talker, random.below(10));  // repeats what was sent
  } else {
    advance(talker, 1);
  }
  if (said.first) talker.advanced = 0;
  talker.heard = true;
  said.item.packet = rtp(talker, random);
  return said;
}

}  // namespace sallyport::traffic
