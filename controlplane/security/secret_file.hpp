// Files of secrets and certificates: read bounded and only where nobody else can, written whole or not at all. Used at
// start, on reload and by commands that make keys; blocks for the disk. Parses nothing.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane {

/// Reads a file of keys. Throws SetupError that names it where it cannot be read, is no regular file, is larger than
/// 64 KiB, or others could read or change it.
SecretString read_secret_file(const std::string& path);
/// Reads a file that holds no secret, of at most 1 MiB. Throws SetupError that names it.
SecretString read_public_file(const std::string& path);
/// Whether there is anything of that name, be it a dangling link.
bool name_is_taken(const std::string& path);

inline constexpr unsigned kSecretMode = 0600;
inline constexpr unsigned kPublicMode = 0644;

/// What happens to a file that is there.
enum class ExistingFile : bool { kKept, kReplaced };

/// Writes to a new file next to `path`, to the disk, and gives it its name in one step: nobody sees half a file, and a
/// link of that name is never followed. Throws SetupError where that fails, or where the file exists and is to be kept.
void write_file(const std::string& path, std::string_view bytes, unsigned mode, ExistingFile existing);

}  // namespace sallyport::controlplane
