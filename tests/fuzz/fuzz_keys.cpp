// libFuzzer target for what is read of keys and states: the sealed state of a stream (any bytes, and any content under
// a right seal), master keys in base64, SDES's key parameters and session parameters. Whatever the bytes, they are read
// or refused; what was read can be written and read again; no refusal repeats what it refuses.
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/negotiation/sdes_key.hpp"
#include "controlplane/negotiation/session_parameters.hpp"
#include "crypto/context.hpp"
#include "crypto/error.hpp"
#include "crypto/state_blob.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace sallyport;
using fuzz::require;
using Bytes = std::vector<std::uint8_t>;

/// So many digits of base64 in a row are not in a refusal by chance: no word of ours is as long.
constexpr std::size_t kTellingText = 16;

crypto::SecretBytes<32> sealing_key() {
  crypto::SecretBytes<32> key;
  for (std::size_t i = 0; i < key.size(); ++i) key.data()[i] = static_cast<std::uint8_t>(i);
  return key;
}

/// Any content as a blob whose seal is right: its form is that of crypto/state_blob.hpp.
Bytes sealed(std::span<const std::uint8_t> content) {
  constexpr std::size_t kNonce = 12;
  constexpr std::size_t kTag = 16;
  const crypto::SecretBytes<32> key = sealing_key();
  // The header is whatever the product writes.
  const Bytes one = crypto::seal_state(
      [] {
        crypto::StateSnapshot state;
        state.key_count = 1;
        state.complete = true;
        return state;
      }(),
      key);
  Bytes blob(one.begin(), one.begin() + 5 + kNonce);
  blob.resize(blob.size() + content.size() + kTag);
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  std::uint8_t* const text = blob.data() + 5 + kNonce;
  int length = 0;
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), blob.data() + 5) == 1 &&
          EVP_EncryptUpdate(context.get(), nullptr, &length, blob.data(), 5) == 1 &&
          (content.empty() ||
           EVP_EncryptUpdate(context.get(), text, &length, content.data(), static_cast<int>(content.size())) == 1) &&
          EVP_EncryptFinal_ex(context.get(), text + content.size(), &length) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + content.size()) == 1);
  return blob;
}

void fuzz_forged_state(fuzz::Input& input) {
  try {
    crypto::open_state(input.rest(), sealing_key());
    require(false);  // nobody seals by chance
  } catch (const SetupError&) {
  }
}

/// A context that may take the state over.
std::unique_ptr<crypto::Context> context_for(const crypto::StateSnapshot& state, crypto::Engine& engine) {
  std::vector<crypto::MasterKeyEntry> keys;
  for (std::size_t i = 0; i < state.key_count; ++i) keys.push_back({{}, state.keys[i].mki});
  crypto::ContextOptions options{.max_ssrcs = 4};
  if (state.wide_words != 0) options.parameters.replay_window = 1024;
  return std::make_unique<crypto::Context>(engine, crypto::kSuites[state.suite], keys, options);
}

void fuzz_sealed_state(fuzz::Input& input) {
  static const auto engine = crypto::make_engine(crypto::EngineKind::kOpenSsl);
  const auto resume = (input.byte() & 1) != 0 ? crypto::Resume::kSending : crypto::Resume::kReceiving;
  try {
    crypto::StateSnapshot state = crypto::open_state(sealed(input.rest()), sealing_key());
    const crypto::StateSnapshot again = crypto::open_state(crypto::seal_state(state, sealing_key()), sealing_key());
    require(again.suite == state.suite && again.key_count == state.key_count && again.wide == state.wide &&
            again.ssrcs.size() == state.ssrcs.size());
    const std::unique_ptr<crypto::Context> context = context_for(state, *engine);
    for (std::uint8_t slot = 0; slot < state.key_count; ++slot) {
      state.keys[slot].fingerprint = context->fingerprint(slot);
    }
    context->restore(state, resume);
  } catch (const SetupError&) {
  }
}

/// A refusal does not repeat the key that it is about.
void require_discreet(const SetupError& refusal, std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  for (std::size_t first = 0; first < text.size();) {
    std::size_t end = first;
    while (end < text.size() && is_digit(text[end])) ++end;
    const std::string_view digits = text.substr(first, end - first);
    require(digits.size() < kTellingText || std::string_view(refusal.what()).find(digits) == std::string_view::npos);
    first = end + 1;
  }
}

void fuzz_master_key(const crypto::Suite& suite, std::string_view text) {
  try {
    crypto::parse_master_key(suite, text);
    require(text.size() >= suite.master_len());
  } catch (const SetupError& refusal) {
    require_discreet(refusal, text);
  }
}

void fuzz_sdes(const crypto::Suite& suite, std::string_view text) {
  try {
    const std::vector<crypto::MasterKeyEntry> keys = controlplane::parse_sdes_keys(suite, text);
    require(!keys.empty());
    for (const crypto::MasterKeyEntry& key : keys) {
      require(key.mki.length() == keys[0].mki.length());
      require(key.lifetime <= std::uint64_t{1} << 48);
    }
  } catch (const SetupError& refusal) {
    require_discreet(refusal, text);
  }
}

void fuzz_session_parameters(std::string_view text) {
  try {
    const crypto::SessionParameters read = controlplane::parse_session_parameters(text);
    const std::string written = controlplane::to_string(read);
    require(controlplane::to_string(controlplane::parse_session_parameters(written)) == written);
  } catch (const SetupError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input({data, size});
  const std::size_t what = input.choice(5);
  if (what == 0) {
    fuzz_forged_state(input);
  } else if (what == 1) {
    fuzz_sealed_state(input);
  } else {
    const crypto::Suite& suite = crypto::kSuites[input.choice(crypto::kSuites.size())];
    const auto bytes = input.rest();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (what == 2) fuzz_master_key(suite, text);
    if (what == 3) fuzz_sdes(suite, text);
    if (what == 4) fuzz_session_parameters(text);
  }
  return 0;
}
