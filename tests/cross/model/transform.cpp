#include "tests/cross/model/transform.hpp"

#include "tests/cross/model/keystream.hpp"

namespace sallyport::model {
namespace {

constexpr std::uint32_t kEncryptedBit = 0x80000000;

std::uint32_t read_be(const Bytes& bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[at + i];
  return value;
}

Bytes be32(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// Cuts `length` bytes off the end of `bytes`.
Bytes cut_end(Bytes& bytes, std::size_t length) {
  const auto at = bytes.end() - static_cast<std::ptrdiff_t>(length);
  Bytes end(at, bytes.end());
  bytes.erase(at, bytes.end());
  return end;
}

Bytes keystream(const Session& session, const SessionKeys& keys, Kind kind, const Bytes& header, std::uint64_t index,
                std::size_t length) {
  const std::uint32_t ssrc = read_be(header, kind == Kind::kRtp ? 8 : 4, 4);
  if (session.suite.cipher == Cipher::kCounter) {
    return counter_keystream(keys.encryption, counter_iv(keys.salt, ssrc, index), length);
  }
  if (session.suite.cipher == Cipher::kF8) {
    const Block iv = kind == Kind::kRtp ? f8_rtp_iv(header, static_cast<std::uint32_t>(index >> 16))
                                        : f8_rtcp_iv(header, kEncryptedBit | static_cast<std::uint32_t>(index));
    return f8_keystream(keys.encryption, keys.salt, iv, length);
  }
  return Bytes(length, 0);  // RFC 3711 4.1.3
}

/// What the HMAC covers (RFC 3711 4.2): SRTP header | text | ROC, SRTCP header | text | E and index.
Bytes hmac_tag(const Session& session, const SessionKeys& keys, Kind kind, const Bytes& header, const Bytes& text,
               std::uint32_t e_and_index, std::uint64_t index) {
  const Bytes trailer = be32(kind == Kind::kRtp ? static_cast<std::uint32_t>(index >> 16) : e_and_index);
  Bytes tag = hmac_sha1(keys.authentication, header + text + trailer);
  tag.resize(session.tag_len(kind));
  return tag;
}

Bytes gcm_iv_of(const SessionKeys& keys, Kind kind, const Bytes& header, std::uint64_t index) {
  return gcm_iv(keys.salt, read_be(header, kind == Kind::kRtp ? 8 : 4, 4), index);
}

/// RFC 7714 8.2, 9.2 and 9.3: the header, what is not encrypted of the text, and for SRTCP E and index.
Bytes gcm_additional(Kind kind, const Bytes& header, const Bytes& plain, std::uint32_t e_and_index) {
  return header + plain + (kind == Kind::kRtcp ? be32(e_and_index) : Bytes{});
}

/// Whether this packet's text is encrypted: SRTCP says so itself.
bool is_encrypted(const Session& session, Kind kind, std::uint32_t e_and_index) {
  return kind == Kind::kRtp ? session.encrypts(kind) : (e_and_index & kEncryptedBit) != 0;
}

}  // namespace

std::optional<Header> parse(Kind kind, const Bytes& packet) {
  const std::size_t fixed = kind == Kind::kRtp ? 12 : 8;
  if (packet.size() < fixed || packet[0] >> 6 != 2) return std::nullopt;
  if (kind == Kind::kRtcp) return Header{8, read_be(packet, 4, 4), 0};
  std::size_t length = 12 + 4 * std::size_t{packet[0] & 15U};
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < length + 4) return std::nullopt;
    length += 4 + 4 * std::size_t{read_be(packet, length + 2, 2)};
  }
  if (packet.size() < length) return std::nullopt;
  return Header{length, read_be(packet, 8, 4), static_cast<std::uint16_t>(read_be(packet, 2, 2))};
}

std::optional<Parts> take_apart(const Session& session, Kind kind, std::size_t mki_len, const Bytes& packet) {
  const std::optional<Header> header = parse(kind, packet);
  const std::size_t tag_len = session.tag_len(kind);
  const std::size_t index_len = kind == Kind::kRtcp ? 4 : 0;
  if (!header || packet.size() < header->length + mki_len + index_len + tag_len) return std::nullopt;
  Parts parts;
  Bytes rest = packet;
  if (!session.suite.gcm()) parts.tag = cut_end(rest, tag_len);  // text | (E, index) | MKI | tag
  parts.mki = cut_end(rest, mki_len);                            // GCM: text, tag | (E, index) | MKI
  if (kind == Kind::kRtcp) parts.e_and_index = read_be(cut_end(rest, 4), 0, 4);
  parts.text = cut_end(rest, rest.size() - header->length);
  parts.header = rest;
  return parts;
}

Bytes protect(const Session& session, const SessionKeys& keys, const Bytes& mki, Kind kind, const Bytes& packet,
              std::uint64_t index) {
  const bool encrypted = session.encrypts(kind);
  const std::uint32_t e_and_index = (encrypted ? kEncryptedBit : 0) | static_cast<std::uint32_t>(index);
  const Bytes on_wire = kind == Kind::kRtcp ? be32(e_and_index) : Bytes{};
  Bytes header = packet;
  const Bytes clear = cut_end(header, packet.size() - parse(kind, packet).value().length);

  if (session.suite.gcm()) {
    const Bytes additional = gcm_additional(kind, header, encrypted ? Bytes{} : clear, e_and_index);
    const Bytes sealed = gcm_seal(keys.encryption, gcm_iv_of(keys, kind, header, index), additional,
                                  encrypted ? clear : Bytes{}, session.tag_len(kind));
    return header + (encrypted ? Bytes{} : clear) + sealed + on_wire + mki;
  }
  const Bytes text = encrypted ? clear ^ keystream(session, keys, kind, header, index, clear.size()) : clear;
  const Bytes tag = hmac_tag(session, keys, kind, header, text, e_and_index, index);
  return header + text + on_wire + mki + tag;
}

std::optional<Bytes> unprotect(const Session& session, const SessionKeys& keys, Kind kind, const Parts& parts,
                               std::uint64_t index) {
  const bool encrypted = is_encrypted(session, kind, parts.e_and_index);

  if (session.suite.gcm()) {
    Bytes sealed = parts.text;
    Bytes plain;
    if (!encrypted) {
      plain = sealed;
      sealed = cut_end(plain, session.tag_len(kind));
    }
    const std::optional<Bytes> clear =
        gcm_open(keys.encryption, gcm_iv_of(keys, kind, parts.header, index),
                 gcm_additional(kind, parts.header, plain, parts.e_and_index), sealed, session.tag_len(kind));
    if (!clear) return std::nullopt;
    return parts.header + plain + *clear;
  }
  if (hmac_tag(session, keys, kind, parts.header, parts.text, parts.e_and_index, index) != parts.tag) {
    return std::nullopt;
  }
  if (!encrypted) return parts.header + parts.text;
  return parts.header + (parts.text ^ keystream(session, keys, kind, parts.header, index, parts.text.size()));
}

}  // namespace sallyport::model
