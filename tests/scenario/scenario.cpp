#include "tests/scenario/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace sallyport::scenario {

Send Send::rtcp(std::string leg, Bytes packet) { return {std::move(leg), std::move(packet), true, false}; }
Send Send::raw(std::string leg, Bytes wire) { return {std::move(leg), std::move(wire), false, true}; }

Sends talk(const std::string& leg, std::uint32_t first_sequence, std::size_t count, std::uint32_t ssrc) {
  Sends sends;
  for (std::uint32_t i = 0; i < count; ++i) {
    sends.emplace_back(leg, Rtp()
                                .ssrc(ssrc)
                                .sequence(static_cast<std::uint16_t>(first_sequence + i))
                                .timestamp((first_sequence + i) * 160));
  }
  return sends;
}

Sends operator+(Sends a, const Sends& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Sends operator+(Sends a, const Send& b) {
  a.push_back(b);
  return a;
}

/// Plays one scenario: sends, then compares what came out leg by leg.
class Player {
 public:
  Player(const Scenario& scenario, const GatewayOptions& options)
      : scenario_(scenario), call_(options, scenario.legs) {}

  void play() {
    prepare();
    deliver();
    call_.settle();
    for (const Leg& leg : scenario_.legs) compare(leg);
    expect_drops(call_.gateway(), scenario_.drops);
  }

 private:
  /// How a source's numbers became those of an outgoing leg.
  struct Mapping {
    std::uint32_t ssrc;
    std::uint16_t sequence;
    std::uint32_t timestamp;
  };

  /// Has the parties make SRTP, in the order of the scenario.
  void prepare() {
    for (const Send& send : scenario_.sends) {
      Bytes wire = make(send);
      if (send.damage_) send.damage_(wire);
      wires_.push_back(std::move(wire));
    }
  }
  Bytes make(const Send& send) {
    if (send.repeats_) return wires_.at(*send.repeats_);
    if (send.raw_) return send.clear_;
    if (!send.apart_) return call_.party(send.leg_).send(send.clear_, send.rtcp_);
    return Party(call_.leg(send.leg_).receive_key, std::nullopt).send(send.clear_, send.rtcp_);
  }

  void deliver() {
    for (std::size_t i = 0; i < scenario_.sends.size(); ++i) order_.push_back(i);
    std::stable_sort(order_.begin(), order_.end(), [this](std::size_t a, std::size_t b) { return due(a) < due(b); });
    for (const std::size_t i : order_) {
      const Send& send = scenario_.sends[i];
      if (send.lost_) continue;
      Frame frame = call_.frame(send.leg_, wires_[i], send.rtcp_);
      if (send.framing_) send.framing_(frame);
      Bytes bytes = frame.bytes();
      if (send.frame_damage_) send.frame_damage_(bytes);
      if (send.rested_) call_.settle();
      call_.inject(send.leg_, bytes, send.mbuf_);
    }
  }
  /// A packet that is k places late comes behind the k-th after it.
  std::size_t due(std::size_t i) const {
    const std::size_t late = scenario_.sends[i].late_;
    return 2 * (i + late) + (late != 0 ? 1 : 0);
  }

  void compare(const Leg& out) {
    const auto got = call_.received(out.name);
    std::size_t next = 0;
    for (const std::size_t i : order_) {
      const Send& send = scenario_.sends[i];
      if (!send.arrives_ || call_.leg(send.leg_).peer != out.name) continue;
      ASSERT_LT(next, got.size()) << out.name << " misses packet " << i << " and what follows";
      SCOPED_TRACE("packet " + std::to_string(i) + " for " + out.name);
      compare(out, send, got[next++]);
    }
    EXPECT_EQ(next, got.size()) << out.name << " got more than it should";
  }

  void compare(const Leg& out, const Send& sent, const Received& got) {
    EXPECT_EQ(got.rtcp, sent.rtcp_);
    EXPECT_EQ(got.frame.payload.size(), got.clear.size() + (out.send_key ? out.send_key->overhead(sent.rtcp_) : 0));
    if (out.send_key && out.send_key->encrypts(sent.rtcp_) && sent.clear_.size() >= 12 + 16)
      expect_unreadable(sent, got.frame.payload);
    if (out.tx_mode == dataplane::TxMode::kPassThrough || sent.rtcp_) {
      EXPECT_EQ(got.clear, sent.clear_);
      return;
    }
    ASSERT_EQ(got.clear.size(), sent.clear_.size());
    const auto same_from = [](const Bytes& bytes, std::ptrdiff_t offset) {
      return Bytes(bytes.begin() + offset, bytes.end());
    };
    EXPECT_EQ(be16(got.clear, 0), be16(sent.clear_, 0));
    EXPECT_EQ(same_from(got.clear, 12), same_from(sent.clear_, 12));
    const Mapping mapping{ssrc_of(got.clear),
                          static_cast<std::uint16_t>(sequence_of(got.clear) - sequence_of(sent.clear_)),
                          timestamp_of(got.clear) - timestamp_of(sent.clear_)};
    Mapping& known = mappings_.try_emplace({out.name, ssrc_of(sent.clear_)}, mapping).first->second;
    if (sent.restarts_) known = mapping;
    EXPECT_EQ(mapping.ssrc, known.ssrc);
    EXPECT_EQ(mapping.sequence, known.sequence);
    EXPECT_EQ(mapping.timestamp, known.timestamp);
  }

  static void expect_unreadable(const Send& sent, const Bytes& wire) {
    const auto tail = sent.clear_.end() - 16;
    EXPECT_EQ(std::search(wire.begin(), wire.end(), tail, sent.clear_.end()), wire.end()) << "cleartext on the wire";
  }

  const Scenario& scenario_;
  Call call_;
  std::vector<Bytes> wires_;
  std::vector<std::size_t> order_;
  std::map<std::pair<std::string, std::uint32_t>, Mapping> mappings_;
};

void play(const Scenario& scenario, crypto::EngineKind engine, const Layout& layout) {
  GatewayOptions options = scenario.gateway;
  options.engine = engine;
  options.layout = layout;
  const unsigned buffers = test_pool().available();
  Player(scenario, options).play();
  EXPECT_EQ(test_pool().available(), buffers) << "every mbuf goes back to its pool once";
}

std::vector<ScenarioRun> runs_of(const std::vector<Scenario>& scenarios) {
  std::vector<ScenarioRun> runs;
  for (const Scenario& scenario : scenarios) {
    for (const auto engine : {crypto::EngineKind::kIpsecMb, crypto::EngineKind::kOpenSsl}) {
      for (const Layout& layout : scenario.layouts) runs.push_back({scenario, engine, layout});
    }
  }
  return runs;
}

std::string name_of(const ScenarioRun& run) {
  const std::string engine = run.engine == crypto::EngineKind::kIpsecMb ? "IpsecMb" : "OpenSsl";
  return run.scenario.name + "_" + engine + "_" + run.layout.name;
}

void PrintTo(const ScenarioRun& run, std::ostream* out) { *out << run.scenario.description; }

}  // namespace sallyport::scenario
