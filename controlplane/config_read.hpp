// Files that a configuration is made of: itself and its key files. Bounded, regular files only, in memory that is
// wiped.
#pragma once

#include <optional>
#include <string>

#include "controlplane/config_draft.hpp"
#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane {

struct FileText {
  SecretString text;
  FileIdentity identity;
};

/// Reads a whole file of at most `limit` bytes. Nothing, and why in `problem`, where that cannot be done.
std::optional<FileText> read_file(const std::string& path, std::size_t limit, std::string& problem);

/// Reads the master keys of all streams from their entries and key files, and refuses what others could read.
/// `file`: the configuration file.
void read_keys(Draft& draft, const FileIdentity& file, Faults& faults);
/// The same for the passwords of lines and trunks.
void read_passwords(Draft& draft, const FileIdentity& file, Faults& faults);

}  // namespace sallyport::controlplane
