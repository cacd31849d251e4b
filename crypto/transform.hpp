// RTP/RTCP -> SRTP/SRTCP and back for a burst at a time (RFC 3711 3.3, 3.4, RFC 7714 8, 9). Called by the worker's
// protect and unprotect stages, and by the load generator. Allocates nothing, throws nothing, knows no mbufs.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/context.hpp"
#include "crypto/engine.hpp"
#include "crypto/packet_kind.hpp"

namespace sallyport::crypto {

/// What became of a packet.
enum class Verdict : std::uint8_t {
  kOk,
  kMalformed,     ///< too short for header, index and tag, or not RTP/RTCP version 2
  kAuthFailed,    ///< the tag was wrong under every key and ROC that was tried
  kReplayed,      ///< index seen before
  kTooOld,        ///< left of the replay window
  kIndexUsed,     ///< protect: this key has already protected this index
  kSsrcLimit,     ///< more SSRCs under one key than it may remember
  kNotEncrypted,  ///< SRTCP with the E bit clear although encryption was agreed
  kKeyExhausted,  ///< the lifetime of the master key is over (RFC 3711 9.2)
  kNoRoom,        ///< protect: no tail room for tag, MKI and index
  kUnknownMki,    ///< no master key has the packet's MKI
  kNoSessionKey,  ///< the keys of the packet's epoch are not here yet (key derivation rate)
  kEngineFailed,  ///< protect: the implementation could not
};

/// By how many bytes protect() lengthens a packet without MKI. Where `room` has less than that (Context::overhead())
/// behind `length` it answers kNoRoom; unprotect() needs no tail room.
constexpr std::uint16_t srtp_overhead(const Suite& suite, PacketKind kind) noexcept {
  constexpr int kSrtcpIndex = 4;  // E bit and index (RFC 3711 3.4)
  return static_cast<std::uint16_t>(kind == PacketKind::kRtp ? suite.rtp_tag_len : suite.rtcp_tag_len + kSrtcpIndex);
}

/// One packet of a burst.
struct SrtpPacket {
  Context* context;          ///< whose keys; never null
  Context* fallback;         ///< unprotect: the previous key during its grace time, else null
  std::uint8_t* data;        ///< first byte of the RTP or RTCP header; `room` bytes are writable from here
  std::uint16_t length;      ///< in: bytes of the packet; out: its bytes afterwards (unchanged unless kOk)
  std::uint16_t header_len;  ///< RTP: header with CSRCs and extension (never encrypted); RTCP: 8
  std::uint16_t room;        ///< bytes writable from `data`: length plus tail room (protect needs the overhead)
  PacketKind kind;
  Verdict verdict;        ///< out
  bool used_fallback;     ///< out, unprotect: the previous key authenticated it
  bool authentic;         ///< out, unprotect, of a refused one: its tag was right under `index` all the same
  bool attention;         ///< out: the context that was used asks something of control (Context::take_attention())
  std::uint8_t key_slot;  ///< out: which of the context's master keys was used, or tried last, 0 being the first
  std::uint64_t index;    ///< out: 48-bit packet index (RTP) or 31-bit SRTCP index
};

/// Jobs and scratch memory for one burst. One per worker; about 140 KiB.
class Workspace;
struct WorkspaceDeleter {
  void operator()(Workspace* workspace) const noexcept;
};
using WorkspacePtr = std::unique_ptr<Workspace, WorkspaceDeleter>;
WorkspacePtr make_workspace();

/// Protects up to kMaxBurst packets in place, in one engine call. The index of each is estimated from its sequence
/// number and the highest index that its SSRC has used under this key; an index is never used twice.
void protect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept;

/// Authenticates and decrypts up to kMaxBurst packets in place. ROC and replay window move only for authentic packets;
/// duplicates within the burst are caught. A packet whose key fails is tried under `fallback` where that is set.
void unprotect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept;

}  // namespace sallyport::crypto
