// Calls as tables for people. Pure: reply in, text out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::controlplane {

/// Of `sallyport calls`.
std::string calls_text(const nlohmann::json& reply);
/// Of `sallyport call show ID`: legs, suites and why, status and why, what became of it.
std::string call_text(const nlohmann::json& reply);
/// Of `sallyport lines`: who is registered, from where.
std::string registrations_text(const nlohmann::json& reply);
/// Of `sallyport trunks`.
std::string trunks_text(const nlohmann::json& reply);

}  // namespace sallyport::controlplane
