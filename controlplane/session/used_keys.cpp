#include "controlplane/session/used_keys.hpp"

#include <algorithm>
#include <iterator>

#include "crypto/kdf.hpp"

namespace sallyport::controlplane {

UsedKeys::Mark UsedKeys::mark_of(const crypto::Suite& suite, const crypto::MasterKey& master) {
  crypto::MasterKey unsalted;
  unsalted.key = master.key.clone();
  Mark mark = 0;
  for (const std::uint8_t byte : crypto::fingerprint_of(suite, unsalted)) mark = mark << 8 | byte;
  return mark;
}

bool UsedKeys::contains(Mark mark) const noexcept { return std::binary_search(marks_.begin(), marks_.end(), mark); }

void UsedKeys::add(std::vector<Mark> marks) {
  if (marks.empty()) return;
  std::sort(marks.begin(), marks.end());
  std::vector<Mark> all;
  all.reserve(marks_.size() + marks.size());
  std::set_union(marks_.begin(), marks_.end(), marks.begin(), marks.end(), std::back_inserter(all));
  all.erase(std::unique(all.begin(), all.end()), all.end());
  marks_ = std::move(all);
}

}  // namespace sallyport::controlplane
