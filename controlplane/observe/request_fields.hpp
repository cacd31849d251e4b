// Fields of a request of the control socket, checked: whoever asks may send anything.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "crypto/error.hpp"

namespace sallyport::controlplane {

/// Throws SetupError where it is missing or no text.
inline std::string text_field(const nlohmann::json& request, const char* key) {
  const auto found = request.find(key);
  if (found == request.end() || !found->is_string()) throw SetupError(std::string("no ") + key + ": expected a text");
  return found->get<std::string>();
}

/// Throws SetupError where it is missing or outside of the bounds.
inline std::int64_t number_field(const nlohmann::json& request, const char* key, std::int64_t least,
                                 std::int64_t most) {
  const auto found = request.find(key);
  const bool whole = found != request.end() && found->is_number_integer();
  const auto value = whole ? found->get<std::int64_t>() : std::int64_t{0};
  if (!whole || value < least || value > most) {
    throw SetupError(std::string(key) + ": expected a number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return value;
}

}  // namespace sallyport::controlplane
