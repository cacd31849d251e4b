#include "tests/unit/negotiation/bench_call.hpp"

#include <gtest/gtest.h>

#include <map>

#include "controlplane/negotiation/sdes.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

struct ShortName {
  std::string_view brief;
  std::string_view suite;
};
constexpr std::array kShort{
    ShortName{"G256", "AEAD_AES_256_GCM"},          ShortName{"G128", "AEAD_AES_128_GCM"},
    ShortName{"256", "AES_256_CM_HMAC_SHA1_80"},    ShortName{"192", "AES_192_CM_HMAC_SHA1_80"},
    ShortName{"80", "AES_CM_128_HMAC_SHA1_80"},     ShortName{"256/32", "AES_256_CM_HMAC_SHA1_32"},
    ShortName{"192/32", "AES_192_CM_HMAC_SHA1_32"}, ShortName{"32", "AES_CM_128_HMAC_SHA1_32"},
    ShortName{"F8", "F8_128_HMAC_SHA1_80"},         ShortName{"F8/32", "F8_128_HMAC_SHA1_32"},
    ShortName{"N80", "NULL_HMAC_SHA1_80"},          ShortName{"N32", "NULL_HMAC_SHA1_32"},
    ShortName{"G256/8", "AEAD_AES_256_GCM_8"},      ShortName{"G128/8", "AEAD_AES_128_GCM_8"},
};

const crypto::Suite* suite_of(std::string_view brief) {
  for (const ShortName& row : kShort) {
    if (row.brief == brief) return crypto::find_suite(row.suite);
  }
  return crypto::find_suite(brief);
}

/// "80b" as the suite with a key of its own.
std::string crypto_words(std::string_view brief) {
  char variant = 'a';
  if (!brief.empty() && brief.back() >= 'a' && brief.back() <= 'z') {
    variant = brief.back();
    brief.remove_suffix(1);
  }
  const crypto::Suite* const suite = suite_of(brief);
  if (suite == nullptr) throw std::logic_error("no suite $" + std::string(brief));
  const std::size_t digits = (suite->master_len() * 8 + 5) / 6;
  return std::string(suite->name) + " inline:" + std::string(digits, static_cast<char>(variant - 'a' + 'A')) +
         std::string((3 - suite->master_len() % 3) % 3, '=');
}

std::string expanded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    out.append(text.substr(0, text.find('$')));
    text.remove_prefix(std::min(text.find('$'), text.size()));
    if (text.empty()) break;
    const std::string_view name = text.substr(1, text.find_first_of(" \n|") - 1);
    out += crypto_words(name);
    text.remove_prefix(name.size() + 1);
  }
  return out;
}

void apply(Leg& leg, std::string_view word) {
  MediaPolicy& policy = leg.policy;
  const std::map<std::string_view, std::function<void()>> words{
      {"never", [&] { policy.srtp = SrtpUse::kNever; }},
      {"best-effort", [&] { policy.srtp = SrtpUse::kBestEffort; }},
      {"savp", [&] { policy.srtp = SrtpUse::kSavp; }},
      {"strongest", [&] { policy.srtp_ciphers = SrtpCiphers::kStrongest; }},
      {"medium", [&] { policy.srtp_ciphers = SrtpCiphers::kMedium; }},
      {"all", [&] { policy.srtp_ciphers = SrtpCiphers::kAll; }},
      {"classic", [&] { policy.media_service_suites = MediaServiceSuites::kClassic; }},
      {"block", [&] { policy.block_unencrypted = true; }},
      {"insecure-ok", [&] { policy.sdes_insecure_ok = true; }},
      {"path=clear", [&] { leg.path = SignallingPath::kUnprotected; }},
      {"path=integrity", [&] { leg.path = SignallingPath::kIntegrityOnly; }},
      {"mki", [&] { policy.mki = true; }},
      {"lifetime=2^31", [&] { policy.lifetime = std::uint64_t{1} << 31; }},
      {"no-weak", [&] { policy.weak_parameters = false; }},
      {"mux", [&] { policy.rtcp_mux = RtcpMux::kOffer; }},
      {"no-mux", [&] { policy.rtcp_mux = RtcpMux::kNever; }},
      {"no-feedback", [&] { policy.feedback = false; }},
      {"in-clear", [&] { leg.in_clear = true; }},
      {"new-keys", [&] { leg.new_keys = true; }},
      {"clear-srtcp", [&] { policy.accept_unencrypted_srtcp = true; }},
  };
  if (const auto found = words.find(word); found != words.end()) return found->second();
  std::string_view value = word;
  const std::string_view name = take_until(value, '=');
  if (name != "suites" && name != "prefer") throw std::logic_error("no word " + std::string(word));
  while (!value.empty()) {
    const std::string_view part = take_until(value, '+');
    if (name == "suites") policy.suites.push_back(suite_of(part));
    if (name == "prefer") policy.codec_preference.emplace_back(part);
  }
}

std::string words_of(const LegLine& line) {
  if (!line.active) return "off";
  std::string words = line.srtp.suite == nullptr ? "RTP" : short_name(line.srtp.suite->name);
  if (line.srtp.suite != nullptr) {
    const auto change = [](KeyChange c) { return c == KeyChange::kKeep ? "kept" : "new"; };
    if (line.srtp.send.change == KeyChange::kKeep || line.srtp.receive.change == KeyChange::kKeep) {
      words += std::string(" ") + change(line.srtp.send.change) + '/' + change(line.srtp.receive.change);
    }
  }
  words += ' ' + std::string(to_string(line.direction)) + ' ' + (line.remote ? line.remote->to_string() : "nowhere");
  if (line.rtcp == dataplane::RtcpMode::kMux) words += " mux";
  return words;
}

}  // namespace

std::string short_name(std::string_view suite) {
  for (const ShortName& row : kShort) {
    if (row.suite == suite) return std::string(row.brief);
  }
  return std::string(suite);
}

Leg leg_of(std::string_view words, std::string_view our_address, std::uint16_t first_port) {
  Leg leg;
  leg.path = SignallingPath::kProtectedWithEncryption;
  const drivers::IpAddress address = *drivers::IpAddress::parse(our_address);
  leg.origin = {"-", "1", "1", SdpConnection::of(address)};
  for (std::uint16_t i = 0; i < 4; ++i)
    leg.local.push_back(Endpoint{address, static_cast<std::uint16_t>(first_port + 2 * i)});
  // Different every time, so that a key that stays can be told from one that is made anew.
  leg.make_key = [count = std::uint8_t{0}](const crypto::Suite& suite) mutable {
    crypto::MasterKey key;
    std::fill_n(key.key.data(), suite.key_len, ++count);
    std::fill_n(key.salt.data(), suite.salt_len, static_cast<std::uint8_t>(0xf0 + count % 16));
    return key;
  };
  for (std::string_view word = take_word(words); !word.empty(); word = take_word(words)) apply(leg, word);
  return leg;
}

SessionDescription description_of(std::string_view text, std::string_view party_address) {
  const std::string family = party_address.find(':') == std::string_view::npos ? "IP4 " : "IP6 ";
  std::string whole = "v=0\no=- 7 1 IN " + family + std::string(party_address) + "\ns=-\n";
  if (!text.starts_with("c=")) whole += "c=IN " + family + std::string(party_address) + "\n";
  auto parsed = parse_sdp(whole + "t=0 0\n" + expanded(text));
  if (const SdpFault* fault = std::get_if<SdpFault>(&parsed)) throw std::logic_error(fault->to_string());
  return std::move(std::get<SessionDescription>(parsed));
}

std::string words_of(const SessionDescription& description) {
  const SecretString text = to_string(description);
  const auto again = parse_sdp(text);
  const SessionDescription& read = std::get<SessionDescription>(again);
  EXPECT_EQ(std::string(to_string(read)), std::string(text));
  std::string words;
  for (const MediaDescription& media : read.media) {
    words += (words.empty() ? "" : "; ") + media.media + ' ' + std::to_string(media.port) + ' ' + media.proto;
    for (const std::string& format : media.formats) words += ' ' + format;
    if (media.port == 0) {
      EXPECT_TRUE(media.attributes.empty()) << text;
      continue;
    }
    words += ' ' + std::string(to_string(direction_of(read, media)));
    if (asks_rtcp_mux(media)) words += " mux";
    const CryptoLines lines = read_crypto_lines(media);
    EXPECT_TRUE(lines.declined.empty()) << redacted(text);
    for (const CryptoLine& line : lines.usable)
      words += ' ' + std::to_string(line.tag) + ':' + short_name(line.spelling);
  }
  return words;
}

std::string words_of(const LegMedia& media) {
  std::string words;
  for (const LegLine& line : media) words += (words.empty() ? "" : "; ") + words_of(line);
  return words;
}

std::string reasons_of(const LegMedia& media) {
  std::string all;
  for (const LegLine& line : media) {
    for (const std::string& reason : line.reasons) all += reason + '\n';
  }
  return all;
}

BenchCall::BenchCall(std::string_view caller, std::string_view callee)
    : offerer_(leg_of(caller, "198.51.100.1", 20000)), answerer_(leg_of(callee, "198.51.100.2", 30000)) {}

std::string BenchCall::offer(std::string_view text) {
  offer_ = description_of(text, offerer_address_);
  know_what_is_up();
  sent_ = plan_offer(offer_, offerer_, answerer_);
  return sent_.refusal ? "refused: " + sent_.refusal->reason : words_of(sent_.offer);
}

void BenchCall::know_what_is_up() {
  offerer_.up = offerer_up_.empty() ? nullptr : &offerer_up_;
  answerer_.up = answerer_up_.empty() ? nullptr : &answerer_up_;
}

std::string BenchCall::answer(std::string_view text) {
  know_what_is_up();
  plan_ = plan_answer(sent_, description_of(text, answerer_address_), offer_, offerer_, answerer_);
  if (plan_.refusal) return "refused: " + plan_.refusal->reason;
  const std::string words = words_of(plan_.answer);
  offerer_up_ = std::move(plan_.offerer);
  answerer_up_ = std::move(plan_.answerer);
  return words;
}

void BenchCall::exchange_roles() {
  std::swap(offerer_, answerer_);
  std::swap(offerer_up_, answerer_up_);
  std::swap(offerer_address_, answerer_address_);
}

std::string BenchCall::reasons() const {
  std::string all;
  for (const OfferedLine& line : sent_.lines) {
    for (const std::string& reason : line.offerer_reasons) all += reason + '\n';
    for (const std::string& reason : line.reasons) all += reason + '\n';
  }
  return all + reasons_of(plan_.refusal ? plan_.offerer : offerer_up_) +
         reasons_of(plan_.refusal ? plan_.answerer : answerer_up_);
}

}  // namespace sallyport::controlplane
