// What any engine must do with jobs, as checks that a test of that engine calls. Engines whose jobs come back later are
// driven until they have.
#pragma once

#include <span>

#include "crypto/engine.hpp"

namespace sallyport::crypto::test {

/// An engine's record of a key, released when it dies.
class ExpandedKey {
 public:
  ExpandedKey(Engine& engine, const Suite& suite, const SessionKeys& keys)
      : release_(engine.expand(suite, keys, record_)) {}
  ExpandedKey(const ExpandedKey&) = delete;
  ExpandedKey& operator=(const ExpandedKey&) = delete;
  ~ExpandedKey() {
    if (release_ != nullptr) release_(record_);
  }
  const KeyRecord& record() const { return record_; }

 private:
  KeyRecord record_{};
  KeyRelease release_;
};

/// Through seal() or open(), or through the device and back.
void run_jobs(Engine& engine, std::span<Job> jobs, Direction direction);

/// Every suite that the engine supports, every size around the block edges, RTP's and RTCP's tags, in place and aside,
/// long headers: what OpenSSL makes of it, byte for byte, in mixed bursts, and nothing else touched.
void check_all_shapes(Engine& engine);
/// A bit that is wrong anywhere in tag, text or header: not ok, whatever else is in the burst.
void check_forgeries(Engine& engine);
/// expand() throws for what supports() denies.
void check_refusals(Engine& engine);

}  // namespace sallyport::crypto::test
