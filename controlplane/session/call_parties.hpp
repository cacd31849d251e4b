// How a call's parties are written and reached: addresses of From and To, and another way where a
// connection is gone.
// Free functions that calls use; control thread only.
#pragma once

#include <functional>
#include <string>

#include "controlplane/session/directory.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane {

struct CallWorld;

/// An address with a display name, for From.
std::string name_address(const std::string& display, const std::string& user, const std::string& host);
/// Whether a refusal may be one of SRTP: a party that wants none says one of these.
constexpr bool may_refuse_srtp(int status) noexcept { return status == 488 || status == 415 || status == 606; }
/// The host of addresses that a party is told: its provider's domain, or our realm.
std::string host_for(const Party& party);
/// What finds a party again whose connection is gone: a new one to the trunk's target, the registration of the same
/// phone. `flow`: that it was reached by; `contact`: of the phone, empty where it called itself. What is returned needs
/// no call.
std::function<void(sip::UserAgent::Reached)> reach_again(const CallWorld& world, const Party& party,
                                                         const sip::Flow& flow, const std::string& contact);

}  // namespace sallyport::controlplane
