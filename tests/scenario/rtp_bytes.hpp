// RTP and RTCP packets as bytes, built step by step (RFC 3550 5.1, 6.4 to 6.6, RFC 4585 6.2.1, RFC 5104 4.3.1). For
// tests; shares no code with what it tests.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::scenario {

using Bytes = std::vector<std::uint8_t>;

class Rtp {
 public:
  Rtp& ssrc(std::uint32_t value) { return ssrc_ = value, *this; }
  Rtp& sequence(std::uint16_t value) { return sequence_ = value, *this; }
  Rtp& timestamp(std::uint32_t value) { return timestamp_ = value, *this; }
  Rtp& payload_type(std::uint8_t value) { return payload_type_ = value, *this; }
  Rtp& marker() { return marker_ = true, *this; }
  Rtp& csrcs(std::vector<std::uint32_t> values) { return csrcs_ = std::move(values), *this; }
  /// A header extension (RFC 3550 5.3.1); `data` is filled up with zeros to whole words.
  Rtp& extension(std::uint16_t profile, Bytes data);
  /// `count` bytes of padding behind the payload, 0: none.
  Rtp& padding(std::uint8_t count) { return padding_ = count, *this; }
  /// Bytes that depend on the sequence number, so that no two packets carry the same.
  Rtp& payload(std::size_t length) { return payload_length_ = length, *this; }

  Bytes bytes() const;

 private:
  std::uint32_t ssrc_ = 0x11111111;
  std::uint32_t timestamp_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint16_t extension_profile_ = 0;
  std::uint8_t payload_type_ = 0;
  std::uint8_t padding_ = 0;
  bool marker_ = false;
  bool has_extension_ = false;
  std::size_t payload_length_ = 160;
  std::vector<std::uint32_t> csrcs_;
  Bytes extension_;
};

struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint32_t highest = 0;
  std::uint8_t fraction_lost = 0;
  std::uint32_t jitter = 0;
  std::uint32_t last_sr = 0;
  std::uint32_t delay = 0;
};

Bytes sender_report(std::uint32_t ssrc, std::uint32_t timestamp, const std::vector<ReportBlock>& blocks = {});
Bytes receiver_report(std::uint32_t ssrc, const std::vector<ReportBlock>& blocks = {});
Bytes source_description(const std::vector<std::pair<std::uint32_t, std::string>>& names);
Bytes bye(const std::vector<std::uint32_t>& ssrcs);
/// Generic NACK; each item is the first lost sequence number and the mask of the 16 behind it.
Bytes nack(std::uint32_t sender, std::uint32_t media, const std::vector<std::pair<std::uint16_t, std::uint16_t>>& lost);
/// Full intra request, for each of `targets`.
Bytes full_intra_request(std::uint32_t sender, const std::vector<std::uint32_t>& targets);
Bytes compound(const std::vector<Bytes>& parts);

std::uint16_t be16(const Bytes& bytes, std::size_t offset);
std::uint32_t be32(const Bytes& bytes, std::size_t offset);
void put_be16(Bytes& bytes, std::size_t offset, std::uint16_t value);
void put_be32(Bytes& bytes, std::size_t offset, std::uint32_t value);

/// Fields of an RTP packet.
inline std::uint16_t sequence_of(const Bytes& rtp) { return be16(rtp, 2); }
inline std::uint32_t timestamp_of(const Bytes& rtp) { return be32(rtp, 4); }
inline std::uint32_t ssrc_of(const Bytes& rtp) { return be32(rtp, 8); }

}  // namespace sallyport::scenario
