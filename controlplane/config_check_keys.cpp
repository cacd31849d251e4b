#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "controlplane/config_check.hpp"

namespace sallyport::controlplane {
namespace {

using Digest = crypto::SecretBytes<SHA256_DIGEST_LENGTH>;

/// Where a master key is used. Keys are told apart by a digest, so that many can be sorted without comparing their
/// bytes.
struct KeyUse {
  Digest digest;
  const StreamDraft* stream;
  std::string key;  ///< "a.send_key"
  bool send;
};

void add_uses(std::vector<KeyUse>& uses, const StreamDraft& stream, const std::string& name, const crypto::Suite& suite,
              const std::vector<crypto::MasterKeyEntry>& keys, bool send) {
  for (const crypto::MasterKeyEntry& entry : keys) {
    KeyUse use{{}, &stream, name, send};
    // The key alone: with another salt the same key is still one that two senders know.
    SHA256(entry.master.key.data(), suite.key_len, use.digest.data());
    uses.push_back(std::move(use));
  }
}

bool precedes(const KeyUse& a, const KeyUse& b) {
  const int order =
      std::memcmp(a.digest.data(), b.digest.data(), Digest::size());  // of digests: timing tells nothing of keys
  return order != 0 ? order < 0 : a.stream->section.line_of(a.key) < b.stream->section.line_of(b.key);
}

/// What is wrong with one key in both places, empty where it may be.
std::string_view conflict(const KeyUse& a, const KeyUse& b) {
  if (a.stream == b.stream && a.key == b.key) return "keys that differ: each MKI names one of its own";
  if (a.send && b.send) return "a key of its own: two senders with one key can be decrypted without it";
  if (a.send == b.send) return {};  // two parties that share a key: theirs to answer for
  const bool same_side = a.stream == b.stream && a.key.front() == b.key.front();
  if (same_side) return "another key than in the other direction: both senders would share keystreams";
  if (a.stream->allow_index_reuse && b.stream->allow_index_reuse) return {};
  return "a key of its own: what one side sends with another must not receive with "
         "(for a lab that loops: allow_index_reuse_in_lab = yes)";
}

void report(const KeyUse& earlier, const KeyUse& later, std::string_view expected, Faults& faults) {
  const Section& section = later.stream->section;
  const Section& other = earlier.stream->section;
  faults.add(section.line_of(later.key), "key '" + section.name() + '.' + later.key + "': expected " +
                                             std::string(expected) + "; the same key is '" + other.name() + '.' +
                                             earlier.key + "' at " + faults.place(other.line_of(earlier.key)));
}

}  // namespace

void check_key_use(Draft& draft, Faults& faults) {
  std::vector<KeyUse> uses;
  for (StreamDraft& stream : draft.streams) {
    for (const SideDraft& side : sides_of(stream)) {
      if (side.config->suite == nullptr) continue;
      const crypto::Suite& suite = *side.config->suite;
      add_uses(uses, stream, side.prefix + "send_key", suite, side.config->send_keys, true);
      add_uses(uses, stream, side.prefix + "receive_key", suite, side.config->receive_keys, false);
    }
  }
  std::sort(uses.begin(), uses.end(), precedes);
  for (auto first = uses.begin(); first != uses.end();) {
    const auto last =
        std::find_if(first, uses.end(), [&](const KeyUse& use) { return !use.digest.equals(first->digest); });
    for (auto later = first; later != last; ++later) {
      for (auto earlier = first; earlier != later; ++earlier) {
        const std::string_view expected = conflict(*earlier, *later);
        if (expected.empty()) continue;
        report(*earlier, *later, expected, faults);
        break;  // one fault for each key that is wrong
      }
    }
    first = last;
  }
}

}  // namespace sallyport::controlplane
