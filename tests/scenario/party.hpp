// The far end of a leg: makes and reads SRTP with libSRTP, and what libSRTP does not have (F8, NULL, key lengths, MKI,
// session parameters) with the model of the RFCs. Neither shares code with the gateway.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/key_ring.hpp"
#include "crypto/session_parameters.hpp"
#include "crypto/suite.hpp"
#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::scenario {

/// One master key.
struct Master {
  Bytes bytes;  ///< key, then salt
  crypto::Mki mki{};
  std::uint64_t lifetime = 0;
};

/// What both ends of a direction know.
struct Key {
  const crypto::Suite* suite;
  Bytes master;  ///< key, then salt
  crypto::Mki mki{};
  std::uint64_t lifetime = 0;
  std::vector<Master> more{};  ///< further master keys, with MKIs
  crypto::SessionParameters parameters{};

  /// Changed, for tests that say only what is special.
  Key with(crypto::SessionParameters changed) const;
  Key with_mki(crypto::Mki changed) const;
  Key with_lifetime(std::uint64_t packets) const;
  Key with_another(std::uint8_t number, crypto::Mki mki_of_it) const;

  std::vector<Master> all() const;
  std::vector<crypto::MasterKeyEntry> entries() const;
  /// How much longer SRTP makes a packet.
  std::size_t overhead(bool rtcp) const;
  bool encrypts(bool rtcp) const;
};

/// A key that depends on `number` alone.
Key make_key(const std::string& suite, std::uint8_t number);

/// One direction at the far end.
class SendingEnd {
 public:
  virtual ~SendingEnd() = default;
  /// Throws std::runtime_error where it refuses.
  virtual Bytes protect(const Bytes& clear, bool rtcp) = 0;
  virtual void use_key(std::size_t slot) = 0;
};
class ReceivingEnd {
 public:
  virtual ~ReceivingEnd() = default;
  virtual std::optional<Bytes> unprotect(const Bytes& wire, bool rtcp) = 0;
};

class Party {
 public:
  /// Without a key that direction is plain.
  Party(const std::optional<Key>& send_key, const std::optional<Key>& receive_key);

  /// What goes on the wire for a clear packet. Throws std::runtime_error where it cannot be.
  Bytes send(const Bytes& clear, bool rtcp);
  /// The clear packet; nothing where it does not authenticate or was received before.
  std::optional<Bytes> receive(const Bytes& wire, bool rtcp);
  /// Sends with another of its master keys, 0 being the first.
  void send_with(std::size_t slot) { sending_->use_key(slot); }

 private:
  std::unique_ptr<SendingEnd> sending_;
  std::unique_ptr<ReceivingEnd> receiving_;
};

}  // namespace sallyport::scenario
