// Wrong tags in every way that implementations have been known to take one for right, for every suite on every engine:
// alone, and in a burst with the right one. All are refused, and nothing is learned from them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/fixed_traffic.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using crypto::test::engines_here;
using crypto::test::NamedEngine;

/// A protected packet, and where its tag lies in it.
struct Sealed {
  Bytes packet;
  std::size_t tag_at;
  std::size_t tag_len;

  Bytes tag() const {
    const auto begin = packet.begin() + static_cast<std::ptrdiff_t>(tag_at);
    return {begin, begin + static_cast<std::ptrdiff_t>(tag_len)};
  }
  Bytes with_tag(const Bytes& tag) const {
    Bytes other = packet;
    std::copy(tag.begin(), tag.end(), other.begin() + static_cast<std::ptrdiff_t>(tag_at));
    return other;
  }
  /// Tags of another length move what is behind them.
  Bytes with_tag_of_other_length(const Bytes& tag) const {
    Bytes other(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(tag_at));
    other.insert(other.end(), tag.begin(), tag.end());
    other.insert(other.end(), packet.begin() + static_cast<std::ptrdiff_t>(tag_at + tag_len), packet.end());
    return other;
  }
};

Sealed seal(ModelSender& sender, const Agreement& agreement, Kind kind, const Bytes& clear) {
  Sealed sealed{sender.protect({{0, kind, clear}}).front().packet, 0, agreement.session.tag_len(kind)};
  const std::size_t behind_gcm = (kind == Kind::kRtcp ? 4 : 0) + agreement.keys[0].mki.size();
  sealed.tag_at = sealed.packet.size() - sealed.tag_len - (agreement.gcm() ? behind_gcm : 0);
  return sealed;
}

/// Each differs from the right packet in its tag alone.
std::vector<Bytes> forgeries_of(const Sealed& good, const Sealed& other) {
  const Bytes tag = good.tag();
  std::vector<Bytes> forgeries;
  const auto add = [&](const Bytes& bad) {
    if (bad != tag) forgeries.push_back(good.with_tag(bad));
  };
  for (std::size_t bit = 0; bit < 8 * tag.size(); ++bit) {
    Bytes bad = tag;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    add(bad);
  }
  add(Bytes(tag.size(), 0));
  add(Bytes(tag.size(), 0xff));
  add(other.tag());
  Bytes bad = tag;
  for (std::uint8_t& byte : bad) byte = static_cast<std::uint8_t>(~byte);
  add(bad);
  for (std::uint8_t& byte : bad) byte ^= 0x7f;  // the upper bit of each byte is wrong
  add(bad);
  bad = tag;
  std::rotate(bad.begin(), bad.begin() + static_cast<std::ptrdiff_t>(bad.size() / 2), bad.end());
  add(bad);
  std::reverse(bad.begin(), bad.end());
  add(bad);
  for (const std::size_t half : {std::size_t{0}, tag.size() / 2}) {
    bad = tag;
    std::fill_n(bad.begin() + static_cast<std::ptrdiff_t>(half), tag.size() / 2, 0);
    add(bad);
  }
  // Two errors that cancel each other out in an XOR, and in a sum.
  bad = tag;
  bad[0] ^= 0x40;
  bad[1] ^= 0x40;
  add(bad);
  bad = tag;
  ++bad[tag.size() - 2];
  --bad[tag.size() - 1];
  add(bad);
  for (std::size_t length = 0; length < tag.size(); ++length) {
    const auto end = static_cast<std::ptrdiff_t>(length);
    forgeries.push_back(good.with_tag_of_other_length({tag.begin(), tag.begin() + end}));
    forgeries.push_back(good.with_tag_of_other_length({tag.end() - end, tag.end()}));
  }
  Bytes longer = tag;
  longer.push_back(0);
  forgeries.push_back(good.with_tag_of_other_length(longer));
  longer.insert(longer.end(), tag.begin(), tag.end());
  forgeries.push_back(good.with_tag_of_other_length(longer));
  return forgeries;
}

class BadTags : public testing::TestWithParam<std::string> {
 protected:
  void check(Kind kind, std::size_t payload, std::size_t mki_len) {
    const Agreement agreement = fixed_agreement(GetParam(), 5, mki_len);
    ModelSender sender;
    sender.set_keys(0, agreement, false);
    const auto clear = [&](std::uint16_t sequence) {
      return kind == Kind::kRtp ? fixed_rtp({.sequence = sequence}, payload) : fixed_rtcp(9, payload);
    };
    const Sealed other = seal(sender, agreement, kind, clear(1));
    const Sealed good = seal(sender, agreement, kind, clear(2));
    const std::vector<Bytes> forgeries = forgeries_of(good, other);
    ASSERT_GE(forgeries.size(), 8 * good.tag_len + 10);
    for (const NamedEngine& named : engines_here()) {
      if (!named.engine->supports(*crypto::find_suite(GetParam()))) continue;
      SCOPED_TRACE(named.name);
      for (const std::size_t burst : {1U, 2U, 7U, 64U}) {
        check(*named.engine, agreement, {kind, forgeries, good.packet, clear(2)}, burst);
      }
    }
  }

 private:
  struct Case {
    Kind kind;
    const std::vector<Bytes>& forgeries;
    const Bytes& good;
    const Bytes& clear;
  };

  /// Forgeries in bursts, in the last place of which is the right packet, the first time.
  static void check(crypto::Engine& engine, const Agreement& agreement, const Case& test, std::size_t burst) {
    ProductReceiver receiver(engine);
    receiver.set_keys(0, agreement, false);
    const std::uint32_t ssrc = model::parse(test.kind, test.clear).value().ssrc;
    bool good_went = false;
    for (std::size_t done = 0; done < test.forgeries.size();) {
      std::vector<Item> items;
      const std::size_t forged = std::min(std::max<std::size_t>(burst - 1, 1), test.forgeries.size() - done);
      for (std::size_t i = 0; i < forged; ++i) items.push_back({0, test.kind, test.forgeries[done + i]});
      done += forged;
      const bool last = done == test.forgeries.size();
      if (last && burst > 1) items.push_back({0, test.kind, test.good});
      const std::vector<Outcome> outcomes = receiver.unprotect(items);
      for (std::size_t i = 0; i < forged; ++i) ASSERT_FALSE(outcomes[i].accepted) << done - forged + i;
      if (!last || burst == 1) {
        ASSERT_FALSE(receiver.highest(0, test.kind, ssrc, false)) << "learned from a forgery";
        continue;
      }
      good_went = true;
      ASSERT_TRUE(outcomes.back().accepted);
      ASSERT_EQ(outcomes.back().packet, test.clear);
    }
    if (!good_went) {
      ASSERT_TRUE(receiver.unprotect({{0, test.kind, test.good}}).front().accepted);
    }
  }
};

TEST_P(BadTags, Rtp) { check(Kind::kRtp, 160, 0); }
TEST_P(BadTags, RtpWithoutPayload) { check(Kind::kRtp, 0, 0); }
TEST_P(BadTags, RtpWithMki) { check(Kind::kRtp, 33, 4); }
TEST_P(BadTags, Rtcp) { check(Kind::kRtcp, 44, 0); }
TEST_P(BadTags, RtcpWithMki) { check(Kind::kRtcp, 20, 2); }

INSTANTIATE_TEST_SUITE_P(EverySuite, BadTags, testing::ValuesIn(crypto::test::suites_of({})),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sallyport::traffic
