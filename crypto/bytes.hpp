// Bytes on the wire and bytes that are secret: big-endian loads and stores, memory that wipes itself, comparison in
// constant time. Used by every layer.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace sallyport::crypto {

inline std::uint16_t load_be16(const std::uint8_t* p) noexcept {
  std::uint16_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t load_be32(const std::uint8_t* p) noexcept {
  std::uint32_t v;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
inline void store_be16(std::uint8_t* p, std::uint16_t v) noexcept {
  v = __builtin_bswap16(v);
  std::memcpy(p, &v, sizeof v);
}
inline void store_be32(std::uint8_t* p, std::uint32_t v) noexcept {
  v = __builtin_bswap32(v);
  std::memcpy(p, &v, sizeof v);
}
static_assert(std::endian::native == std::endian::little, "x86 only");

/// Overwrites memory in a way that the compiler may not leave out.
void secure_wipe(void* memory, std::size_t length) noexcept;
/// Overwrites 16 KiB of stack below the caller's frame: after calls of libraries that leave keys in theirs. Not for the
/// packet path.
void wipe_dead_stack() noexcept;

/// Whether two byte strings of the same length are equal, in time that does not depend on where they differ. Words
/// first: tags of 16, 10 and 4 bytes are compared for every packet.
inline bool ct_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) noexcept {
  std::uint64_t difference = 0;
  for (; length >= 8; a += 8, b += 8, length -= 8) {
    std::uint64_t x;
    std::uint64_t y;
    std::memcpy(&x, a, 8);
    std::memcpy(&y, b, 8);
    difference |= x ^ y;
  }
  for (; length != 0; ++a, ++b, --length) difference |= static_cast<std::uint64_t>(*a ^ *b);
  return difference == 0;
}

/// N bytes that are wiped when they die or move away. No stream operator, no implicit copy: clone() says it aloud.
template <std::size_t N>
class SecretBytes {
 public:
  SecretBytes() noexcept { bytes_.fill(0); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  SecretBytes clone() const noexcept {
    SecretBytes copy;
    copy.bytes_ = bytes_;
    return copy;
  }
  std::uint8_t* data() noexcept { return bytes_.data(); }
  const std::uint8_t* data() const noexcept { return bytes_.data(); }
  static constexpr std::size_t size() noexcept { return N; }
  void wipe() noexcept { secure_wipe(bytes_.data(), N); }
  /// In constant time.
  bool equals(const SecretBytes& other) const noexcept { return ct_equal(data(), other.data(), N); }

 private:
  std::array<std::uint8_t, N> bytes_;
};

}  // namespace sallyport::crypto
