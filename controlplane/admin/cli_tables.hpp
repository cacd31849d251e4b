// The gateway's replies as tables for people. Pure: reply in, text out. A field that a reply lacks is shown as "-".
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::controlplane {

/// An earlier reply to the same command, for rates.
struct Earlier {
  const nlohmann::json* reply = nullptr;  ///< null: none, no rates are shown
  double seconds = 0;                     ///< how long ago
};

std::string status_text(const nlohmann::json& reply);
std::string stats_text(const nlohmann::json& reply, const Earlier& earlier);
/// The last pauses of each worker, the newest first.
std::string pauses_text(const nlohmann::json& reply);
std::string streams_text(const nlohmann::json& reply, const Earlier& earlier);
/// "key: value" for each field: reload, version, and what is not known here.
std::string fields_text(const nlohmann::json& reply);

/// The one of these that fits the command.
std::string reply_text(const std::string& command, const nlohmann::json& reply, const Earlier& earlier);

}  // namespace sallyport::controlplane
