// Two implementations side by side through one random sequence of events: the reference (the model, or libSRTP) and the
// subject. What is sent has to be equal to the byte, what is received has to be accepted or refused alike, and equal.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/cross/traffic/network.hpp"
#include "tests/cross/traffic/talk.hpp"

namespace sallyport::traffic {

struct Ends {
  SendingEnd& sender;
  ReceivingEnd& receiver;
};

/// How often something was there: a run that never met it has proven nothing about it.
using Coverage = std::map<std::string, std::uint64_t>;

/// Where a subject accepts what the reference refused: whether it may, and then the reference is brought there.
/// `fresh`: the SSRC was not authentic before this burst.
using Reconcile = bool (*)(ReceivingEnd& reference, const Item& item, const Outcome& subject, bool fresh);

struct Rules {
  Repertoire repertoire;
  /// Null: never.
  Reconcile reconcile = nullptr;
  bool srtcp_starts_at_one = false;
  bool compare_state = true;
};

class World {
 public:
  World(const Rules& rules, Ends reference, Ends subject, std::uint64_t seed, Coverage& coverage);

  /// Runs the sequence; throws std::runtime_error with a description where the two disagree.
  void run();

 private:
  struct Stream {
    Agreement agreement;
    Talk talk;
    bool grace = false;
    bool was_unauthenticated;             ///< SRTP, under these keys or those before
    std::set<std::uint64_t> taken;        ///< serials that were accepted
    std::set<std::uint32_t> srtcp_begun;  ///< SSRCs whose first SRTCP index was left out
  };

  void add_stream();
  void send_burst();
  void tell_rocs(Stream& stream);
  void deliver(std::size_t most);
  void deliver_all();
  void rekey(Stream& stream);
  void judge_sent(const Said& said, const Outcome& reference, const Outcome& subject);
  void judge_received(const Flight& flight, std::size_t burst, Outcome reference, const Outcome& subject, bool fresh);
  void compare_states();
  [[noreturn]] void disagree(const Item& item, const std::string& what) const;

  Rules rules_;
  Ends reference_;
  Ends subject_;
  Random random_;
  Coverage& coverage_;
  Network network_;
  std::vector<Stream> streams_;
  std::uint64_t serial_ = 0;
  /// Stream and SSRC of those whose ROC was found in the present burst, and was not the estimated one.
  std::set<std::pair<std::size_t, std::optional<std::uint32_t>>> found_;
};

}  // namespace sallyport::traffic
