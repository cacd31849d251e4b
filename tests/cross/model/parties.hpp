// Sender and receiver of the model: RFC 3711 3.3 in the order in which it is written, one packet at a time, with all
// state in plain containers. What the property tests measure the product against; shares no code with it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "tests/cross/model/index.hpp"
#include "tests/cross/model/transform.hpp"

namespace sallyport::model {

class Sender {
 public:
  /// Protects with the first key until use_key() names another.
  Sender(Session session, std::vector<MasterKey> keys);
  /// After a re-key: ROCs and SRTCP indices go on from `previous`.
  Sender(Session session, std::vector<MasterKey> keys, const Sender& previous);

  /// Nothing where the packet is malformed, its index was used under this key or is `window` behind, or the key's
  /// lifetime is over.
  std::optional<Bytes> protect(Kind kind, const Bytes& packet);
  void use_key(std::size_t key) { key_ = key; }
  void set_roc(std::uint32_t ssrc, std::uint32_t roc) { states_[ssrc].roc = roc; }

 private:
  Session session_;
  std::vector<MasterKey> keys_;
  std::size_t key_ = 0;
  std::map<std::pair<std::size_t, Kind>, std::uint64_t> used_;  ///< packets per key
  std::map<std::uint32_t, SsrcState> states_;
};

enum class Verdict {
  kAccepted,
  kMalformed,
  kUnknownKey,   ///< no master key has that MKI
  kUnencrypted,  ///< SRTCP with E = 0
  kReplayed,
  kTooOld,
  kUnauthentic,
  kExhausted,  ///< authentic, but the key's lifetime is over
};

struct Received {
  Verdict verdict;
  Bytes packet;             ///< the cleartext, if accepted
  std::uint64_t index = 0;  ///< if accepted
  bool searched = false;    ///< it is not the estimated one
};

class Receiver {
 public:
  /// ROCs to try after the estimate, in their order, for an SSRC that was not authentic under these keys yet. `roc` is
  /// none where the SSRC is unknown. RFC 3711 has no such search; what a product tries is for its test to say.
  using Search = std::function<std::vector<std::uint32_t>(std::optional<std::uint32_t> roc, std::uint16_t sequence)>;

  Receiver(Session session, std::vector<MasterKey> keys, Search search = {});
  /// After a re-key.
  Receiver(Session session, std::vector<MasterKey> keys, Search search, const Receiver& previous);

  Received receive(Kind kind, const Bytes& packet);
  /// Takes an SRTP packet in at an index that the estimate does not name. False: it is not authentic there, or known.
  bool adopt(const Bytes& packet, std::uint64_t index);
  void set_roc(std::uint32_t ssrc, std::uint32_t roc) { states_[ssrc].roc = roc; }

  /// Highest authentic index of that SSRC under these keys; none where there was none.
  std::optional<std::uint64_t> highest(Kind kind, std::uint32_t ssrc) const;
  /// ROC of the SSRC as far as it is known, from its packets, from key management or from the keys before.
  std::optional<std::uint32_t> roc(std::uint32_t ssrc) const;

 private:
  std::optional<std::size_t> key_of(const Parts& parts) const;
  Received open_srtp(std::size_t key, const Parts& parts, const Header& header);
  Received open_srtcp(std::size_t key, const Parts& parts, const Header& header);
  std::vector<std::uint64_t> candidates(const Header& header) const;
  bool take(std::size_t key, Kind kind);

  Session session_;
  std::vector<MasterKey> keys_;
  Search search_;
  std::map<std::pair<std::size_t, Kind>, std::uint64_t> used_;  ///< authentic packets per key
  std::map<std::uint32_t, SsrcState> states_;
};

}  // namespace sallyport::model
