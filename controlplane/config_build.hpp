// load_config() without its file: for callers that have the text already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config_draft.hpp"

namespace sallyport::controlplane {

/// Checks a configuration's text. `shown_path`: what errors call the file; `file`: where it lies and who may read it.
/// Throws ConfigError.
Config build_config(std::string_view text, const std::string& shown_path, const FileIdentity& file,
                    const std::vector<std::string>& overrides);

}  // namespace sallyport::controlplane
