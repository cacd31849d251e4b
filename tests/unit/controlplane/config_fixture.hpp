// A configuration file in a folder of its own, and a small sound configuration to break in one place at a time.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config.hpp"
#include "temporary_folder.hpp"

namespace sallyport::controlplane {

inline constexpr std::string_view kSoundConfig =
    "[port.in]\n"                               // 1
    "device = ring:in\n"                        // 2
    "address = 10.0.0.1/24\n"                   // 3
    "neighbour = 10.0.0.9 02:00:00:00:00:09\n"  // 4
    "[port.out]\n"                              // 5
    "device = ring:out\n"                       // 6
    "address = 10.0.1.1/24\n"                   // 7
    "neighbour = 10.0.1.9 02:00:00:00:01:09\n"  // 8
    "[stream.one]\n"                            // 9
    "a.local = 10.0.0.1:20000\n"                // 10
    "a.remote = 10.0.0.9:30000\n"               // 11
    "b.local = 10.0.1.1:20000\n"                // 12
    "b.remote = 10.0.1.9:30000\n";              // 13
inline constexpr unsigned kSoundLines = 13;

// Keys of the right length for AES_CM_128_HMAC_SHA1_80, and two for AEAD_AES_128_GCM.
inline constexpr const char* kKey1 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
inline constexpr const char* kKey2 = "HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";
inline constexpr const char* kKey3 = "MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xN";
inline constexpr const char* kGcmKey1 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==";

/// `text` with line `line` (from 1) replaced, or with a line more behind the last.
inline std::string with_line(std::string_view text, unsigned line, std::string_view replacement) {
  std::string result;
  unsigned number = 1;
  for (; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    result += number == line ? std::string(replacement) + "\n" : std::string(text.substr(0, end));
    text.remove_prefix(end);
  }
  return line < number ? result : result + std::string(replacement) + "\n";
}

/// Faults of a configuration, with "FILE" for its path; empty where it is sound.
inline std::vector<std::string> faults_of(const std::string& path, const std::vector<std::string>& overrides = {}) {
  try {
    load_config(path, overrides);
    return {};
  } catch (const ConfigError& error) {
    std::vector<std::string> faults = error.faults();
    for (std::string& fault : faults) {
      for (std::size_t at = fault.find(path); at != std::string::npos; at = fault.find(path, at)) {
        fault.replace(at, path.size(), "FILE");
      }
    }
    return faults;
  }
}

}  // namespace sallyport::controlplane
