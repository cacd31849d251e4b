// The product as a sending and a receiving end: contexts on one engine, protect() and unprotect() in bursts with every
// packet hard against a guard page, and what the control thread does for a context (keys of epochs).
#pragma once

#include <memory>

#include "crypto/pending_packet.hpp"
#include "crypto/transform.hpp"
#include "tests/cross/guarded_buffer.hpp"
#include "tests/cross/traffic/end.hpp"

namespace sallyport::traffic {

crypto::MasterKey master_of(const model::MasterKey& key);
crypto::PacketKind kind_of(Kind kind);

/// The product's two ways through an engine: whole bursts in one call, or packet by packet as with a device whose
/// answers come later.
enum class Path { kBurst, kPending };

/// What both directions share.
class ProductStreams {
 public:
  ProductStreams(crypto::Engine& engine, Path path)
      : engine_(&engine), path_(path), workspace_(crypto::make_workspace()) {}

  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on);
  crypto::Context& context(std::size_t stream) { return *streams_[stream].current; }
  /// Null outside of a grace time.
  crypto::Context* previous(std::size_t stream) { return streams_[stream].previous.get(); }
  void end_grace(std::size_t stream) { streams_[stream].previous.reset(); }

  enum class Direction { kProtect, kUnprotect };
  std::vector<Outcome> run(const std::vector<Item>& burst, Direction direction);

 private:
  struct Stream {
    Agreement agreement;
    Agreement before;
    std::unique_ptr<crypto::Context> current;
    std::unique_ptr<crypto::Context> previous;
  };

  void run_part(std::span<const Item> part, Direction direction, std::vector<Outcome>& outcomes);
  void pass(std::span<crypto::SrtpPacket> packets, Direction direction);
  void pass_pending(std::span<crypto::SrtpPacket> packets, Direction direction);
  void work(const std::vector<crypto::Job*>& jobs, Direction direction);
  Outcome outcome_of(const crypto::SrtpPacket& packet, const Item& item) const;
  bool may_wait_for_keys(std::size_t stream, crypto::Verdict verdict) const;
  void serve(std::size_t stream);
  void serve(crypto::Context& context, const Agreement& agreement);

  crypto::Engine* engine_;
  Path path_;
  crypto::WorkspacePtr workspace_;
  std::array<crypto::PendingPacket, crypto::kMaxBurst> pending_;
  std::vector<Stream> streams_;
  std::array<crypto::test::GuardedBuffer, crypto::kMaxBurst> buffers_;
};

class ProductSender : public SendingEnd {
 public:
  explicit ProductSender(crypto::Engine& engine, Path path = Path::kBurst) : streams_(engine, path) {}
  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override;
  void use_key(std::size_t stream, std::size_t key) override;
  void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) override;
  void skip_srtcp_index(std::size_t stream, std::uint32_t ssrc) override;
  std::vector<Outcome> protect(const std::vector<Item>& burst) override {
    return streams_.run(burst, ProductStreams::Direction::kProtect);
  }

 private:
  ProductStreams streams_;
};

class ProductReceiver : public ReceivingEnd {
 public:
  explicit ProductReceiver(crypto::Engine& engine, Path path = Path::kBurst) : streams_(engine, path) {}
  void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) override {
    streams_.set_keys(stream, agreement, go_on);
  }
  void end_grace(std::size_t stream) override { streams_.end_grace(stream); }
  void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) override;
  std::vector<Outcome> unprotect(const std::vector<Item>& burst) override {
    return streams_.run(burst, ProductStreams::Direction::kUnprotect);
  }
  std::optional<std::uint64_t> highest(std::size_t stream, Kind kind, std::uint32_t ssrc, bool previous) override;

 private:
  ProductStreams streams_;
};

}  // namespace sallyport::traffic
