// A configuration between its text and load_config()'s result: values with the entries they came from, so that checks
// across keys can still name lines. Lives only while the configuration is loaded.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/config_file.hpp"

namespace sallyport::controlplane {

/// The entries of one section after the command line was laid over the file.
class Section {
 public:
  Section() = default;
  /// `given`: the entries of each key that the user gave; they must outlive the section.
  Section(std::string name, unsigned line, std::map<std::string, std::vector<const Entry*>> given)
      : name_(std::move(name)), line_(line), given_(std::move(given)) {}

  const std::string& name() const noexcept { return name_; }
  /// Line of "[name]".
  unsigned line() const noexcept { return line_; }
  /// The entries given for a key (not its default), in order.
  std::vector<const Entry*> all(const std::string& key) const;
  /// The first of them, null where the user gave none.
  const Entry* first(const std::string& key) const;
  /// Line of the key, else of the section.
  unsigned line_of(const std::string& key) const;
  /// Adds "key 'SECTION.KEY' = 'VALUE': expected EXPECTED" at the key's line, or at the section's where it was not
  /// given.
  void fault(Faults& faults, const std::string& key, std::string_view expected) const;

 private:
  std::string name_;
  unsigned line_ = kCommandLine;
  std::map<std::string, std::vector<const Entry*>> given_;
};

struct PortDraft {
  PortConfig config;
  Section section;
  bool sound = false;  ///< every value by itself was good
};

struct StreamDraft {
  StreamConfig config;
  bool allow_index_reuse = false;  ///< allow_index_reuse_in_lab
  Section section;
  bool sound = false;
};

struct LineDraft {
  LineConfig config;
  Section section;
};

struct TrunkDraft {
  TrunkConfig config;
  Section section;
};

struct UserDraft {
  UserConfig config;
  Section section;
};

struct RouteDraft {
  RouteConfig config;
  Section section;
};

struct ProfileDraft {
  ProfileConfig config;
  Section section;
};

/// The sides of a stream with the prefix of their keys.
struct SideDraft {
  std::string prefix;  ///< "a." or "b."
  StreamSideConfig* config;
};
inline std::vector<SideDraft> sides_of(StreamDraft& stream) {
  return {{"a.", &stream.config.a}, {"b.", &stream.config.b}};
}

struct Draft {
  Config config;
  std::map<std::string, Section, std::less<>> general;  ///< those without a name of their own
  std::vector<PortDraft> ports;
  std::vector<StreamDraft> streams;
  std::vector<LineDraft> lines;
  std::vector<TrunkDraft> trunks;
  std::vector<UserDraft> users;
  std::vector<RouteDraft> routes;
  std::vector<ProfileDraft> profiles;
  bool complete = true;  ///< no line and no section was left out because it made no sense
};

/// Whose file it is and who may read it; of the configuration file itself or of a key file.
struct FileIdentity {
  std::string path;
  unsigned mode = 0;
  unsigned owner = 0;
};

/// Why key material in that file would not be secret, empty where it is.
std::string exposure(const FileIdentity& file);

}  // namespace sallyport::controlplane
