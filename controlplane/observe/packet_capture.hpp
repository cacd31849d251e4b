// `sallyport capture`: has the workers copy a leg's packets, and gives them to the command line tool, which writes the
// file. The gateway never opens a file for anybody: it runs with more rights than whoever names one might have, and a
// slow disk must not keep it waiting. One capture at a time; it ends by itself when its packets or its time are used
// up, when its stream is gone, or when nobody fetches what it has. Control thread only.
//
// Media that is, or was, encrypted is shown in the clear only where the configuration allows it. Each capture leaves
// two lines in the audit log, and one where it was refused (requirement O2).
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/admin/control_server.hpp"
#include "controlplane/observe/watched_legs.hpp"

namespace sallyport::controlplane {

class PacketCapture {
 public:
  static constexpr int kMostSeconds = 86'400;
  static constexpr int kMostPackets = 1'000'000;

  /// Both outlive it. `clear_media`: [capture] clear_media.
  PacketCapture(DataplaneClient& dataplane, const StaticStreams& streams, bool clear_media)
      : dataplane_(dataplane), streams_(streams), clear_media_(clear_media) {}
  /// Writes the end of a capture that is going on into the audit log.
  ~PacketCapture();
  PacketCapture(const PacketCapture&) = delete;
  PacketCapture& operator=(const PacketCapture&) = delete;

  /// {"of": NAME, "side": "wire" or "clear", "packets": N, "seconds": S}: begins; {"id": I}. Throws SetupError that
  /// says why not.
  nlohmann::json start(const nlohmann::json& request, const Requester& from);
  /// {"id": I}: {"packets": [[ns since 1970, length, base64 of what was kept], ...], "more", "lost", "done", "ended"}.
  nlohmann::json read(const nlohmann::json& request);
  /// {"id": I}: ends it before its time; read() until it is done.
  nlohmann::json stop(const nlohmann::json& request);
  /// To be called every few milliseconds.
  void poll();
  /// After a reload; ends a capture whose stream has gone, or that is not allowed any more.
  void streams_changed(bool clear_media);

 private:
  enum class State { kNone, kRunning, kEnding };

  void check_id(const nlohmann::json& request) const;
  std::string what() const;
  void end(std::string why);
  void finish();
  nlohmann::json packet_json(const dataplane::CapturedPacket& packet) const;

  DataplaneClient& dataplane_;
  const StaticStreams& streams_;
  bool clear_media_;
  State state_ = State::kNone;
  std::uint64_t id_ = 0;
  std::string of_;
  dataplane::CaptureSide side_ = dataplane::CaptureSide::kWire;
  bool shows_clear_media_ = false;
  Requester who_;
  std::vector<WatchedLeg> legs_;
  std::size_t left_ = 0;   ///< packets that may still be given out
  std::size_t given_ = 0;  ///< and how many were
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point last_read_;
  std::chrono::system_clock::time_point wall_;  ///< at the same moment as
  dataplane::Tsc ticks_ = 0;
  std::string ended_;
};

}  // namespace sallyport::controlplane
