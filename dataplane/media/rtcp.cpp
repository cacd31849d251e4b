#include "dataplane/media/rtcp.hpp"

#include "crypto/bytes.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::load_be16;
using crypto::load_be32;
using crypto::store_be16;
using crypto::store_be32;

constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kReceiverReport = 201;
constexpr std::uint8_t kSourceDescription = 202;
constexpr std::uint8_t kBye = 203;
constexpr std::uint8_t kTransportFeedback = 205;
constexpr std::uint8_t kPayloadFeedback = 206;
constexpr std::uint8_t kFormatNack = 1;
constexpr std::uint8_t kFormatFir = 4;
constexpr std::size_t kReportBlock = 24;

/// One packet of a compound.
struct Part {
  std::span<std::uint8_t> bytes;
  std::uint8_t type;
  std::uint8_t count;  ///< report count, source count or feedback format

  std::uint8_t* at(std::size_t offset) const noexcept { return bytes.data() + offset; }
  bool has(std::size_t offset, std::size_t length) const noexcept { return offset + length <= bytes.size(); }
};

template <typename Visit>
void for_each_part(std::span<std::uint8_t> packet, Visit&& visit) noexcept {
  while (packet.size() >= 4) {
    const std::size_t length = (std::size_t{load_be16(packet.data() + 2)} + 1) * 4;
    if (length > packet.size()) return;
    visit(Part{packet.first(length), packet[1], static_cast<std::uint8_t>(packet[0] & 0x1f)});
    packet = packet.subspan(length);
  }
}

std::size_t report_blocks_offset(std::uint8_t type) noexcept { return type == kSenderReport ? 28 : 8; }

void report_block_to_source(std::uint8_t* block, const TxClock& clock) noexcept {
  const TxSource* source = clock.sent_as(load_be32(block));
  if (source == nullptr) return;
  store_be32(block, source->in_ssrc);
  store_be32(block + 8, source->source_sequence(load_be32(block + 8)));
}

/// RFC 4585 6.1: the media SSRC is one that we send; a generic NACK names our sequence numbers, a FIR our SSRCs again.
void feedback_to_source(const Part& part, const TxClock& clock) noexcept {
  if (!part.has(8, 4)) return;
  const TxSource* source = clock.sent_as(load_be32(part.at(8)));
  if (source != nullptr) {
    store_be32(part.at(8), source->in_ssrc);
    if (part.type == kTransportFeedback && part.count == kFormatNack) {
      for (std::size_t offset = 12; part.has(offset, 4); offset += 4) {
        store_be16(part.at(offset), static_cast<std::uint16_t>(source->source_sequence(load_be16(part.at(offset)))));
      }
    }
  }
  if (part.type == kPayloadFeedback && part.count == kFormatFir) {  // RFC 5104 4.3.1
    for (std::size_t offset = 12; part.has(offset, 8); offset += 8) {
      const TxSource* target = clock.sent_as(load_be32(part.at(offset)));
      if (target != nullptr) store_be32(part.at(offset), target->in_ssrc);
    }
  }
}

/// Only an SSRC that was mapped before: one that is merely mentioned (a mixer's contributors) costs none of ours.
void map_known_ssrc(std::uint8_t* field, const TxClock& clock) noexcept {
  const TxSource* source = clock.mapping_of(load_be32(field));
  if (source != nullptr) store_be32(field, source->out_ssrc);
}

/// RFC 3550 6.5: chunks of an SSRC and items up to a zero byte, padded to 32 bits.
void description_to_sent(const Part& part, const TxClock& clock) noexcept {
  std::size_t offset = 4;
  for (std::uint8_t chunk = 0; chunk < part.count && part.has(offset, 4); ++chunk) {
    map_known_ssrc(part.at(offset), clock);
    offset += 4;
    while (part.has(offset, 1) && *part.at(offset) != 0) {
      if (!part.has(offset, 2)) return;
      offset += std::size_t{2} + *part.at(offset + 1);
    }
    offset = (offset + 4) & ~std::size_t{3};
  }
}

/// Whether bytes 4 to 7 are an SSRC: not so where the first part ends before, or is a description or goodbye of nobody.
bool names_its_sender(std::span<const std::uint8_t> packet) noexcept {
  const bool lists_sources = packet[1] == kSourceDescription || packet[1] == kBye;
  return load_be16(packet.data() + 2) != 0 && !(lists_sources && (packet[0] & 0x1f) == 0);
}

}  // namespace

bool rtcp_is_well_formed(std::span<const std::uint8_t> packet) noexcept {
  if (packet.size() < 8 || !names_its_sender(packet)) return false;
  while (!packet.empty()) {
    if (packet.size() < 4 || (packet[0] >> 6) != 2) return false;
    const std::size_t length = (std::size_t{load_be16(packet.data() + 2)} + 1) * 4;
    if (length > packet.size()) return false;
    const std::size_t blocks = packet[0] & 0x1f;
    const std::uint8_t type = packet[1];
    if ((type == kSenderReport || type == kReceiverReport) &&
        report_blocks_offset(type) + blocks * kReportBlock > length) {
      return false;
    }
    packet = packet.subspan(length);
  }
  return true;
}

void rtcp_to_source_numbers(std::span<std::uint8_t> packet, const TxClock& clock) noexcept {
  if (clock.mode() == TxMode::kPassThrough) return;
  for_each_part(packet, [&clock](const Part& part) noexcept {
    if (part.type == kSenderReport || part.type == kReceiverReport) {
      std::size_t offset = report_blocks_offset(part.type);
      for (std::uint8_t i = 0; i < part.count; ++i, offset += kReportBlock)
        report_block_to_source(part.at(offset), clock);
    } else if (part.type == kTransportFeedback || part.type == kPayloadFeedback) {
      feedback_to_source(part, clock);
    }
  });
}

void rtcp_to_sent_numbers(std::span<std::uint8_t> packet, TxClock& clock) noexcept {
  if (clock.mode() == TxMode::kPassThrough) return;
  // The first SSRC is the sender's, and the one that SRTCP encrypts under (RFC 3711 4.1.1): it must be one of ours.
  clock.source_of(load_be32(packet.data() + 4));
  for_each_part(packet, [&clock](const Part& part) noexcept {
    if (part.type == kSourceDescription) {
      description_to_sent(part, clock);
    } else if (part.type == kBye) {
      for (std::size_t i = 0; i < part.count && part.has(4 + 4 * i, 4); ++i) {
        map_known_ssrc(part.at(4 + 4 * i), clock);
      }
    } else if (part.has(4, 4)) {
      const TxSource* source = clock.mapping_of(load_be32(part.at(4)));
      if (source == nullptr) return;
      store_be32(part.at(4), source->out_ssrc);
      if (part.type == kSenderReport) store_be32(part.at(16), load_be32(part.at(16)) + source->timestamp_offset);
    }
  });
}

}  // namespace sallyport::dataplane
