// Which master keys this process has worked with, in whatever stream and direction: none of them may be taken up again
// elsewhere, since what it has encrypted, and what was received under it, is only known where it has been all the time
// (RFC 3711 9.1; requirement M5). Knows keys by their fingerprints. Used by StaticStreams on the control thread; does
// not know who uses which.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "crypto/key_ring.hpp"
#include "crypto/suite.hpp"

namespace sallyport::controlplane {

class UsedKeys {
 public:
  /// 32 MiB at most. Nothing is ever forgotten: when they are used up, no further key is taken.
  static constexpr std::size_t kMost = std::size_t{1} << 22;

  /// What is kept of a key, as good as unique. Its salt does not count: with another one the same key is still one that
  /// has been used.
  using Mark = std::uint64_t;
  static Mark mark_of(const crypto::Suite& suite, const crypto::MasterKey& master);

  bool contains(Mark mark) const noexcept;
  bool has_room(std::size_t more) const noexcept { return kMost - marks_.size() >= more; }
  /// There is room. The same mark may come several times.
  void add(std::vector<Mark> marks);

 private:
  std::vector<Mark> marks_;  ///< sorted
};

}  // namespace sallyport::controlplane
