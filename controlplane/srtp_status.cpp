#include "controlplane/srtp_status.hpp"

#include "controlplane/crypto_engines.hpp"
#include "controlplane/negotiation/session_parameters.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

json reason_json(const crypto::EngineChoice& choice, const crypto::Suite& suite, const crypto::Engine& engine) {
  const std::string reason = engine_detour(choice, suite, engine.kind_for(suite));
  return reason.empty() ? json(nullptr) : json(reason);
}

json mki_json(const crypto::Mki& mki) {
  if (mki.length() == 0) return nullptr;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (const std::uint8_t byte : mki.bytes()) text.append({kDigits[byte >> 4], kDigits[byte & 0x0f]});
  return text;
}

json keys_json(const std::vector<crypto::MasterKeyEntry>& keys) {
  json list = json::array();
  for (const crypto::MasterKeyEntry& key : keys) {
    list.push_back({{"mki", mki_json(key.mki)}, {"lifetime", key.lifetime == 0 ? json(nullptr) : json(key.lifetime)}});
  }
  return list;
}

json key_state(const KeyStatus& key, const dataplane::Counter32* used) {
  return {{"state", key.over          ? "over"
                    : key.nearly_over ? "nearly over"
                                      : "good"},
          {"used_percent", used == nullptr ? json(nullptr) : json(used->read() / 10.0)}};
}

json exposed_json(const StreamSideConfig& side) {
  json list = json::array();
  if (!side.suite->encrypts()) list.push_back(std::string(side.suite->name) + " does not encrypt");
  if (side.parameters.unencrypted_srtp) list.push_back("RTP is not encrypted");
  if (side.parameters.unencrypted_srtcp) list.push_back("RTCP is not encrypted");
  if (side.parameters.unauthenticated_srtp) list.push_back("RTP is not authenticated");
  return list;
}

}  // namespace

json engines_json(const crypto::EngineChoice& choice, const crypto::Engine& engine) {
  json list = json::array();
  for (const crypto::Suite& suite : crypto::kSuites) {
    list.push_back({{"suite", suite.name},
                    {"engine", crypto::to_string(engine.kind_for(suite))},
                    {"reason", reason_json(choice, suite, engine)}});
  }
  return list;
}

const char* media_security(const StreamSideConfig& side) {
  if (side.suite == nullptr || side.parameters.unauthenticated_srtp) return "nonsecure";
  const bool encrypted =
      side.suite->encrypts() && !side.parameters.unencrypted_srtp && !side.parameters.unencrypted_srtcp;
  return encrypted ? "encrypted" : "authenticated";
}

json srtp_json(const StreamSideConfig& side, const StreamSide& state, const crypto::EngineChoice& choice,
               const crypto::Engine& engine) {
  if (side.suite == nullptr) return nullptr;
  const dataplane::Stream* leg = state.view;
  return {{"engine_reason", reason_json(choice, *side.suite, engine)},
          {"session_parameters", to_string(side.parameters)},
          {"replay_window", side.parameters.replay_window},
          {"accepts_unencrypted_srtcp", side.parameters.accept_unencrypted_srtcp},
          {"exposed", exposed_json(side)},
          {"send_keys", keys_json(side.send_keys)},
          {"send_with", side.send_with},
          {"receive_keys", keys_json(side.receive_keys)},
          {"send_key", key_state(state.sending, leg == nullptr ? nullptr : &leg->send_key_used)},
          {"receive_key", key_state(state.receiving, leg == nullptr ? nullptr : &leg->receive_key_used)}};
}

}  // namespace sallyport::controlplane
