// What is said before anybody protects it: agreements between ends, and for each stream RTP and RTCP packets whose
// SSRCs come and go and whose sequence numbers run, jump, repeat and wrap.
#pragma once

#include <optional>

#include "tests/cross/traffic/end.hpp"
#include "tests/cross/traffic/random.hpp"

namespace sallyport::traffic {

/// What a run may contain.
struct Repertoire {
  std::vector<std::string> suites;
  bool key_derivation = false;
  bool lifetimes = false;
  bool wide_windows = false;
  bool accept_unencrypted = false;
  /// SSRCs whose ROC the receiver has to be told, or to find.
  bool unknown_rocs = false;
  /// MKIs only where the tags of SRTP and SRTCP are equally long.
  bool mki_behind_equal_tags = false;
  /// Texts of GCM are always encrypted in SRTP.
  bool gcm_encrypts = false;
  /// Old keys stay for a while; else a re-key waits until everything under them has arrived.
  bool grace = false;
};

Agreement random_agreement(const Repertoire& repertoire, Random& random);
/// Other keys for the same stream, by turns with other suite and parameters.
Agreement other_keys(const Agreement& before, const Repertoire& repertoire, Random& random);

/// One SSRC.
struct Talker {
  std::uint32_t ssrc;
  std::uint16_t sequence;
  std::size_t advanced = 0;  ///< beyond its first packet under the present keys, behind which it never goes
  std::size_t behind = 0;    ///< its highest
  bool met = false;          ///< a packet of it was sent
  bool heard = false;        ///< likewise, under the present keys
};

/// A packet in the clear, and what is special about it.
struct Said {
  Item item;
  std::uint32_t ssrc;
  bool first = false;  ///< the SSRC's first under its keys
  bool jump = false;   ///< far ahead of the one before
};

struct Habits {
  bool one_ssrc;
  bool rewinds_at_rekey;  ///< goes behind what was sent under the keys before
};

class Talk {
 public:
  Talk(std::size_t stream, const Habits& habits, Random& random);

  /// Changes the SSRC, goes back to an older one, or stays.
  void perhaps_change_ssrc(Random& random);
  Said say(Random& random);
  void after_rekey();
  /// No jump until this is called again: receivers can follow only one at a time.
  void allow_jump() { may_jump_ = true; }

  std::size_t stream() const { return stream_; }
  std::vector<Talker>& talkers() { return talkers_; }
  Talker& active() { return talkers_[active_]; }

 private:
  void add_talker(Random& random);

  std::size_t stream_;
  Habits habits_;
  std::vector<Talker> talkers_;
  std::size_t active_ = 0;
  bool may_jump_ = false;
};

}  // namespace sallyport::traffic
