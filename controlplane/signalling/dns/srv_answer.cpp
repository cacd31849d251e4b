#include <ares.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "controlplane/signalling/dns/srv_record.hpp"
#include "crypto/bytes.hpp"

namespace sallyport::controlplane::dns {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kQuestionTail = 4;  // type and class
constexpr std::size_t kSrvFixed = 6;      // priority, weight, port
constexpr std::uint16_t kTypeSrv = 33;
constexpr std::uint16_t kTypeCname = 5;
constexpr std::uint16_t kClassInternet = 1;

bool is_host_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

/// Reads a message from its front to its end, and remembers that it was cut short.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> message) : message_(message) {}

  bool good() const noexcept { return good_; }
  std::uint16_t be16() {
    const auto bytes = take(2);
    return good_ ? crypto::load_be16(bytes.data()) : std::uint16_t{0};
  }
  std::uint32_t be32() {
    const auto bytes = take(4);
    return good_ ? crypto::load_be32(bytes.data()) : 0;
  }
  std::span<const std::uint8_t> take(std::size_t count) {
    if (count > message_.size() - at_) good_ = false;
    if (!good_) return {};
    const auto bytes = message_.subspan(at_, count);
    at_ += count;
    return bytes;
  }
  /// A name with its pointers followed; c-ares bounds them.
  std::string name() {
    char* text = nullptr;
    long size = 0;
    good_ = good_ && ares_expand_name(message_.data() + at_, message_.data(), static_cast<int>(message_.size()), &text,
                                      &size) == ARES_SUCCESS;
    if (!good_) return {};
    const std::unique_ptr<char, decltype(&ares_free_string)> owned(text, &ares_free_string);
    at_ += static_cast<std::size_t>(size);
    return owned.get();
  }

 private:
  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// RFC 2181 8: one with its highest bit set is none.
std::chrono::seconds lifetime_of(std::uint32_t ttl) { return std::chrono::seconds(ttl > 0x7fffffff ? 0 : ttl); }

}  // namespace

std::optional<SrvAnswer> parse_srv_answer(std::span<const std::uint8_t> message) {
  if (message.size() < kHeaderSize) return std::nullopt;
  Reader reader(message);
  reader.take(4);  // id and flags
  const std::uint16_t questions = reader.be16();
  const std::uint16_t answers = reader.be16();
  reader.take(4);  // the other sections' counts
  for (unsigned i = 0; i < questions && reader.good(); ++i) {
    reader.name();
    reader.take(kQuestionTail);
  }
  SrvAnswer found;
  found.lifetime = std::chrono::seconds::max();
  for (unsigned i = 0; i < answers && reader.good(); ++i) {
    reader.name();
    const std::uint16_t type = reader.be16();
    const bool internet = reader.be16() == kClassInternet;
    const auto lifetime = lifetime_of(reader.be32());
    const std::uint16_t size = reader.be16();
    if (type != kTypeSrv || size < kSrvFixed) {
      reader.take(size);
      if (type == kTypeCname) found.lifetime = std::min(found.lifetime, lifetime);
      continue;
    }
    SrvRecord record;
    record.priority = reader.be16();
    record.weight = reader.be16();
    record.port = reader.be16();
    record.target = reader.name();
    if (!reader.good()) return std::nullopt;
    if (!internet || !is_host_name(record.target) || found.records.size() >= kMostSrvRecords) continue;
    found.records.push_back(std::move(record));
    found.lifetime = std::min(found.lifetime, lifetime);
  }
  if (!reader.good()) return std::nullopt;
  return found;
}

}  // namespace sallyport::controlplane::dns
