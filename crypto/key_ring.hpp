// Several master keys of one direction, told apart by MKI (RFC 3711 3.1, 3.2.1), or one that has an MKI. Cold beside
// the context that owns it: the session keys of the first master key lie in the context itself.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "crypto/kdf.hpp"
#include "crypto/key_use.hpp"
#include "crypto/master_key.hpp"
#include "crypto/secret_memory.hpp"
#include "crypto/session_key.hpp"
#include "crypto/session_parameters.hpp"

namespace sallyport::crypto {

/// A master key as signalling hands it over.
struct MasterKeyEntry {
  MasterKey master;
  Mki mki;
  std::uint64_t lifetime = 0;  ///< packets, 0: as many as RFC 3711 allows

  MasterKeyEntry clone() const { return {master.clone(), mki, lifetime}; }
};

class KeyRing {
 public:
  /// Throws SetupError where MKIs are missing, differ in length or are equal.
  explicit KeyRing(const Suite& suite, std::span<const MasterKeyEntry> keys);
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;
  ~KeyRing();

  /// Derives and expands the session keys of all but the first master key.
  void expand_others(Engine& engine, const Suite& suite, std::span<const MasterKeyEntry> keys);

  std::uint8_t size() const noexcept { return static_cast<std::uint8_t>(slots_.size()); }
  std::uint8_t mki_len() const noexcept { return slots_[0].mki.length(); }
  std::span<const std::uint8_t> mki(std::uint8_t slot) const noexcept { return slots_[slot].mki.bytes(); }
  const KeyFingerprint& fingerprint(std::uint8_t slot) const noexcept { return slots_[slot].fingerprint; }
  const Mki& whole_mki(std::uint8_t slot) const noexcept { return slots_[slot].mki; }
  KeyUse& use(std::uint8_t slot) noexcept { return slots_[slot].use; }
  /// The slot of the MKI that lies at `wire`.
  std::optional<std::uint8_t> find(const std::uint8_t* wire) const noexcept;
  /// Session keys of a slot above 0.
  const SessionKey& rtp(std::uint8_t slot) const noexcept { return slots_[slot].keys->rtp; }
  const SessionKey& rtcp(std::uint8_t slot) const noexcept { return slots_[slot].keys->rtcp; }

 private:
  struct Keys : InSecretMemory {
    SessionKey rtp;
    SessionKey rtcp;
    KeyRelease release = nullptr;
  };
  struct Slot {
    Mki mki;
    KeyUse use;
    KeyFingerprint fingerprint;
    std::unique_ptr<Keys> keys;  ///< null in slot 0
  };

  std::vector<Slot> slots_;
};

}  // namespace sallyport::crypto
