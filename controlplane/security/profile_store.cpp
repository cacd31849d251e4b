#include "controlplane/security/profile_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "controlplane/config_draft.hpp"
#include "controlplane/security/sqlite.hpp"
#include "crypto/error.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {
namespace {

/// "Slyp" in the file's header: whose it is.
constexpr std::int64_t kApplication = 0x536c7970;
/// Of the tables. A change of them counts it up and brings older files along.
constexpr std::int64_t kSchema = 1;

constexpr const char* kTables = R"(
  CREATE TABLE profile(name TEXT PRIMARY KEY NOT NULL, changed TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE profile_field(profile TEXT NOT NULL REFERENCES profile(name), field TEXT NOT NULL, value TEXT NOT NULL,
                             PRIMARY KEY(profile, field)) STRICT, WITHOUT ROWID;
  CREATE TABLE former_name(name TEXT PRIMARY KEY NOT NULL, profile TEXT NOT NULL REFERENCES profile(name))
    STRICT, WITHOUT ROWID;
  CREATE TABLE device(device TEXT PRIMARY KEY NOT NULL, profile TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = 1399617904;
  PRAGMA user_version = 1;
)";
static_assert(kApplication == 1399617904 && kSchema == 1, "as in the text above");

constexpr std::string_view kExpected = ": expected Sallyport's store of profiles; move it away, or restore it";

/// Whether there is such a file; throws where others could change it.
bool exists(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    throw SetupError(path + ": " + std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode)) throw SetupError(path + " is no regular file" + std::string(kExpected));
  if (const std::string problem = exposure({path, status.st_mode, status.st_uid}); !problem.empty()) {
    throw SetupError(path + " " + problem);
  }
  return true;
}

void make(const std::string& path) {
  const drivers::FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw SetupError(path + ": cannot be made: " + std::generic_category().message(errno));
}

/// Whether the tables are there. A file without anything, as is left where the host stopped before the first change was
/// written, is new. Throws where it is damaged or somebody else's.
bool has_tables(SqliteFile& file, const std::string& path) try {
  SqliteStatement check(file, "PRAGMA integrity_check(1)");
  if (!check.step() || check.text(0) != "ok") throw SetupError(path + ": " + check.text(0));
  const std::int64_t application = file.number("PRAGMA application_id");
  const std::int64_t schema = file.number("PRAGMA user_version");
  if (application == 0 && schema == 0 && file.number("SELECT count(*) FROM sqlite_schema") == 0) return false;
  if (application != kApplication) throw SetupError(path + ": is a database of another program");
  if (schema != kSchema) {
    throw SetupError(path + ": has schema version " + std::to_string(schema) + " where this version knows " +
                     std::to_string(kSchema));
  }
  constexpr std::string_view kCount =
      "SELECT count(*) FROM sqlite_schema WHERE name IN ('profile', 'profile_field', 'former_name', 'device')";
  if (file.number(kCount) != 4) throw SetupError(path + ": lacks tables");
  return true;
} catch (const SetupError& error) {
  throw SetupError(error.what() + std::string(kExpected));
}

[[noreturn]] void wrong(const std::string& path, const std::string& what, std::string_view expected) {
  throw SetupError(path + ": " + what + ": expected " + std::string(expected));
}

StoredProfile& find(StoreContents& contents, const std::string& name, const std::string& path) {
  const auto found = std::find_if(contents.profiles.begin(), contents.profiles.end(),
                                  [&](const StoredProfile& each) { return each.profile.name == name; });
  if (found == contents.profiles.end()) wrong(path, "profile '" + name + "' is spoken of", "that it is there");
  return *found;
}

StoreContents read(SqliteFile& file, const std::string& path) {
  StoreContents contents;
  for (SqliteStatement rows(file, "SELECT name, changed FROM profile ORDER BY name"); rows.step();) {
    StoredProfile& stored = contents.profiles.emplace_back();
    stored.profile.name = rows.text(0);
    stored.changed = rows.text(1) == "yes";
    if (!is_profile_name(stored.profile.name)) {
      wrong(path, "profile '" + stored.profile.name + "'", "1 to 31 letters, digits, '-' and '_'");
    }
  }
  for (SqliteStatement rows(file, "SELECT profile, field, value FROM profile_field"); rows.step();) {
    const ProfileField* field = find_profile_field(rows.text(1));
    const std::string what = "profile '" + rows.text(0) + "': " + rows.text(1) + " = '" + rows.text(2) + "'";
    if (field == nullptr) wrong(path, what, "a field that profiles have");
    if (!field->set(find(contents, rows.text(0), path).profile, rows.text(2))) wrong(path, what, field->expected);
  }
  for (const StoredProfile& stored : contents.profiles) {
    const std::string problem = profile_problem(stored.profile);
    if (!problem.empty()) throw SetupError(path + ": profile '" + stored.profile.name + "': " + problem);
  }
  for (SqliteStatement rows(file, "SELECT name, profile FROM former_name"); rows.step();) {
    contents.former[rows.text(0)] = find(contents, rows.text(1), path).profile.name;
  }
  for (SqliteStatement rows(file, "SELECT device, profile FROM device"); rows.step();) {
    contents.assigned[rows.text(0)] = rows.text(1);
  }
  return contents;
}

/// Runs a prepared INSERT once for those values.
void insert(SqliteStatement& statement, std::initializer_list<std::string_view> values) {
  statement.reset();
  int parameter = 0;
  for (const std::string_view value : values) statement.bind(++parameter, value);
  statement.step();
}

void write(SqliteFile& file, const StoreContents& contents) {
  file.run("DELETE FROM device; DELETE FROM former_name; DELETE FROM profile_field; DELETE FROM profile");
  SqliteStatement profile(file, "INSERT INTO profile(name, changed) VALUES(?, ?)");
  SqliteStatement value(file, "INSERT INTO profile_field(profile, field, value) VALUES(?, ?, ?)");
  for (const StoredProfile& stored : contents.profiles) {
    insert(profile, {stored.profile.name, stored.changed ? "yes" : "no"});
    for (const ProfileField& field : profile_fields()) {
      insert(value, {stored.profile.name, field.name, field.get(stored.profile)});
    }
  }
  SqliteStatement former(file, "INSERT INTO former_name(name, profile) VALUES(?, ?)");
  for (const auto& [name, now] : contents.former) insert(former, {name, now});
  SqliteStatement device(file, "INSERT INTO device(device, profile) VALUES(?, ?)");
  for (const auto& [name, assigned] : contents.assigned) insert(device, {name, assigned});
}

}  // namespace

StoreContents ProfileStore::load() const {
  if (!exists(path_)) return {};
  SqliteFile file(path_);
  return has_tables(file, path_) ? read(file, path_) : StoreContents{};
}

void ProfileStore::save(const StoreContents& before, const StoreContents& after) const {
  const bool fresh = !exists(path_);
  if (fresh) make(path_);
  SqliteFile file(path_);
  file.run("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL");
  const bool tables = has_tables(file, path_);
  SqliteTransaction transaction(file);
  // A store that was removed meanwhile is made again with all that it had.
  if (!tables) {
    file.run(kTables);
  } else if (read(file, path_) != before) {
    throw SetupError(path_ +
                     ": was changed by somebody else: expected what the gateway last read; reload, then repeat");
  }
  write(file, after);
  transaction.commit();
}

}  // namespace sallyport::controlplane
