#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::scenario {
namespace {

void append16(Bytes& bytes, std::uint32_t value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void append32(Bytes& bytes, std::uint32_t value) {
  append16(bytes, value >> 16);
  append16(bytes, value);
}

/// An RTCP packet: first byte's count, type and what follows the length field.
Bytes rtcp(std::size_t count, std::uint8_t type, const Bytes& body) {
  Bytes bytes{static_cast<std::uint8_t>(0x80 | count), type};
  append16(bytes, static_cast<std::uint32_t>(body.size() / 4));
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

void append_blocks(Bytes& body, const std::vector<ReportBlock>& blocks) {
  for (const ReportBlock& block : blocks) {
    append32(body, block.ssrc);
    append32(body, std::uint32_t{block.fraction_lost} << 24);
    append32(body, block.highest);
    append32(body, block.jitter);
    append32(body, block.last_sr);
    append32(body, block.delay);
  }
}

}  // namespace

std::uint16_t be16(const Bytes& bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes.at(offset) << 8 | bytes.at(offset + 1));
}
std::uint32_t be32(const Bytes& bytes, std::size_t offset) {
  return std::uint32_t{be16(bytes, offset)} << 16 | be16(bytes, offset + 2);
}
void put_be16(Bytes& bytes, std::size_t offset, std::uint16_t value) {
  bytes.at(offset) = static_cast<std::uint8_t>(value >> 8);
  bytes.at(offset + 1) = static_cast<std::uint8_t>(value);
}
void put_be32(Bytes& bytes, std::size_t offset, std::uint32_t value) {
  put_be16(bytes, offset, static_cast<std::uint16_t>(value >> 16));
  put_be16(bytes, offset + 2, static_cast<std::uint16_t>(value));
}

Rtp& Rtp::extension(std::uint16_t profile, Bytes data) {
  has_extension_ = true;
  extension_profile_ = profile;
  extension_ = std::move(data);
  extension_.resize((extension_.size() + 3) / 4 * 4);
  return *this;
}

Bytes Rtp::bytes() const {
  Bytes bytes{static_cast<std::uint8_t>(0x80 | (padding_ != 0 ? 0x20 : 0) | (has_extension_ ? 0x10 : 0) |
                                        static_cast<int>(csrcs_.size())),
              static_cast<std::uint8_t>((marker_ ? 0x80 : 0) | payload_type_)};
  append16(bytes, sequence_);
  append32(bytes, timestamp_);
  append32(bytes, ssrc_);
  for (const std::uint32_t csrc : csrcs_) append32(bytes, csrc);
  if (has_extension_) {
    append16(bytes, extension_profile_);
    append16(bytes, static_cast<std::uint32_t>(extension_.size() / 4));
    bytes.insert(bytes.end(), extension_.begin(), extension_.end());
  }
  for (std::size_t i = 0; i < payload_length_; ++i) bytes.push_back(static_cast<std::uint8_t>(sequence_ * 31 + i));
  if (padding_ != 0) {
    bytes.insert(bytes.end(), padding_ - 1U, 0);
    bytes.push_back(padding_);
  }
  return bytes;
}

Bytes sender_report(std::uint32_t ssrc, std::uint32_t timestamp, const std::vector<ReportBlock>& blocks) {
  Bytes body;
  append32(body, ssrc);
  append32(body, 0xe1234567);  // NTP time, seconds
  append32(body, 0x89abcdef);
  append32(body, timestamp);
  append32(body, 1000);  // packets sent
  append32(body, 160000);
  append_blocks(body, blocks);
  return rtcp(blocks.size(), 200, body);
}

Bytes receiver_report(std::uint32_t ssrc, const std::vector<ReportBlock>& blocks) {
  Bytes body;
  append32(body, ssrc);
  append_blocks(body, blocks);
  return rtcp(blocks.size(), 201, body);
}

Bytes source_description(const std::vector<std::pair<std::uint32_t, std::string>>& names) {
  Bytes body;
  for (const auto& [ssrc, name] : names) {
    append32(body, ssrc);
    body.push_back(1);  // CNAME
    body.push_back(static_cast<std::uint8_t>(name.size()));
    body.insert(body.end(), name.begin(), name.end());
    do {
      body.push_back(0);
    } while (body.size() % 4 != 0);
  }
  return rtcp(names.size(), 202, body);
}

Bytes bye(const std::vector<std::uint32_t>& ssrcs) {
  Bytes body;
  for (const std::uint32_t ssrc : ssrcs) append32(body, ssrc);
  return rtcp(ssrcs.size(), 203, body);
}

Bytes nack(std::uint32_t sender, std::uint32_t media,
           const std::vector<std::pair<std::uint16_t, std::uint16_t>>& lost) {
  Bytes body;
  append32(body, sender);
  append32(body, media);
  for (const auto& [first, mask] : lost) {
    append16(body, first);
    append16(body, mask);
  }
  return rtcp(1, 205, body);
}

Bytes full_intra_request(std::uint32_t sender, const std::vector<std::uint32_t>& targets) {
  Bytes body;
  append32(body, sender);
  append32(body, 0);  // media SSRC is unused (RFC 5104 4.3.1.2)
  for (const std::uint32_t target : targets) {
    append32(body, target);
    append32(body, 0x07000000);  // command sequence number
  }
  return rtcp(4, 206, body);
}

Bytes compound(const std::vector<Bytes>& parts) {
  Bytes bytes;
  for (const Bytes& part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

}  // namespace sallyport::scenario
