// protect() and unprotect() of bursts of RTP packets, per suite and engine, beside the bare IPsec-MB calls over the
// same buffers, keys and order. Options beside Google Benchmark's: --streams=N --burst=N --size=N.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <vector>

#include "crypto/rtp_wire.hpp"
#include "crypto/transform.hpp"
#include "perf/bare_ipsec_mb.hpp"
#include "perf/traffic.hpp"

namespace sallyport::perf {
namespace {

using crypto::Context;
using crypto::Engine;
using crypto::EngineKind;
using crypto::SrtpPacket;
using crypto::Suite;
using crypto::Verdict;

using Contexts = std::vector<std::unique_ptr<Context>>;

Contexts make_contexts(Engine& engine, const Suite& suite, std::uint32_t streams) {
  Contexts contexts;
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    crypto::MasterKey master;
    crypto::store_be32(master.key.data(), stream);
    contexts.push_back(std::make_unique<Context>(engine, suite, master, crypto::ContextOptions{.max_ssrcs = 1}));
  }
  return contexts;
}

/// All packets of the traffic, described for one direction, and burst by burst protected or unprotected.
class Ours {
 public:
  Ours(EngineKind kind, const Suite& suite, Traffic& traffic)
      : engine_(crypto::make_engine(kind)),
        traffic_(&traffic),
        overhead_(srtp_overhead(suite, crypto::PacketKind::kRtp)),
        senders_(make_contexts(*engine_, suite, traffic.shape().streams)),
        receivers_(make_contexts(*engine_, suite, traffic.shape().streams)),
        workspace_(crypto::make_workspace()),
        packets_(traffic.packets()) {}

  const Contexts& senders() const { return senders_; }

  void prepare_clear() {
    traffic_->rewrite();
    describe(senders_, traffic_->shape().size);
  }
  void prepare_sealed() {
    prepare_clear();
    protect();
    check();
    describe(receivers_, traffic_->shape().size + overhead_);
  }
  void protect() {
    for_each_burst([this](std::span<SrtpPacket> burst) { crypto::protect(*engine_, *workspace_, burst); });
  }
  void unprotect() {
    for_each_burst([this](std::span<SrtpPacket> burst) { crypto::unprotect(*engine_, *workspace_, burst); });
  }
  /// Throws unless every packet of the last pass went well: a refused packet is a fast one.
  void check() const {
    for (const SrtpPacket& packet : packets_) {
      if (packet.verdict != Verdict::kOk) throw std::runtime_error("a packet was refused");
    }
  }

 private:
  void describe(const Contexts& contexts, std::size_t length) {
    for (std::size_t i = 0; i < packets_.size(); ++i) {
      SrtpPacket packet{};
      packet.context = contexts[traffic_->stream_of(i)].get();
      packet.data = traffic_->packet(i);
      packet.length = static_cast<std::uint16_t>(length);
      packet.header_len = crypto::kRtpFixedHeader;
      packet.room = static_cast<std::uint16_t>(traffic_->room());
      packet.kind = crypto::PacketKind::kRtp;
      packets_[i] = packet;
    }
  }
  template <class Call>
  void for_each_burst(Call call) {
    const std::span all(packets_);
    for (std::size_t first = 0; first < all.size(); first += traffic_->shape().burst) {
      call(all.subspan(first, std::min<std::size_t>(traffic_->shape().burst, all.size() - first)));
    }
  }

  std::unique_ptr<Engine> engine_;
  Traffic* traffic_;
  std::size_t overhead_;
  Contexts senders_;
  Contexts receivers_;
  crypto::WorkspacePtr workspace_;
  std::vector<SrtpPacket> packets_;
};

void bench_protect(benchmark::State& state, EngineKind kind, const Suite& suite, const Shape& shape) {
  Traffic traffic(shape);
  Ours ours(kind, suite, traffic);
  PassTimer().run(
      state, traffic.packets(), [&] { ours.prepare_clear(); }, [&] { ours.protect(); });
  ours.check();
}

void bench_unprotect(benchmark::State& state, EngineKind kind, const Suite& suite, const Shape& shape) {
  Traffic traffic(shape);
  Ours ours(kind, suite, traffic);
  PassTimer().run(
      state, traffic.packets(), [&] { ours.prepare_sealed(); }, [&] { ours.unprotect(); });
  ours.check();
}

/// The baseline must do the same work: its tags are those that our protect() put into the packets.
void bench_bare(benchmark::State& state, bool seal, const Suite& suite, const Shape& shape) {
  Traffic traffic(shape);
  Ours ours(EngineKind::kIpsecMb, suite, traffic);
  BareIpsecMb bare(suite, traffic, ours.senders());
  std::vector<std::vector<std::uint8_t>> tags(traffic.packets());
  const auto prepare = [&] {
    ours.prepare_sealed();
    for (std::size_t i = 0; i < tags.size(); ++i) {
      const std::uint8_t* tag = traffic.packet(i) + shape.size;
      tags[i].assign(tag, tag + suite.rtp_tag_len);
    }
    if (seal) {
      bare.prepare();
      bare.unprotect();  // back to clear text
    }
    bare.prepare();
  };
  PassTimer().run(state, traffic.packets(), prepare, [&] { seal ? bare.protect() : bare.unprotect(); });
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (!std::equal(tags[i].begin(), tags[i].end(), bare.tag(i))) throw std::runtime_error("baseline: wrong tag");
  }
}

void register_suite(const Suite& suite, const Shape& shape) {
  const auto add = [&](const std::string& direction, const std::string& engine, auto run) {
    benchmark::RegisterBenchmark(row_name(direction, suite.name, shape, engine).c_str(), run)->UseManualTime();
  };
  for (const EngineKind kind : {EngineKind::kIpsecMb, EngineKind::kOpenSsl}) {
    const std::string engine(to_string(kind));
    add("protect", engine, [=, &suite](benchmark::State& s) { bench_protect(s, kind, suite, shape); });
    add("unprotect", engine, [=, &suite](benchmark::State& s) { bench_unprotect(s, kind, suite, shape); });
  }
  add("protect", "ipsec_mb_bare", [=, &suite](benchmark::State& s) { bench_bare(s, true, suite, shape); });
  add("unprotect", "ipsec_mb_bare", [=, &suite](benchmark::State& s) { bench_bare(s, false, suite, shape); });
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  const sallyport::perf::Shape shape = sallyport::perf::take_shape(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const sallyport::crypto::Suite& suite : sallyport::crypto::kSuites) {
    sallyport::perf::register_suite(suite, shape);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
