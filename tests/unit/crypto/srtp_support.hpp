// What the tests of the crypto layer share: packets, keys, every engine that this host can run, and one end of a
// stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/engine.hpp"
#include "crypto/engines/ipsec_mb.hpp"
#include "crypto/transform.hpp"

namespace sallyport::crypto::test {

using Bytes = std::vector<std::uint8_t>;

/// Blanks are skipped.
Bytes from_hex(std::string_view hex);
std::string to_hex(std::span<const std::uint8_t> bytes);

struct RtpShape {
  std::uint32_t ssrc = 0x11223344;
  std::uint16_t sequence = 1;
  std::size_t payload = 160;
  std::uint8_t csrcs = 0;
  std::uint8_t extension_words = 0;
};
/// An RTP packet with pseudo-random content that depends on its sequence number.
Bytes make_rtp(const RtpShape& shape);
/// An RTCP packet of `body` bytes behind the first eight.
Bytes make_rtcp(std::uint32_t ssrc, std::size_t body);

/// Reproducible key material.
MasterKey make_master(std::uint32_t seed);

struct NamedEngine {
  std::string name;
  std::unique_ptr<Engine> engine;
};
/// The OpenSSL engine, and the IPsec-MB engine limited to each instruction set that this host has.
std::vector<NamedEngine> all_engines();

SrtpPacket describe(PacketKind kind, std::uint8_t* data, std::size_t length, std::size_t room, Context& context);

/// One direction of one stream at one end, packet by packet.
class Endpoint {
 public:
  Endpoint(Engine& engine, const Suite& suite, const MasterKey& master, const ContextOptions& options = {});

  /// Lengthens the packet by its overhead if the verdict is kOk.
  Verdict protect(PacketKind kind, Bytes& packet);
  /// Shortens it likewise.
  Verdict unprotect(PacketKind kind, Bytes& packet);

  Context& context() { return context_; }
  Engine& engine() { return *engine_; }
  Workspace& workspace() { return *workspace_; }
  std::uint64_t last_index() const { return last_index_; }
  bool last_attention() const { return last_attention_; }

 private:
  Engine* engine_;
  Context context_;
  WorkspacePtr workspace_;
  std::uint64_t last_index_ = 0;
  bool last_attention_ = false;
};

}  // namespace sallyport::crypto::test
