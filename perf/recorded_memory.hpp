// What is allocated while something is being made. This file's program brings its own operator new and its own secret
// memory (crypto/secret_memory.hpp, without the real one's page tricks), and tells OpenSSL to allocate the same way;
// so that nothing that belongs to a stream escapes.
#pragma once

#include <cstdint>
#include <vector>

namespace sallyport::perf {

struct Region {
  std::uintptr_t start;
  std::size_t size;
};

/// Call first in main(), before OpenSSL allocates anything.
void record_openssl();

/// From construction to finish(), allocations of this thread are recorded; those freed again are taken out.
class AllocationRecord {
 public:
  AllocationRecord();
  ~AllocationRecord();
  AllocationRecord(const AllocationRecord&) = delete;
  AllocationRecord& operator=(const AllocationRecord&) = delete;

  std::vector<Region> finish();
};

}  // namespace sallyport::perf
