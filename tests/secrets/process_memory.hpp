// Looks for secrets in all memory of a process that can be read: heap, stacks, data of libraries, huge pages, shared
// memory. Test code.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "tests/secrets/needles.hpp"

namespace sallyport::secrets {

/// A mapping of /proc/PID/smaps.
struct Region {
  std::uintptr_t first;
  std::uintptr_t end;
  std::string name;  ///< file, or "[heap]" and the like, or empty
  bool dumped;       ///< would be part of a core dump: its flags have no "dd"
};

/// Where a piece of a secret lies.
struct Finding {
  std::uintptr_t address;
  std::uint16_t owner;
  SecretKind kind;
  Region region;
};
std::ostream& operator<<(std::ostream& out, const Finding& finding);

/// Mappings of a process that are readable, have memory behind them and can differ from their files.
std::vector<Region> regions_of(pid_t process);

/// All of another process. Throws std::runtime_error where its memory is not to be read.
std::vector<Finding> find_in(pid_t process, const NeedleSet& needles);
/// All of this process as it is now: a child looks through its copy.
std::vector<Finding> find_here(const NeedleSet& needles);
/// A file, such as a core dump; addresses are offsets.
std::vector<Finding> find_in_file(const std::string& path, const NeedleSet& needles);

}  // namespace sallyport::secrets
