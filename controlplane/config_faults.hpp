// Collects what is wrong with a configuration, so that the user sees every fault at once and where it is. Never shows
// the value of a key that is secret, nor anything that looks like a key in the wrong place.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::controlplane {

/// Line number of what came from the command line.
inline constexpr unsigned kCommandLine = 0;

class Faults {
 public:
  /// `file`: the configuration's path, as the user wrote it.
  explicit Faults(std::string file) : file_(std::move(file)) {}

  /// "FILE:LINE: text". The text must hold no secret.
  void add(unsigned line, std::string_view text);
  /// "FILE:LINE: key 'KEY' = 'VALUE': expected EXPECTED", the value left out where it may be a secret.
  void add_value(unsigned line, std::string_view key, std::string_view value, std::string_view expected);

  /// "FILE:LINE" or "command line".
  std::string place(unsigned line) const;
  const std::string& file() const noexcept { return file_; }
  std::size_t count() const noexcept { return count_; }
  /// Throws ConfigError with the faults in the order of their lines, if there are any.
  void raise() const;

 private:
  struct Fault {
    unsigned line;
    std::string text;
  };
  std::string file_;
  std::vector<Fault> faults_;
  std::size_t count_ = 0;
};

/// `value` in quotes as an error may show it: shortened, and hidden where it could be a key in base64.
std::string shown(std::string_view value);

}  // namespace sallyport::controlplane
