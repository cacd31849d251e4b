// AES-F8 alone, without SRTP around it: the text of RTP packets through an engine in bursts, beside one packet at a
// time through AES-NI and beside IPsec-MB's bare CBC bursts. All of them are given finished IVs and keys. Options
// beside Google Benchmark's: --streams, --burst, --size and --seconds (shape.hpp).
#include <algorithm>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "crypto/engines/ipsec_mb_keys.hpp"
#include "crypto/error.hpp"
#include "crypto/iv.hpp"
#include "crypto/rtp_wire.hpp"
#include "perf/bare_f8.hpp"
#include "perf/f8_one_by_one.hpp"
#include "perf/imb_jobs.hpp"
#include "perf/pass_timer.hpp"
#include "perf/sealer.hpp"

namespace sallyport::perf {
namespace {

using crypto::EngineKind;
using crypto::Job;
using crypto::kRtpFixedHeader;

const crypto::Suite& suite() { return *crypto::find_suite("F8_128_HMAC_SHA1_80"); }

/// One way to do F8 for the packets that the traffic now has.
class Method {
 public:
  virtual ~Method() = default;
  virtual void prepare() = 0;
  virtual void apply(std::size_t first, std::size_t count) = 0;

 protected:
  Method(Traffic& traffic, EngineKind key_maker)
      : traffic_(traffic),
        engine_(crypto::make_engine(key_maker)),
        contexts_(make_contexts(*engine_, suite(), traffic.shape().streams)) {}

  Traffic& traffic() { return traffic_; }
  crypto::Engine& engine() { return *engine_; }
  std::uint8_t* text(std::size_t i) { return traffic_.packet(i) + kRtpFixedHeader; }
  std::size_t text_len() const { return traffic_.shape().size - kRtpFixedHeader; }
  const crypto::KeyRecord& record(std::size_t i) const { return contexts_[traffic_.stream_of(i)]->rtp().record; }
  F8RoundKeys round_keys(std::size_t i) const {
    const auto& keys = crypto::imb_keys<crypto::ImbF8Keys>(record(i));
    return {keys.round_keys.data(), keys.mask_round_keys.data()};
  }
  void make_iv(std::size_t i, std::uint8_t* iv) {
    crypto::aes_f8_iv_rtp(iv, traffic_.packet(i), static_cast<std::uint32_t>(traffic_.index_of(i) >> 16));
  }

 private:
  Traffic& traffic_;
  std::unique_ptr<crypto::Engine> engine_;
  Contexts contexts_;
};

/// Jobs without a tag: the engine has nothing to do but F8.
class ByEngine final : public Method {
 public:
  ByEngine(Traffic& traffic, EngineKind kind) : Method(traffic, kind), kind_(kind), jobs_(traffic.packets()) {}

  void prepare() override {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      Job& job = jobs_[i];
      job = Job{};
      job.keys = &record(i);
      job.src = job.dst = text(i);
      job.text_len = static_cast<std::uint16_t>(text_len());
      job.cipher = crypto::Cipher::kAesF8;
      job.engine = kind_;
      job.key_len = suite().key_len;
      make_iv(i, job.iv.data());
    }
  }
  void apply(std::size_t first, std::size_t count) override { engine().seal(std::span(jobs_).subspan(first, count)); }

 private:
  EngineKind kind_;
  std::vector<Job> jobs_;
};

class OneByOne final : public Method {
 public:
  explicit OneByOne(Traffic& traffic) : Method(traffic, EngineKind::kIpsecMb), packets_(traffic.packets()) {}

  void prepare() override {
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      packets_[i].keys = round_keys(i);
      packets_[i].text = text(i);
      make_iv(i, packets_[i].iv.data());
    }
  }
  void apply(std::size_t first, std::size_t count) override {
    for (std::size_t i = first; i < first + count; ++i) {
      const Packet& packet = packets_[i];
      f8_one_by_one(packet.keys, packet.iv.data(), packet.text, text_len());
    }
  }

 private:
  struct Packet {
    F8RoundKeys keys;
    std::uint8_t* text;
    std::array<std::uint8_t, 16> iv;
  };
  std::vector<Packet> packets_;
};

class CbcBursts final : public Method {
 public:
  explicit CbcBursts(Traffic& traffic)
      : Method(traffic, EngineKind::kIpsecMb),
        manager_(make_wide_manager()),
        f8_(*manager_, traffic.packets(), text_len()) {}

  void prepare() override {
    for (std::size_t i = 0; i < traffic().packets(); ++i) {
      std::array<std::uint8_t, 16> iv;
      make_iv(i, iv.data());
      f8_.prepare(i, round_keys(i), iv.data(), text(i));
    }
  }
  void apply(std::size_t first, std::size_t count) override { f8_.apply(first, count); }

 private:
  Manager manager_;
  BareF8 f8_;
};

using MethodMaker = std::function<std::unique_ptr<Method>(Traffic&)>;

void apply_all(Method& method, const Traffic& traffic) {
  const std::size_t burst = traffic.shape().burst;
  for (std::size_t first = 0; first < traffic.packets(); first += burst) {
    method.apply(first, std::min(burst, traffic.packets() - first));
  }
}

/// What a method makes of the first packets.
std::vector<std::uint8_t> encrypted(const MethodMaker& make, Shape shape) {
  shape.streams = 8;
  Traffic traffic(shape);
  const auto method = make(traffic);
  traffic.advance();
  method->prepare();
  apply_all(*method, traffic);
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < traffic.packets(); ++i) {
    bytes.insert(bytes.end(), traffic.packet(i), traffic.packet(i) + shape.size);
  }
  return bytes;
}

void bench(benchmark::State& state, const MethodMaker& make, const Shape& shape, double seconds) {
  const auto reference = [](Traffic& traffic) { return std::make_unique<ByEngine>(traffic, EngineKind::kOpenSsl); };
  if (encrypted(make, shape) != encrypted(reference, shape)) throw std::runtime_error("not what OpenSSL makes of it");
  Traffic traffic(shape);
  const auto method = make(traffic);
  const auto prepare = [&] {
    traffic.advance();
    method->prepare();
  };
  PassTimer(state, seconds).run(traffic, prepare, [&] { apply_all(*method, traffic); });
}

void add_rows(const Shape& shape, double seconds, bool lanes) {
  const auto add = [&](const char* engine, const MethodMaker& make) {
    add_row(row_name("f8_keystream", "encrypt", suite().name, shape, engine),
            [=](benchmark::State& state) { bench(state, make, shape, seconds); });
  };
  if (lanes) add("lanes", [](Traffic& traffic) { return std::make_unique<ByEngine>(traffic, EngineKind::kLanes); });
  add("ipsec_mb", [](Traffic& traffic) { return std::make_unique<ByEngine>(traffic, EngineKind::kIpsecMb); });
  add("ipsec_mb_bare", [](Traffic& traffic) { return std::make_unique<CbcBursts>(traffic); });
  if (shape.burst == 1) add("aes_ni_one_by_one", [](Traffic& traffic) { return std::make_unique<OneByOne>(traffic); });
}

bool has_lanes() {
  try {
    return crypto::make_engine(EngineKind::kLanes) != nullptr;
  } catch (const SetupError& error) {
    std::fprintf(stderr, "absent: %s\n", error.what());
    return false;
  }
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const perf::Shapes shapes = perf::take_shapes(argc, argv);
  const bool lanes = perf::has_lanes();
  for (const perf::Shape& shape : shapes.all()) perf::add_rows(shape, shapes.seconds, lanes);
  return perf::run_rows(argc, argv);
}
