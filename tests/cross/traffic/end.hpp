// What every implementation of SRTP looks like to the tests that compare them: a sending and a receiving end for
// several streams, in bursts. Implemented by the model, by the product on any engine, and by libSRTP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/cross/model/parties.hpp"

namespace sallyport::traffic {

using model::Bytes;
using model::Kind;

/// What the two ends of a stream agreed on.
struct Agreement {
  model::Session session;
  std::vector<model::MasterKey> keys;

  bool gcm() const { return session.suite.gcm(); }
};

struct Item {
  std::size_t stream;
  Kind kind;
  Bytes packet;
};

/// What became of a packet.
struct Outcome {
  bool accepted;
  Bytes packet;  ///< accepted: the other form. Refused: what is left of it
  std::uint64_t index = 0;
  bool by_previous_keys = false;
  model::Verdict verdict = model::Verdict::kAccepted;  ///< receiving
  bool searched = false;                               ///< receiving: its ROC was not the estimated one
};

class SendingEnd {
 public:
  virtual ~SendingEnd() = default;
  /// The first keys of a stream (streams are numbered in their order), or others. Whether ROCs and SRTCP indices go on
  /// where the keys before were, or start from 0.
  virtual void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) = 0;
  /// Which of several master keys protects from now on.
  virtual void use_key(std::size_t stream, std::size_t key) = 0;
  /// For an SSRC that was not used yet.
  virtual void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) = 0;
  /// Leaves out the first SRTCP index of an SSRC, for comparison with an end that starts at 1.
  virtual void skip_srtcp_index(std::size_t stream, std::uint32_t ssrc) = 0;
  virtual std::vector<Outcome> protect(const std::vector<Item>& burst) = 0;
};

class ReceivingEnd {
 public:
  virtual ~ReceivingEnd() = default;
  /// As for sending; the keys before stay until end_grace().
  virtual void set_keys(std::size_t stream, const Agreement& agreement, bool go_on) = 0;
  virtual void end_grace(std::size_t stream) = 0;
  virtual void set_roc(std::size_t stream, std::uint32_t ssrc, std::uint32_t roc) = 0;
  virtual std::vector<Outcome> unprotect(const std::vector<Item>& burst) = 0;
  /// Highest authentic index of an SSRC under the newest keys, or those before; none where there was none.
  virtual std::optional<std::uint64_t> highest(std::size_t stream, Kind kind, std::uint32_t ssrc, bool previous) = 0;
};

}  // namespace sallyport::traffic
