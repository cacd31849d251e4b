// Session descriptions (RFC 8866) as values: read tolerantly from what parties send, written strictly. Pure; used by
// SIP, MGCP and ng on the control thread, and by the functions that plan media. Knows no policy and no sockets.
//
// What is negotiated between the legs of a call lies in m=, c=, b= and a= lines; of the rest only o=, s= and t= are
// kept. Lines i=, u=, e=, p=, r=, z=, k= and unknown ones are read over and not passed on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "controlplane/endpoint.hpp"
#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane {

inline constexpr std::size_t kMaxSdpLength = 64 * 1024;  ///< bytes
inline constexpr std::size_t kMaxSdpLine = 4096;         ///< bytes, without its end
inline constexpr std::size_t kMaxSdpMedia = 64;          ///< m-lines

enum class MediaKind : std::uint8_t { kAudio, kVideo, kImage, kApplication, kText, kOther };

std::string_view to_string(MediaKind kind);

/// What is behind "a=": "name:value" or "name". A value may be a key, and so it wipes itself.
struct SdpAttribute {
  SecretString text;

  std::string_view name() const;
  /// Without blanks in front; empty where there is none.
  std::string_view value() const;
};

/// A c= line, or the end of an o= line: "IN IP4 192.0.2.1".
struct SdpConnection {
  bool v6 = false;
  std::string host;  ///< an address, or a name that is never looked up; without TTL

  static SdpConnection of(const drivers::IpAddress& address);
  /// Nothing where `host` is a name.
  std::optional<drivers::IpAddress> address() const { return drivers::IpAddress::parse(host); }
};

/// An o= line. Numbers stay text: parties send ones of any length.
struct SdpOrigin {
  std::string user = "-";
  std::string session_id = "0";
  std::string version = "0";  ///< one more for each description that differs from the one before (RFC 3264 8)
  SdpConnection connection{false, "0.0.0.0"};
};

/// One m= section.
struct MediaDescription {
  std::string media = "audio";  ///< as written
  std::uint16_t port = 0;       ///< 0: rejected or switched off (RFC 3264 6, 8.2)
  std::uint16_t port_count = 1;
  std::string proto;
  std::vector<std::string> formats;
  std::optional<SdpConnection> connection;
  std::vector<std::string> bandwidth;  ///< "AS:64"
  std::vector<SdpAttribute> attributes;

  MediaKind kind() const;
};

struct SessionDescription {
  SdpOrigin origin;
  std::string name = "-";
  std::optional<SdpConnection> connection;
  std::vector<std::string> bandwidth;
  std::string time = "0 0";
  std::vector<SdpAttribute> attributes;
  std::vector<MediaDescription> media;
};

/// Why a text is not a session description. Holds nothing of the text.
struct SdpFault {
  std::size_t line = 0;  ///< counted from 1
  std::string expected;

  /// "line 3: expected m=<media> <port> <proto> <formats>".
  std::string to_string() const;
};

/// Reads a description, up to the bounds above. Line ends may be CRLF, LF or CR, the last one may be missing; lines may
/// stand in any order within their section, s=, o= and t= may be missing, blanks may be too many. Refused: no v=0, a
/// malformed m= or c= line, control characters, a line that is not "x=...". Never throws for what was read.
std::variant<SessionDescription, SdpFault> parse_sdp(std::string_view text);

/// RFC 8866's order, CRLF, lines that it demands. The text may hold keys.
SecretString to_string(const SessionDescription& description);

/// The text for logs, with keys put out of sight: of a=crypto lines (in any spelling, whole or malformed), k= lines,
/// a=key-mgmt and ICE passwords. Takes any text, a whole SIP message for instance.
std::string redacted(std::string_view text);

}  // namespace sallyport::controlplane
