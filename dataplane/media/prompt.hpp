// Audio that is played to many: encoded once for one codec, in frames of one packet each. Made by the control thread,
// read by any number of workers at the same time, never changed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::dataplane {

/// Every packet that is played out holds so much audio.
inline constexpr unsigned kFrameMilliseconds = 20;
/// The longest payload that a frame may have: more than any codec of ours makes of 20 ms, and room in every buffer.
inline constexpr std::size_t kMaxFrameBytes = 1400;

class Prompt {
 public:
  /// `ends`: where each frame ends in `bytes`, ascending, the last one at its end; at least one frame, each of 1 to
  /// kMaxFrameBytes. `timestamp_step`: RTP clock units in a frame, at the clock that RTP counts by (RFC 3551 4.5.2:
  /// G.722's is 8000 Hz).
  Prompt(std::string name, std::vector<std::uint8_t> bytes, std::vector<std::uint32_t> ends,
         std::uint32_t timestamp_step)
      : name_(std::move(name)), bytes_(std::move(bytes)), ends_(std::move(ends)), timestamp_step_(timestamp_step) {}

  const std::string& name() const noexcept { return name_; }
  std::uint32_t frames() const noexcept { return static_cast<std::uint32_t>(ends_.size()); }
  std::uint32_t timestamp_step() const noexcept { return timestamp_step_; }
  std::span<const std::uint8_t> frame(std::uint32_t number) const noexcept {
    const std::uint32_t begin = number == 0 ? 0 : ends_[number - 1];
    return {bytes_.data() + begin, ends_[number] - begin};
  }
  /// Of its payloads.
  std::size_t size() const noexcept { return bytes_.size(); }

 private:
  std::string name_;
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> ends_;
  std::uint32_t timestamp_step_;
};

}  // namespace sallyport::dataplane
