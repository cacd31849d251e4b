#include "crypto/key_ring.hpp"

#include <algorithm>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {

KeyRing::KeyRing(const Suite& suite, std::span<const MasterKeyEntry> keys) {
  const std::string who = "suite " + std::string(suite.name) + ": ";
  const std::size_t length = keys[0].mki.length();
  if (length == 0) throw SetupError(who + "several master keys need MKIs");
  slots_.reserve(keys.size());
  for (const MasterKeyEntry& key : keys) {
    if (key.mki.length() != length) throw SetupError(who + "the MKIs of a stream must be of one length");
    if (find(key.mki.bytes().data())) throw SetupError(who + "two master keys have the same MKI");
    slots_.push_back({key.mki, KeyUse(key.lifetime), fingerprint_of(suite, key.master), nullptr});
  }
}

KeyRing::~KeyRing() {
  for (const Slot& slot : slots_) {
    if (slot.keys == nullptr || slot.keys->release == nullptr) continue;
    slot.keys->release(slot.keys->rtp.record);
    slot.keys->release(slot.keys->rtcp.record);
  }
}

void KeyRing::expand_others(Engine& engine, const Suite& suite, std::span<const MasterKeyEntry> keys) {
  for (std::size_t slot = 1; slot < keys.size(); ++slot) {
    slots_[slot].keys = std::make_unique<Keys>();
    Keys& expanded = *slots_[slot].keys;
    expanded.release = fill_both(engine, suite, keys[slot].master, expanded.rtp, expanded.rtcp);
  }
}

std::optional<std::uint8_t> KeyRing::find(const std::uint8_t* wire) const noexcept {
  const auto slot = std::ranges::find_if(
      slots_, [&](const Slot& s) { return std::equal(s.mki.bytes().begin(), s.mki.bytes().end(), wire); });
  if (slot == slots_.end()) return std::nullopt;
  return static_cast<std::uint8_t>(slot - slots_.begin());
}

}  // namespace sallyport::crypto
