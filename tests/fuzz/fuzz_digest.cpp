// libFuzzer target for digest authentication: values of its four headers as anybody may send them. Whatever the bytes,
// they are read or refused; what was read can be written and read again; a server accepts nobody who does not know the
// secret; what a client answers can be read.
#include <array>
#include <string>
#include <vector>

#include "controlplane/security/digest_challenger.hpp"
#include "controlplane/security/digest_client.hpp"
#include "tests/fuzz/input.hpp"

namespace {

using namespace sallyport::controlplane;
using sallyport::fuzz::Input;
using sallyport::fuzz::require;

constexpr std::string_view kRealm = "example.com";

std::string rest_of(Input& input) {
  const auto bytes = input.rest();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void fuzz_challenge(const std::string& value) {
  const auto read = DigestChallenge::parse(value);
  if (!read || !read->algorithm || read->qop == DigestQop::kOther) return;
  const auto again = DigestChallenge::parse(read->to_string());
  require(again && again->realm == read->realm && again->nonce == read->nonce && again->opaque == read->opaque &&
          again->algorithm == read->algorithm && again->qop == read->qop && again->stale == read->stale);
}

void fuzz_credentials(const std::string& value) {
  const auto read = DigestCredentials::parse(value);
  if (!read || !read->algorithm || read->qop == DigestQop::kOther) return;
  const auto again = DigestCredentials::parse(read->to_string());
  require(again && again->user == read->user && again->realm == read->realm && again->nonce == read->nonce &&
          again->uri == read->uri && again->response == read->response && again->opaque == read->opaque &&
          again->cnonce == read->cnonce && again->nonce_count == read->nonce_count && again->count == read->count);
}

/// Everybody has a password, and the input does not know it.
void fuzz_server(const std::string& value) {
  static DigestChallenger server({.realm = std::string(kRealm), .without_qop = true});
  const auto lookup = [](std::string_view user, DigestAlgorithm algorithm) {
    return std::optional(make_ha1(algorithm, user, kRealm, "not in the corpus"));
  };
  const DigestResult result =
      server.check(std::array{value}, "INVITE", std::chrono::seconds(600), lookup, std::chrono::steady_clock::now());
  require(result.verdict != DigestVerdict::kAccepted && !is_stale(result.verdict));
}

void fuzz_client(const std::string& value) {
  std::vector<DigestAccount> accounts;
  accounts.push_back({.realm = "", .user = "g\"w\\", .password = SecretValue(std::string_view("secret"))});
  DigestClient client(std::move(accounts));
  DigestAttempts attempts;
  if (client.take(DigestAsker::kProxy, std::array{value}, attempts) == DigestOutcome::kAnswerable) {
    client.take_info(DigestAsker::kProxy, value);
    const std::vector<std::string> answers = client.answers(DigestAsker::kProxy, "INVITE", "sip:example.com");
    require(answers.size() == 1);
    const auto read = DigestCredentials::parse(answers.front());
    require(read && read->user == "g\"w\\");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  const std::size_t what = input.choice(4);
  const std::string value = rest_of(input);
  if (what == 0) fuzz_challenge(value);
  if (what == 1) fuzz_credentials(value);
  if (what == 2) fuzz_server(value);
  if (what == 3) fuzz_client(value);
  return 0;
}
