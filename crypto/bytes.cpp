#include "crypto/bytes.hpp"

#include <cstring>

namespace sallyport::crypto {

void secure_wipe(void* memory, std::size_t length) noexcept { explicit_bzero(memory, length); }

[[gnu::noinline]] void wipe_dead_stack() noexcept {
  std::array<std::uint8_t, 16 * 1024> frame;
  secure_wipe(frame.data(), frame.size());
}

}  // namespace sallyport::crypto
