// An engine that has no room for another key, as devices have at some point: what it made for a context that comes to
// nothing is given back, whichever of the context's keys it was.
#include <gtest/gtest.h>

#include "crypto/context.hpp"
#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

/// Has room for some keys, and counts those that it has.
class SmallEngine final : public Engine {
 public:
  explicit SmallEngine(int room) : room_(room) { kept_ = 0; }

  static int kept() { return kept_; }

  EngineKind kind_for(const Suite& suite) const noexcept override { return engine_.kind_for(suite); }
  std::string_view description() const noexcept override { return "small"; }
  bool supports(const Suite& suite) const noexcept override { return engine_.supports(suite); }
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override {
    if (kept_ == room_) throw SetupError("no room for another key");
    release_ = engine_.expand(suite, keys, record);
    ++kept_;
    return [](KeyRecord& owner) noexcept {
      --kept_;
      release_(owner);
    };
  }
  void seal(std::span<Job> jobs) noexcept override { engine_.seal(jobs); }
  void open(std::span<Job> jobs) noexcept override { engine_.open(jobs); }

 private:
  static inline int kept_ = 0;
  static inline KeyRelease release_ = nullptr;

  OpenSslEngine engine_;
  int room_;
};

std::vector<MasterKeyEntry> masters(std::initializer_list<Mki> mkis) {
  std::vector<MasterKeyEntry> keys;
  for (const Mki& mki : mkis) keys.push_back({test::make_master(static_cast<std::uint32_t>(keys.size())), mki, 0});
  return keys;
}

void expect_nothing_kept(int keys, std::initializer_list<Mki> mkis, const ContextOptions& options) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  for (int room = 0; room < keys; ++room) {
    SmallEngine engine(room);
    EXPECT_THROW(Context(engine, suite, masters(mkis), options), SetupError) << room;
    EXPECT_EQ(SmallEngine::kept(), 0) << "after " << room << " of " << keys << " keys";
  }
  SmallEngine engine(keys);
  {
    const Context context(engine, suite, masters(mkis), options);
    EXPECT_EQ(SmallEngine::kept(), keys);
  }
  EXPECT_EQ(SmallEngine::kept(), 0);
}

TEST(FailedExpansion, OfOneMasterKey) { expect_nothing_kept(2, {Mki()}, {}); }

TEST(FailedExpansion, OfSeveralMasterKeys) { expect_nothing_kept(6, {Mki(1, 1), Mki(2, 1), Mki(3, 1)}, {}); }

TEST(FailedExpansion, OfEpochs) {
  expect_nothing_kept(2 + 2 * (EpochRing::kAhead + 1), {Mki()}, {.parameters = {.key_derivation_rate = 8}});
}

}  // namespace
}  // namespace sallyport::crypto
