#include "controlplane/session/digest_reply.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sallyport::controlplane {

DigestClient digest_client_of(const PartyConfig& party) {
  std::vector<DigestAccount> accounts;
  accounts.push_back({.realm = {}, .user = party.user(), .password = SecretValue(party.password)});
  return DigestClient(std::move(accounts));
}

void add_credentials(DigestClient& client, sip::Message& request) {
  for (const auto& [asker, name] :
       {std::pair{DigestAsker::kServer, "Authorization"}, std::pair{DigestAsker::kProxy, "Proxy-Authorization"}}) {
    for (std::string& value : client.answers(asker, request.method(), request.uri())) {
      request.add(name, std::move(value));
    }
  }
}

DigestOutcome answer_challenge(DigestClient& client, DigestAttempts& attempts, const sip::Message& challenge,
                               sip::Message& request) {
  const bool proxy = challenge.status() == 407;
  std::vector<std::string> challenges;
  for (const std::string_view value : challenge.all(proxy ? "Proxy-Authenticate" : "WWW-Authenticate")) {
    challenges.emplace_back(value);
  }
  const DigestAsker asker = proxy ? DigestAsker::kProxy : DigestAsker::kServer;
  const DigestOutcome outcome = client.take(asker, challenges, attempts);
  if (outcome == DigestOutcome::kAnswerable) add_credentials(client, request);
  return outcome;
}

}  // namespace sallyport::controlplane
