#include "tests/secrets/needles.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <stdexcept>

#include "crypto/kdf.hpp"
#include "tests/secrets/key_schedules.hpp"

namespace sallyport::secrets {
namespace {

/// Powers of H that any of the libraries keeps: IPsec-MB's tables for AVX-512 have 48.
constexpr std::size_t kPowers = 48;

using Bytes = std::span<const std::uint8_t>;

class Cutter {
 public:
  Cutter(std::vector<Needle>& needles, std::uint16_t owner) : needles_(needles), owner_(owner) {}

  void piece(SecretKind kind, std::uint64_t value) { needles_.push_back({hide(value), owner_, kind}); }
  /// Every eight bytes that begin at a multiple of `step`.
  void cut(SecretKind kind, Bytes bytes, std::size_t step) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += step) {
      std::uint64_t value;
      std::memcpy(&value, bytes.data() + at, 8);
      piece(kind, value);
    }
  }
  /// Words as SHA-1's implementations hold them: one after the other in either direction and order of bytes, or each
  /// beside the same word of another packet of the key.
  void words(SecretKind kind, std::span<const std::uint32_t> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      for (const std::uint32_t word : {words[i], __builtin_bswap32(words[i])}) piece(kind, pair(word, word));
      if (i + 1 == words.size()) break;
      piece(kind, pair(words[i], words[i + 1]));
      piece(kind, pair(words[i + 1], words[i]));
      piece(kind, pair(__builtin_bswap32(words[i]), __builtin_bswap32(words[i + 1])));
      piece(kind, pair(__builtin_bswap32(words[i + 1]), __builtin_bswap32(words[i])));
    }
  }

 private:
  static std::uint64_t pair(std::uint32_t first, std::uint32_t second) { return first | std::uint64_t{second} << 32; }

  std::vector<Needle>& needles_;
  std::uint16_t owner_;
};

/// H^n as it is, with its bytes turned round, and so and multiplied by x as carry-less multiplication wants it; and the
/// sum of the halves that Karatsuba's method keeps.
void cut_power(Cutter& cutter, const Block& power) {
  Block turned;
  std::reverse_copy(power.begin(), power.end(), turned.begin());
  cutter.cut(SecretKind::kHashKey, power, 8);
  std::uint64_t low;
  std::uint64_t high;
  std::memcpy(&low, turned.data(), 8);
  std::memcpy(&high, turned.data() + 8, 8);
  const bool carry = high >> 63 != 0;
  const std::uint64_t high_by_x = (high << 1 | low >> 63) ^ (carry ? 0xc200000000000000 : 0);
  const std::uint64_t low_by_x = low << 1 ^ (carry ? 1 : 0);
  for (const std::uint64_t value : {low, high, low ^ high, low_by_x, high_by_x, low_by_x ^ high_by_x}) {
    cutter.piece(SecretKind::kHashKey, value);
  }
}

void cut_cipher_key(Cutter& cutter, const crypto::Suite& suite, const crypto::SessionKeys& keys) {
  const Bytes key(keys.encryption.data(), suite.encryption_key_len());
  cutter.cut(SecretKind::kSessionKey, key, 4);
  const std::vector<Block> round_keys = aes_round_keys(key);
  for (const Block& round_key : round_keys) cutter.cut(SecretKind::kRoundKey, round_key, 8);
  for (const Block& round_key : aes_inverse_round_keys(round_keys)) {
    cutter.cut(SecretKind::kInverseRoundKey, round_key, 8);
  }
  if (suite.cipher == crypto::Cipher::kAesGcm) {
    for (const Block& power : ghash_powers(round_keys, kPowers)) cut_power(cutter, power);
  }
  if (suite.cipher != crypto::Cipher::kAesF8) return;
  Block masked;
  for (std::size_t i = 0; i < masked.size(); ++i) {
    masked[i] = key[i] ^ (i < suite.salt_len ? keys.salt.data()[i] : std::uint8_t{0x55});
  }
  for (const Block& round_key : aes_round_keys(masked)) cutter.cut(SecretKind::kMaskedKey, round_key, 8);
}

void cut_auth_key(Cutter& cutter, Bytes key) {
  cutter.cut(SecretKind::kAuthKey, key, 4);
  for (const std::uint8_t pad : {std::uint8_t{0x36}, std::uint8_t{0x5c}}) {
    std::array<std::uint32_t, 5> padded{};
    for (std::size_t i = 0; i < key.size(); ++i) {
      padded[i / 4] |= static_cast<std::uint32_t>(key[i] ^ pad) << (24 - 8 * (i % 4));
    }
    cutter.words(SecretKind::kAuthKey, padded);
    cutter.words(SecretKind::kHashState, hmac_sha1_state(key, pad));
  }
}

void cut_session(Cutter& cutter, const crypto::Suite& suite, const crypto::SessionKeys& keys) {
  if (suite.encrypts()) cut_cipher_key(cutter, suite, keys);
  if (!suite.aead()) cut_auth_key(cutter, {keys.authentication.data(), suite.auth_key_len});
  cutter.cut(SecretKind::kSessionSalt, {keys.salt.data(), 8}, 8);
}

/// The key as text. The last digits hold less than a whole piece of the secret and are left out.
std::string base64(const crypto::Suite& suite, const crypto::MasterKey& master) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes(master.key.data(), master.key.data() + suite.key_len);
  bytes.insert(bytes.end(), master.salt.data(), master.salt.data() + suite.salt_len);
  std::string text;
  for (std::size_t bit = 0; bit + 6 <= bytes.size() * 8; bit += 6) {
    const unsigned next = bit / 8 + 1 < bytes.size() ? bytes[bit / 8 + 1] : 0U;
    text += kDigits[(static_cast<unsigned>(bytes[bit / 8]) << 8 | next) >> (10 - bit % 8) & 63];
  }
  return text;
}

}  // namespace

std::string_view to_string(SecretKind kind) {
  constexpr std::array<std::string_view, 11> kNames{"master key",        "master salt",        "master key as text",
                                                    "session key",       "session salt",       "round key of AES",
                                                    "inverse round key", "F8's masked key",    "GCM's H or a power",
                                                    "HMAC's key",        "SHA-1 state of HMAC"};
  return kNames[static_cast<std::size_t>(kind)];
}

void add_needles(const Secrets& secrets, std::vector<Needle>& needles) {
  const crypto::Suite& suite = *secrets.suite;
  Cutter cutter(needles, secrets.owner);
  cutter.cut(SecretKind::kMasterKey, {secrets.master.key.data(), suite.key_len}, 4);
  for (const Block& round_key : aes_round_keys({secrets.master.key.data(), suite.key_len})) {
    cutter.cut(SecretKind::kRoundKey, round_key, 8);
  }
  cutter.cut(SecretKind::kMasterSalt, {secrets.master.salt.data(), 8}, 8);
  const std::string text = base64(suite, secrets.master);
  cutter.cut(SecretKind::kMasterText, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, 1);
  for (const std::uint64_t epoch : secrets.rtp_epochs) {
    cut_session(cutter, suite, crypto::derive_rtp_keys(suite, secrets.master, epoch));
  }
  for (const std::uint64_t epoch : secrets.rtcp_epochs) {
    cut_session(cutter, suite, crypto::derive_rtcp_keys(suite, secrets.master, epoch));
  }
}

std::vector<Needle> made_elsewhere(const std::function<std::vector<Needle>()>& make) {
  std::array<int, 2> ends;
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    const std::vector<Needle> made = make();
    const auto* next = reinterpret_cast<const char*>(made.data());
    for (std::size_t left = made.size() * sizeof(Needle); left != 0;) {
      const ssize_t written = write(ends[1], next, left);
      if (written <= 0) _exit(1);
      next += written;
      left -= static_cast<std::size_t>(written);
    }
    _exit(0);
  }
  close(ends[1]);
  std::vector<Needle> needles;
  std::vector<char> bytes;
  std::array<char, 1 << 16> chunk;
  for (ssize_t got; (got = read(ends[0], chunk.data(), chunk.size())) > 0;) {
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + got);
  }
  close(ends[0]);
  int status = 1;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) throw std::runtime_error("no needles were made");
  needles.resize(bytes.size() / sizeof(Needle));
  std::memcpy(needles.data(), bytes.data(), needles.size() * sizeof(Needle));
  return needles;
}

NeedleSet::NeedleSet(std::vector<Needle> needles)
    : needles_(std::move(needles)), filter_(std::size_t{1} << kFilterBits) {
  std::ranges::sort(needles_, {}, &Needle::hidden);
  for (const Needle& needle : needles_) filter_[hash(needle.hidden)] = true;
}

const Needle* NeedleSet::search(std::uint64_t hidden) const noexcept {
  const auto found = std::ranges::lower_bound(needles_, hidden, {}, &Needle::hidden);
  return found != needles_.end() && found->hidden == hidden ? &*found : nullptr;
}

}  // namespace sallyport::secrets
