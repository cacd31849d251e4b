// Unguessable texts for branches, tags, Call-IDs and nonces. Any thread.
#pragma once

#include <cstddef>
#include <string>

namespace sallyport::controlplane::sip {

/// `bytes` random bytes as hex. Throws SetupError where the system gives none.
std::string random_token(std::size_t bytes);

/// A Via branch with RFC 3261's magic cookie.
std::string new_branch();

/// The seconds of a Retry-After, 5 to 14: drawn, so that those who were refused do not come again all at once.
std::string retry_after();

}  // namespace sallyport::controlplane::sip
