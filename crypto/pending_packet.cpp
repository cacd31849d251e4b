#include "crypto/pending_packet.hpp"

#include <cstddef>

#include "crypto/protect_steps.hpp"
#include "crypto/unprotect_steps.hpp"

namespace sallyport::crypto {

bool PendingPacket::begin_protect() noexcept {
  packet_.verdict = crypto::begin_protect(space(), packet_);
  return packet_.verdict == Verdict::kOk;
}

void PendingPacket::finish_protect() noexcept { packet_.verdict = crypto::finish_protect(job_, origin_, packet_); }

template <Guess kGuess>
bool PendingPacket::begin() noexcept {
  guess_ = kGuess;
  packet_.verdict = crypto::begin_unprotect<kGuess>(space(), packet_, context());
  return packet_.verdict == Verdict::kOk;
}

bool PendingPacket::begin_unprotect() noexcept {
  on_fallback_ = false;
  packet_.used_fallback = false;
  return begin<Guess::kFirst>() || begin_fallback();
}

bool PendingPacket::continue_unprotect() noexcept {
  packet_.verdict = finish_unprotect(space(), packet_, context());
  if (packet_.verdict == Verdict::kOk) {
    packet_.used_fallback = on_fallback_;
    return false;
  }
  return begin_next() || begin_fallback();
}

/// The next guess under the same key.
bool PendingPacket::begin_next() noexcept {
  if (guess_ == Guess::kFirst && has_guess<Guess::kSecond>(packet_, context())) {
    if (begin<Guess::kSecond>()) return true;
    wrong_guess(packet_);
  }
  if (guess_ != Guess::kThird && has_guess<Guess::kThird>(packet_, context())) {
    if (begin<Guess::kThird>()) return true;
    wrong_guess(packet_);
  }
  return false;
}

/// The previous key, where there is one that was not tried. A packet that fails there as well keeps its first verdict,
/// unless that was only that it is shorter than the new key's tag.
bool PendingPacket::begin_fallback() noexcept {
  if (!on_fallback_ && packet_.fallback != nullptr) {
    on_fallback_ = true;
    first_verdict_ = packet_.verdict;
    if (begin<Guess::kFirst>()) return true;
  }
  if (on_fallback_ && first_verdict_ != Verdict::kMalformed) packet_.verdict = first_verdict_;
  return false;
}

}  // namespace sallyport::crypto
