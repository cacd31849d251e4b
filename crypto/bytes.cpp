#include "crypto/bytes.hpp"

#include <cstring>

namespace sallyport::crypto {

void secure_wipe(void* memory, std::size_t length) noexcept { explicit_bzero(memory, length); }

}  // namespace sallyport::crypto
