// Session descriptions as text: RFC 8866 5's order, each line ended by CRLF. And the small accessors of their parts.
#include "controlplane/negotiation/sdp.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

struct KindName {
  std::string_view name;
  MediaKind kind;
};
constexpr std::array kKinds{
    KindName{"audio", MediaKind::kAudio}, KindName{"video", MediaKind::kVideo},
    KindName{"image", MediaKind::kImage}, KindName{"application", MediaKind::kApplication},
    KindName{"text", MediaKind::kText},
};

class Writer {
 public:
  /// One line of several words.
  template <class... Words>
  void line(std::string_view type, const Words&... words) {
    text_.append(type);
    bool first = true;
    ((text_.append(first ? "" : " ").append(std::string_view(words)), first = false), ...);
    text_.append("\r\n");
  }
  void connection(const std::optional<SdpConnection>& connection) {
    if (connection) line("c=", "IN", family(*connection), connection->host);
  }
  void origin(const SdpOrigin& origin) {
    line("o=", origin.user, origin.session_id, origin.version, "IN", family(origin.connection), origin.connection.host);
  }
  void bandwidth(const std::vector<std::string>& values) {
    for (const std::string& value : values) line("b=", value);
  }
  void attributes(const std::vector<SdpAttribute>& attributes) {
    for (const SdpAttribute& attribute : attributes) line("a=", attribute.text);
  }
  void media(const MediaDescription& media) {
    std::string port = std::to_string(media.port);
    if (media.port_count != 1) port += '/' + std::to_string(media.port_count);
    std::string formats;
    for (const std::string& format : media.formats) formats += (formats.empty() ? "" : " ") + format;
    if (formats.empty()) formats = "0";  // RFC 8866 9: there is one at least, also where nothing is meant by it
    line("m=", media.media, port, media.proto, formats);
    connection(media.connection);
    bandwidth(media.bandwidth);
    attributes(media.attributes);
  }
  SecretString take() { return std::move(text_); }

 private:
  static std::string_view family(const SdpConnection& connection) { return connection.v6 ? "IP6" : "IP4"; }

  SecretString text_;
};

}  // namespace

std::string_view to_string(MediaKind kind) {
  for (const KindName& row : kKinds) {
    if (row.kind == kind) return row.name;
  }
  return "other";
}

MediaKind MediaDescription::kind() const {
  for (const KindName& row : kKinds) {
    if (equal_without_case(row.name, media)) return row.kind;
  }
  return MediaKind::kOther;
}

std::string_view SdpAttribute::name() const { return std::string_view(text).substr(0, text.find(':')); }

std::string_view SdpAttribute::value() const {
  const std::size_t colon = text.find(':');
  return colon == SecretString::npos ? std::string_view()
                                     : without_blanks_in_front(std::string_view(text).substr(colon + 1));
}

SdpConnection SdpConnection::of(const drivers::IpAddress& address) { return {address.v6, address.to_string()}; }

SecretString to_string(const SessionDescription& description) {
  Writer writer;
  writer.line("v=", "0");
  writer.origin(description.origin);
  writer.line("s=", description.name);
  writer.connection(description.connection);
  writer.bandwidth(description.bandwidth);
  writer.line("t=", description.time);
  writer.attributes(description.attributes);
  for (const MediaDescription& media : description.media) writer.media(media);
  return writer.take();
}

}  // namespace sallyport::controlplane
