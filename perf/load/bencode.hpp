// Bencoding, as rtpengine's ng protocol uses it: integers, strings, lists and dictionaries. Written by hand, since the
// only C++ library of Debian that has it is a whole BitTorrent client (libtorrent). Strings may carry SDP with keys, so
// their memory is wiped. Pure; used by the ng client.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "controlplane/secret_text.hpp"

namespace sallyport::load {

class Bencode {
 public:
  using Text = controlplane::SecretString;
  struct Entry;
  using List = std::vector<Bencode>;
  using Dictionary = std::vector<Entry>;  ///< in the order of the wire, which ng does not sort

  Bencode(std::int64_t number) : value_(number) {}
  Bencode(const char* text) : value_(Text(text)) {}
  Bencode(std::string_view text) : value_(Text(text)) {}
  Bencode(Text text) : value_(std::move(text)) {}
  Bencode(List list) : value_(std::move(list)) {}
  Bencode(Dictionary dictionary);

  /// All of `text` as one value. Nothing where it is anything else: cut off, with more behind it, with leading zeros,
  /// with a key that is no string or is there twice, or nested deeper than anybody nests.
  static std::optional<Bencode> parse(std::string_view text);
  Text encode() const;

  /// Null where this is of another kind.
  const std::int64_t* number() const noexcept { return std::get_if<std::int64_t>(&value_); }
  const Text* text() const noexcept { return std::get_if<Text>(&value_); }
  const List* list() const noexcept { return std::get_if<List>(&value_); }
  /// The value of a dictionary's key; null where there is none, or this is no dictionary.
  const Bencode* find(std::string_view key) const noexcept;
  /// The same, where that is a string; empty otherwise.
  std::string_view text_of(std::string_view key) const noexcept;

 private:
  void append_to(Text& out) const;

  std::variant<std::int64_t, Text, List, Dictionary> value_;
};

struct Bencode::Entry {
  Text key;
  Bencode value;
};

}  // namespace sallyport::load
