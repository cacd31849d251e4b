// OpenSSL does not say how large what it gives back was: the size stands in front of each block.
#include "crypto/openssl_memory.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "crypto/secret_memory.hpp"

namespace sallyport::crypto {
namespace {

constexpr std::size_t kAlignment = 16;
/// Larger blocks, which are rare, get pages of their own.
constexpr std::size_t kFromHeap = 16 * 1024;

struct alignas(kAlignment) Header {
  std::size_t total;
};

Header& header_of(void* block) noexcept { return *(static_cast<Header*>(block) - 1); }

void* map_pages(std::size_t total) noexcept {
  void* const pages = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  if (madvise(pages, total, MADV_DONTDUMP) == 0) return pages;
  munmap(pages, total);
  return nullptr;
}

void* allocate(std::size_t size, const char*, int) noexcept {
  const std::size_t total = size + sizeof(Header);
  if (size == 0 || total < size) return nullptr;
  void* memory = nullptr;
  try {
    memory = total <= kFromHeap ? secret_allocate(total) : map_pages(total);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  return memory == nullptr ? nullptr : ::new (memory) Header{total} + 1;
}

void give_back(void* block, const char*, int) noexcept {
  if (block == nullptr) return;
  Header& header = header_of(block);
  if (header.total <= kFromHeap) {
    secret_free(&header, header.total);
  } else {
    munmap(&header, header.total);
  }
}

void* reallocate(void* block, std::size_t size, const char* file, int line) noexcept {
  void* const other = allocate(size, file, line);
  if (block == nullptr) return other;
  if (other == nullptr && size != 0) return nullptr;
  if (other != nullptr) std::memcpy(other, block, std::min(size, header_of(block).total - sizeof(Header)));
  give_back(block, file, line);
  return other;
}

}  // namespace

bool keep_openssl_in_secret_memory() noexcept { return CRYPTO_set_mem_functions(allocate, reallocate, give_back) == 1; }

}  // namespace sallyport::crypto
