#include "controlplane/observe/packet_capture.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "controlplane/logging.hpp"
#include "controlplane/observe/clear_frame.hpp"
#include "controlplane/observe/request_fields.hpp"
#include "controlplane/srtp_status.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using dataplane::CaptureSide;
using nlohmann::json;
using std::chrono::steady_clock;

/// Packets that may wait for the tool to fetch them, per worker: 8 MB, a fifth of a second at 20,000 packets/s.
constexpr std::size_t kSlots = 4096;
/// Packets in one reply.
constexpr std::size_t kMostAtOnce = 256;
/// The tool fetches several times a second.
constexpr std::chrono::seconds kAbandonedAfter{10};

CaptureSide side_field(const json& request) {
  const std::string side = text_field(request, "side");
  if (side == "wire") return CaptureSide::kWire;
  if (side == "clear") return CaptureSide::kClear;
  throw SetupError("side: expected wire or clear");
}

const char* to_text(CaptureSide side) { return side == CaptureSide::kWire ? "wire" : "clear"; }

/// Whether somebody on the wire could read what is said.
bool is_readable(const WatchedLeg& leg) {
  return leg.side.suite == nullptr || !leg.side.suite->encrypts() || leg.side.parameters.unencrypted_srtp;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock() ends it with a zero
  text.resize(static_cast<std::size_t>(
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()))));
  return text;
}

}  // namespace

PacketCapture::~PacketCapture() {
  if (state_ == State::kNone) return;
  if (state_ == State::kRunning) ended_ = "the gateway stops";
  finish();
}

json PacketCapture::start(const json& request, const Requester& from) {
  if (state_ != State::kNone) {
    throw SetupError("a capture of " + of_ + " is going on already, begun by " + who_.to_string() +
                     "; there can be one at a time");
  }
  const std::string of = text_field(request, "of");
  const CaptureSide side = side_field(request);
  const auto packets = number_field(request, "packets", 1, kMostPackets);
  const auto seconds = number_field(request, "seconds", 1, kMostSeconds);
  std::vector<WatchedLeg> legs = find_legs(streams_, of);
  const bool clear = side == CaptureSide::kClear || std::ranges::any_of(legs, is_readable);
  if (clear && !clear_media_) {
    audit("capture of " + of + " (" + to_text(side) + " side) refused to " + from.to_string() +
          ": [capture] clear_media is not set");
    throw SetupError(of + ": that would show media in the clear, which the configuration does not allow; " +
                     "expected [capture] clear_media = yes, or the wire side of a leg that encrypts");
  }
  std::vector<StreamHandle> handles;
  for (const WatchedLeg& leg : legs) handles.push_back(leg.handle);
  dataplane_.start_capture(side, handles, kSlots);
  state_ = State::kRunning;
  ++id_;
  of_ = of;
  side_ = side;
  shows_clear_media_ = clear;
  who_ = from;
  legs_ = std::move(legs);
  left_ = static_cast<std::size_t>(packets);
  given_ = 0;
  deadline_ = steady_clock::now() + std::chrono::seconds(seconds);
  last_read_ = steady_clock::now();
  wall_ = std::chrono::system_clock::now();
  ticks_ = dataplane::Clock::now();
  ended_.clear();
  audit(what() + " begun: " + std::to_string(packets) + " packets, " + std::to_string(seconds) + " s at most");
  return {{"id", id_}};
}

/// "capture 3 of calls.b (clear side, media in the clear) by user 0 (process 12)".
std::string PacketCapture::what() const {
  return "capture " + std::to_string(id_) + " of " + of_ + " (" + to_text(side_) + " side, " +
         (shows_clear_media_ ? "media in the clear" : "media encrypted") + ") by " + who_.to_string();
}

void PacketCapture::check_id(const json& request) const {
  if (state_ == State::kNone || request.value("id", std::uint64_t{0}) != id_) {
    throw SetupError("that capture is not going on any more; see the gateway's log");
  }
}

json PacketCapture::stop(const json& request) {
  check_id(request);
  if (state_ == State::kRunning) end("stopped");
  return json::object();
}

json PacketCapture::read(const json& request) {
  check_id(request);
  last_read_ = steady_clock::now();
  streams_changed(clear_media_);  // a reload may take a stream elsewhere a little after it was read
  // Asked before packets are taken: when no worker copies any more, all that there are can be taken.
  const bool over = state_ == State::kEnding && !dataplane_.capturing();
  json packets = json::array();
  const std::size_t taken = dataplane_.take_captured(
      std::min(left_, kMostAtOnce), [&](const auto& packet) { packets.push_back(packet_json(packet)); });
  given_ += taken;
  left_ -= taken;
  if (left_ == 0 && state_ == State::kRunning) end("as many packets as were asked for");
  const bool done = over && (taken < kMostAtOnce || left_ == 0);
  json reply{{"packets", std::move(packets)},
             {"more", taken == kMostAtOnce},
             {"lost", dataplane_.capture_lost()},
             {"done", done},
             {"ended", ended_}};
  if (done) finish();
  return reply;
}

json PacketCapture::packet_json(const dataplane::CapturedPacket& packet) const {
  const double ns = packet.at >= ticks_ ? dataplane_.clock().nanoseconds(packet.at - ticks_) : 0.0;
  const auto at = wall_ + std::chrono::nanoseconds(static_cast<std::int64_t>(ns));
  const std::int64_t time = std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
  const std::span<const std::uint8_t> bytes(packet.bytes.data(), packet.kept);
  if (side_ == CaptureSide::kWire) return {time, packet.length, base64(bytes)};
  const WatchedLeg& leg = legs_[packet.leg];
  const auto& port = dataplane_.ports()[dataplane_.addresses()[dataplane_.slot_of(leg.side.local.address)].port];
  const std::vector<std::uint8_t> frame = clear_frame(leg, port.port->mac(), packet.sent, packet.rtcp, bytes);
  return {time, frame.size() + packet.length - packet.kept, base64(frame)};
}

void PacketCapture::poll() {
  if (state_ == State::kNone) return;
  const auto now = steady_clock::now();
  if (now - last_read_ > kAbandonedAfter) {
    // Nobody will take what there is. The workers may be copying still: the next start waits for them.
    if (state_ == State::kRunning) end("nobody fetched its packets");
    if (!dataplane_.capturing()) finish();
  } else if (state_ == State::kRunning) {
    if (now >= deadline_) {
      end("the time is over");
    }
  }
}

void PacketCapture::streams_changed(bool clear_media) {
  clear_media_ = clear_media;
  if (state_ != State::kRunning) return;
  bool clear = side_ == CaptureSide::kClear;
  for (const WatchedLeg& leg : legs_) {
    const std::optional<WatchedLeg> now = find_leg(streams_, leg.handle);
    if (!now) return end("its stream was removed or replaced");
    clear |= is_readable(*now);
  }
  if (!clear || clear_media_) return;
  end("the configuration does not allow to show it any more");
  left_ = 0;  // nor what waits to be fetched
}

void PacketCapture::end(std::string why) {
  dataplane_.stop_capture();
  state_ = State::kEnding;
  ended_ = std::move(why);
}

void PacketCapture::finish() {
  audit(what() + " ended, " + ended_ + ": " + std::to_string(given_) + " packets given out, " +
        std::to_string(dataplane_.capture_lost()) + " lost for want of room");
  if (!dataplane_.capturing()) dataplane_.forget_capture();
  legs_.clear();
  state_ = State::kNone;
}

}  // namespace sallyport::controlplane
