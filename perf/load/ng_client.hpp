// Asks a gateway over rtpengine's ng protocol: a datagram is a cookie, a blank and a bencoded dictionary, and so is the
// answer. One thread; blocks until there is an answer.
#pragma once

#include <chrono>

#include "drivers/file_descriptor.hpp"
#include "perf/load/bencode.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {

class NgClient {
 public:
  /// Repeats a question after `patience` without an answer. Throws UsageError where there can be no such socket.
  explicit NgClient(const Endpoint& gateway, std::chrono::milliseconds patience = std::chrono::seconds(1));

  /// The gateway's answer, a dictionary whose "result" is no error. Throws UsageError, which says what was wrong, where
  /// there is no such answer.
  Bencode ask(const Bencode::Dictionary& request);

 private:
  /// A datagram's dictionary, where it answers `cookie`.
  std::optional<Bencode> receive(std::string_view cookie);

  Endpoint gateway_;
  std::chrono::milliseconds patience_;
  drivers::FileDescriptor socket_;
  std::uint64_t next_cookie_;  ///< random at first: a gateway gives the answer to a cookie that it knows again
};

}  // namespace sallyport::load
