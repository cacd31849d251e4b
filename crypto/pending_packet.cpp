#include "crypto/pending_packet.hpp"

#include <cstddef>

#include "crypto/protect_steps.hpp"
#include "crypto/unprotect_steps.hpp"

namespace sallyport::crypto {

bool PendingPacket::begin_protect() noexcept {
  try_ = 0;
  packet_.verdict = crypto::begin_protect(space(), packet_);
  return packet_.verdict == Verdict::kOk;
}

void PendingPacket::finish_protect() noexcept { packet_.verdict = crypto::finish_protect(job_, origin_, packet_); }

bool PendingPacket::begin_unprotect() noexcept {
  packet_.used_fallback = false;
  said_ = {};
  return begin_from(0);
}

bool PendingPacket::continue_unprotect() noexcept {
  packet_.verdict = finish_unprotect(space(), packet_, context());
  if (packet_.verdict == Verdict::kOk) {
    packet_.used_fallback = kTries[try_].fallback;
    return false;
  }
  said() = answer_of(packet_);
  return begin_from(try_ + 1);
}

/// Whether the present try is one for this packet, given what its key said before.
bool PendingPacket::has_try() noexcept {
  if (kTries[try_].fallback && packet_.fallback == nullptr) return false;
  set_answer(packet_, said());
  switch (kTries[try_].guess) {
    case Guess::kFirst:
      return true;
    case Guess::kSecond:
      return has_guess<Guess::kSecond>(packet_, context());
    case Guess::kThird:
      break;
  }
  return has_guess<Guess::kThird>(packet_, context());
}

Verdict PendingPacket::begin_try() noexcept {
  switch (kTries[try_].guess) {
    case Guess::kFirst:
      return begin_guess<Guess::kFirst>(space(), packet_, context());
    case Guess::kSecond:
      return begin_guess<Guess::kSecond>(space(), packet_, context());
    case Guess::kThird:
      break;
  }
  return begin_guess<Guess::kThird>(space(), packet_, context());
}

/// A packet that is refused to the end keeps the newer key's verdict, unless that was only that it is shorter than its
/// tag.
bool PendingPacket::begin_from(std::size_t first) noexcept {
  for (try_ = first; try_ < kTries.size(); ++try_) {
    if (!has_try()) continue;
    packet_.verdict = begin_try();
    if (packet_.verdict == Verdict::kOk) return true;
    said() = answer_of(packet_);
  }
  const bool ask_old = said_[0].verdict == Verdict::kMalformed && packet_.fallback != nullptr;
  packet_.verdict = said_[ask_old ? 1 : 0].verdict;
  return false;
}

}  // namespace sallyport::crypto
