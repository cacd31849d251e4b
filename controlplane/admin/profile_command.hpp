// sallyport profile, line and users: security profiles at run time. Words of the command line become requests, replies
// become tables. Knows no rules; the gateway does.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace sallyport::controlplane {

struct ProfileOrder {
  std::string socket;
  nlohmann::json request;
  bool as_json = false;
  bool md5_only = false;  ///< of users: only those that MD5 alone can serve
};

/// The request that `words` ("profile", "set", "office", "digest=no") are. Throws std::invalid_argument with the usage
/// where they are none.
nlohmann::json profile_request(std::span<const std::string> words);

/// Asks and prints; after `apply` waits up to 5 s for what the devices say. Exit status. Throws SetupError where
/// refused.
int run_profile(const ProfileOrder& order);

/// What people are shown of a reply. Pure.
std::string profile_text(const nlohmann::json& reply, bool md5_only);

}  // namespace sallyport::controlplane
