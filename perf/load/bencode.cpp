#include "perf/load/bencode.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace sallyport::load {
namespace {

constexpr unsigned kMostNested = 16;

/// Reads from the front of what is left; nothing once anything is wrong.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  bool at_end() const noexcept { return rest_.empty(); }

  std::optional<Bencode> value(unsigned nested) {
    if (rest_.empty() || nested > kMostNested) return std::nullopt;
    if (skip('i')) return number();
    if (skip('l')) return list(nested);
    if (skip('d')) return dictionary(nested);
    auto string = text();
    if (!string) return std::nullopt;
    return std::make_optional<Bencode>(std::move(*string));
  }

 private:
  bool skip(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Digits up to `end`, which is skipped, in the one spelling that a number has.
  std::optional<std::int64_t> digits(char end) noexcept {
    const std::size_t length = rest_.find(end);
    if (length == std::string_view::npos) return std::nullopt;
    const std::string_view written = rest_.substr(0, length);
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(written.data(), written.data() + length, number);
    if (error != std::errc{} || stop != written.data() + length || std::to_string(number) != written) {
      return std::nullopt;
    }
    rest_.remove_prefix(length + 1);
    return number;
  }

  std::optional<Bencode> number() {
    const auto read = digits('e');
    if (!read) return std::nullopt;
    return std::make_optional<Bencode>(*read);
  }

  std::optional<Bencode::Text> text() {
    const auto length = digits(':');
    if (!length || *length < 0 || static_cast<std::uint64_t>(*length) > rest_.size()) return std::nullopt;
    Bencode::Text read(rest_.substr(0, static_cast<std::size_t>(*length)));
    rest_.remove_prefix(read.size());
    return read;
  }

  std::optional<Bencode> list(unsigned nested) {
    Bencode::List list;
    while (!skip('e')) {
      auto item = value(nested + 1);
      if (!item) return std::nullopt;
      list.push_back(std::move(*item));
    }
    return std::make_optional<Bencode>(std::move(list));
  }

  std::optional<Bencode> dictionary(unsigned nested) {
    Bencode::Dictionary dictionary;
    while (!skip('e')) {
      auto key = text();
      if (!key) return std::nullopt;
      const bool known = std::any_of(dictionary.begin(), dictionary.end(),
                                     [&key](const Bencode::Entry& entry) { return entry.key == *key; });
      auto item = value(nested + 1);
      if (known || !item) return std::nullopt;
      dictionary.push_back({std::move(*key), std::move(*item)});
    }
    return std::make_optional<Bencode>(std::move(dictionary));
  }

  std::string_view rest_;
};

void append_text(Bencode::Text& out, std::string_view text) {
  out.append(std::to_string(text.size())).append(":").append(text);
}

}  // namespace

Bencode::Bencode(Dictionary dictionary) : value_(std::move(dictionary)) {}

std::optional<Bencode> Bencode::parse(std::string_view text) {
  Reader reader(text);
  auto value = reader.value(0);
  return value && reader.at_end() ? std::move(value) : std::nullopt;
}

Bencode::Text Bencode::encode() const {
  Text out;
  append_to(out);
  return out;
}

void Bencode::append_to(Text& out) const {
  if (const auto* integer = number()) {
    out.append("i").append(std::to_string(*integer)).append("e");
  } else if (const Text* string = text()) {
    append_text(out, *string);
  } else if (const List* items = list()) {
    out.append("l");
    for (const Bencode& item : *items) item.append_to(out);
    out.append("e");
  } else {
    out.append("d");
    for (const Entry& entry : std::get<Dictionary>(value_)) {
      append_text(out, entry.key);
      entry.value.append_to(out);
    }
    out.append("e");
  }
}

const Bencode* Bencode::find(std::string_view key) const noexcept {
  const auto* dictionary = std::get_if<Dictionary>(&value_);
  if (dictionary == nullptr) return nullptr;
  const auto entry =
      std::find_if(dictionary->begin(), dictionary->end(), [key](const Entry& each) { return each.key == key; });
  return entry == dictionary->end() ? nullptr : &entry->value;
}

std::string_view Bencode::text_of(std::string_view key) const noexcept {
  const Bencode* value = find(key);
  const Text* string = value == nullptr ? nullptr : value->text();
  return string == nullptr ? std::string_view{} : std::string_view(*string);
}

}  // namespace sallyport::load
