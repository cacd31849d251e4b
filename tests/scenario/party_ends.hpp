// What Party is made of.
#pragma once

#include "tests/scenario/party.hpp"

namespace sallyport::scenario {

/// Whether libSRTP has the suite, and nothing is asked that it lacks.
bool libsrtp_can(const Key& key);
std::unique_ptr<SendingEnd> libsrtp_sending(const Key& key);
std::unique_ptr<ReceivingEnd> libsrtp_receiving(const Key& key);

/// The model can do everything.
std::unique_ptr<SendingEnd> model_sending(const Key& key);
std::unique_ptr<ReceivingEnd> model_receiving(const Key& key);

}  // namespace sallyport::scenario
