#include "controlplane/negotiation/session_parameters.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <tuple>
#include <utility>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kKdr = "KDR=";
constexpr std::string_view kWsh = "WSH=";
constexpr unsigned kSmallestHint = 64;  // RFC 4568 6.3.7

struct Flag {
  std::string_view word;
  bool crypto::SessionParameters::*value;
};
constexpr std::array kFlags{
    Flag{"UNENCRYPTED_SRTP", &crypto::SessionParameters::unencrypted_srtp},
    Flag{"UNENCRYPTED_SRTCP", &crypto::SessionParameters::unencrypted_srtcp},
    Flag{"UNAUTHENTICATED_SRTP", &crypto::SessionParameters::unauthenticated_srtp},
};

std::optional<unsigned> number_of(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads words one after the other.
class Reader {
 public:
  /// False: the word is not one, is out of range, or was there before.
  bool word(std::string_view text) {
    for (const Flag& flag : kFlags) {
      if (text == flag.word) return !std::exchange(read_.*flag.value, true);
    }
    if (text.starts_with(kKdr)) return !std::exchange(has_kdr_, true) && kdr(number_of(text.substr(kKdr.size())));
    if (text.starts_with(kWsh)) return !std::exchange(has_wsh_, true) && wsh(number_of(text.substr(kWsh.size())));
    return false;
  }
  const crypto::SessionParameters& read() const { return read_; }

 private:
  bool kdr(std::optional<unsigned> rate) {
    if (!rate || *rate > crypto::kMaxKeyDerivationRate) return false;
    if (*rate != 0 && *rate < crypto::kMinKeyDerivationRate) return false;
    read_.key_derivation_rate = static_cast<std::uint8_t>(*rate);
    return true;
  }
  bool wsh(std::optional<unsigned> hint) {
    if (!hint || *hint < kSmallestHint || *hint > crypto::kMaxReplayWindow) return false;
    read_.replay_window = std::max(crypto::kMinReplayWindow, static_cast<std::uint16_t>(*hint));
    return true;
  }

  crypto::SessionParameters read_;
  bool has_kdr_ = false;
  bool has_wsh_ = false;
};

}  // namespace

crypto::SessionParameters parse_session_parameters(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  Reader reader;
  for (unsigned number = 1;; ++number) {
    const std::size_t start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return reader.read();
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
    if (!reader.word(text.substr(0, end))) {
      throw SetupError("session parameter " + std::to_string(number) + ": expected one of " +
                       std::string(kSessionParameterWords));
    }
    text.remove_prefix(end);
  }
}

std::string to_string(const crypto::SessionParameters& parameters) {
  std::string text;
  const auto add = [&text](std::string_view word) { text.append(text.empty() ? "" : " ").append(word); };
  for (const Flag& flag : kFlags) {
    if (parameters.*flag.value) add(flag.word);
  }
  if (parameters.key_derivation_rate != 0) add(std::string(kKdr) + std::to_string(parameters.key_derivation_rate));
  if (parameters.replay_window != crypto::kMinReplayWindow) {
    add(std::string(kWsh) + std::to_string(parameters.replay_window));
  }
  return text;
}

bool same_packets(const crypto::SessionParameters& a, const crypto::SessionParameters& b) {
  const auto all = [](const crypto::SessionParameters& p) {
    return std::tie(p.unencrypted_srtp, p.unencrypted_srtcp, p.unauthenticated_srtp, p.key_derivation_rate);
  };
  return all(a) == all(b);
}

}  // namespace sallyport::controlplane
