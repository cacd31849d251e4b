#include "crypto/state_blob.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

constexpr std::array<std::uint8_t, 5> kHeader{'S', 'L', 'Y', 'S', 1};
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

[[noreturn]] void refuse(const std::string& problem) { throw SetupError("state of a stream: " + problem); }

struct Deleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher256 = std::unique_ptr<EVP_CIPHER_CTX, Deleter>;

/// AES-256-GCM with the blob's header and the caller's label as additional data.
Cipher256 start(bool encrypt, const SecretBytes<32>& key, const std::uint8_t* nonce,
                std::span<const std::uint8_t> label) {
  Cipher256 context(EVP_CIPHER_CTX_new());
  int length = 0;
  if (!context ||
      EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), nonce, encrypt ? 1 : 0) != 1 ||
      EVP_CipherUpdate(context.get(), nullptr, &length, kHeader.data(), kHeader.size()) != 1 ||
      (!label.empty() &&
       EVP_CipherUpdate(context.get(), nullptr, &length, label.data(), static_cast<int>(label.size())) != 1)) {
    refuse("OpenSSL has no AES-256-GCM");
  }
  return context;
}

/// Big-endian numbers one after the other.
class Writer {
 public:
  void number(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void text(std::span<const std::uint8_t> bytes) {
    number(bytes.size(), 1);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void window(const ReplayWindow& window) {
    number(window.highest(), 8);
    for (const std::uint64_t bits : window.bits()) number(bits, 8);
  }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<std::uint8_t> bytes_;
};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : take(bytes)) value = value << 8 | byte;
    return value;
  }
  std::span<const std::uint8_t> text() { return take(static_cast<std::size_t>(number(1))); }
  ReplayWindow window(std::uint64_t max_index) {
    const std::uint64_t highest = number(8);
    if (highest > max_index) refuse("it has an index that is too large");
    const std::uint64_t newest = number(8);
    return ReplayWindow::restored(highest, {newest, number(8)});
  }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::uint8_t> take(std::size_t bytes) {
    if (bytes > rest_.size()) refuse("it ends early");
    const auto taken = rest_.first(bytes);
    rest_ = rest_.subspan(bytes);
    return taken;
  }
  std::span<const std::uint8_t> rest_;
};

std::vector<std::uint8_t> write(const StateSnapshot& state) {
  Writer out;
  const std::string_view suite = kSuites[state.suite].name;
  out.text({reinterpret_cast<const std::uint8_t*>(suite.data()), suite.size()});
  out.number(state.key_count, 1);
  out.number(state.send_slot, 1);
  for (std::size_t slot = 0; slot < state.key_count; ++slot) {
    out.text(state.keys[slot].mki.bytes());
    out.text(state.keys[slot].fingerprint);
    out.number(state.keys[slot].rtp_left, 8);
    out.number(state.keys[slot].rtcp_left, 8);
  }
  out.number(state.wide_words, 2);
  out.number(state.ssrcs.size(), 4);
  for (const SsrcSnapshot& ssrc : state.ssrcs) {
    out.number(ssrc.ssrc, 4);
    out.number(ssrc.roc_is_set ? 1 : 0, 1);
    out.window(ssrc.rtp);
    out.window(ssrc.rtcp);
  }
  for (const std::uint64_t word : state.wide) out.number(word, 8);
  return out.bytes();
}

StateSnapshot read(std::span<const std::uint8_t> bytes) {
  Reader in(bytes);
  StateSnapshot state;
  state.complete = true;
  const std::span<const std::uint8_t> name = in.text();
  const Suite* suite = find_suite({reinterpret_cast<const char*>(name.data()), name.size()});
  if (suite == nullptr) refuse("it is of a suite that this version does not know");
  state.suite = static_cast<std::uint8_t>(suite_index(*suite));
  state.key_count = static_cast<std::uint8_t>(in.number(1));
  state.send_slot = static_cast<std::uint8_t>(in.number(1));
  if (state.key_count == 0 || state.key_count > state.keys.size()) refuse("it has too many master keys");
  for (std::size_t slot = 0; slot < state.key_count; ++slot) {
    state.keys[slot].mki = Mki(in.text());
    const std::span<const std::uint8_t> fingerprint = in.text();
    if (fingerprint.size() != state.keys[slot].fingerprint.size()) refuse("it has a key fingerprint of another length");
    std::ranges::copy(fingerprint, state.keys[slot].fingerprint.begin());
    state.keys[slot].rtp_left = in.number(8);
    state.keys[slot].rtcp_left = in.number(8);
  }
  state.wide_words = static_cast<std::uint16_t>(in.number(2));
  const std::uint64_t ssrcs = in.number(4);
  if (ssrcs > Context::kMaxSsrcs || state.wide_words > WideWindow::words_for(kMaxReplayWindow)) {
    refuse("it is larger than any state can be");
  }
  for (std::uint64_t i = 0; i < ssrcs; ++i) {
    SsrcSnapshot ssrc;
    ssrc.ssrc = static_cast<std::uint32_t>(in.number(4));
    ssrc.roc_is_set = in.number(1) != 0;
    ssrc.rtp = in.window(kMaxRtpIndex);
    ssrc.rtcp = in.window(kMaxSrtcpIndex);
    state.ssrcs.push_back(ssrc);
  }
  for (std::uint64_t i = 0; i < ssrcs * state.wide_words; ++i) state.wide.push_back(in.number(8));
  if (!in.at_end()) refuse("it is longer than it says");
  return state;
}

}  // namespace

std::vector<std::uint8_t> seal_state(const StateSnapshot& state, const SecretBytes<32>& key,
                                     std::span<const std::uint8_t> label) {
  if (!state.complete) refuse("it does not have every SSRC: the snapshot was made for fewer");
  const std::vector<std::uint8_t> clear = write(state);
  std::vector<std::uint8_t> blob(kHeader.begin(), kHeader.end());
  blob.resize(kHeader.size() + kNonce + clear.size() + kTag);
  std::uint8_t* const nonce = blob.data() + kHeader.size();
  std::uint8_t* const text = nonce + kNonce;
  if (RAND_bytes(nonce, kNonce) != 1) refuse("OpenSSL has no randomness");
  const Cipher256 context = start(true, key, nonce, label);
  int length = 0;
  if (EVP_CipherUpdate(context.get(), text, &length, clear.data(), static_cast<int>(clear.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), text + length, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + clear.size()) != 1) {
    refuse("OpenSSL could not seal it");
  }
  return blob;
}

StateSnapshot open_state(std::span<const std::uint8_t> blob, const SecretBytes<32>& key,
                         std::span<const std::uint8_t> label) {
  if (blob.size() < kHeader.size() + kNonce + kTag || !std::equal(kHeader.begin(), kHeader.end() - 1, blob.begin())) {
    refuse("these bytes are none");
  }
  if (blob[kHeader.size() - 1] != kHeader.back()) {
    refuse("it is of version " + std::to_string(blob[kHeader.size() - 1]) + ", this gateway reads version " +
           std::to_string(kHeader.back()));
  }
  const std::uint8_t* const nonce = blob.data() + kHeader.size();
  const std::span<const std::uint8_t> text =
      blob.subspan(kHeader.size() + kNonce).first(blob.size() - kHeader.size() - kNonce - kTag);
  std::array<std::uint8_t, kTag> tag;
  std::copy_n(text.end(), kTag, tag.begin());
  const Cipher256 context = start(false, key, nonce, label);
  std::vector<std::uint8_t> clear(text.size() + 1);
  int length = 0;
  if (EVP_CipherUpdate(context.get(), clear.data(), &length, text.data(), static_cast<int>(text.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) != 1 ||
      EVP_CipherFinal_ex(context.get(), clear.data() + length, &length) != 1) {
    refuse("it was sealed with another key or for something else, or altered");
  }
  return read(std::span(clear).first(text.size()));
}

}  // namespace sallyport::crypto
