// The store of what is changed at run time (O1): read back as written, all or nothing, and whatever is no sound store
// of ours is refused by name and left as it is.
#include "controlplane/security/profile_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "../temporary_folder.hpp"
#include "controlplane/security/sqlite.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

StoredProfile profile(const std::string& name, bool changed = false) {
  StoredProfile stored;
  stored.profile.name = name;
  stored.profile.description = "it's \"" + name + "\"; DROP TABLE profile";
  stored.profile.key_size = DeviceKey::kEcP256;
  stored.changed = changed;
  return stored;
}

StoreContents some_contents() {
  return {{profile("a"), profile("b", true)}, {{"old", "b"}}, {{"line alice", "a"}, {"trunk x", "nonsecure"}}};
}

std::string bytes_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

class ProfileStoreTest : public testing::Test {
 protected:
  void alter(const char* statements) const { SqliteFile(path_).run(statements); }

  /// What load() refuses the file with; it must have been left alone.
  std::string refusal() const {
    const std::string before = bytes_of(path_);
    std::string text;
    try {
      store_.load();
    } catch (const SetupError& error) {
      text = error.what();
    }
    EXPECT_EQ(bytes_of(path_), before);
    if (!text.empty()) {
      EXPECT_THROW(store_.save({}, some_contents()), SetupError);
    }
    EXPECT_EQ(bytes_of(path_), before);
    return text;
  }

  void expect_refused(const std::string& reason) const {
    const std::string text = refusal();
    EXPECT_NE(text.find(path_), std::string::npos) << text;
    EXPECT_NE(text.find(reason), std::string::npos) << text;
    EXPECT_NE(text.find("expected"), std::string::npos) << text;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.file("profiles.db");
  const ProfileStore store_{path_};
};

TEST_F(ProfileStoreTest, WithoutFileThereIsNothingAndNoneIsMade) {
  EXPECT_EQ(store_.load(), StoreContents());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ProfileStoreTest, ReadsWhatWasWritten) {
  store_.save({}, some_contents());
  EXPECT_EQ(store_.load(), some_contents());
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const StoreContents fewer{{profile("b")}, {}, {}};
  store_.save(some_contents(), fewer);
  EXPECT_EQ(store_.load(), fewer);
}

TEST_F(ProfileStoreTest, AnEmptyFileIsANewStore) {
  folder_.write("profiles.db", "");
  EXPECT_EQ(store_.load(), StoreContents());
  store_.save({}, some_contents());
  EXPECT_EQ(store_.load(), some_contents());
}

TEST_F(ProfileStoreTest, AStoreThatWasRemovedIsMadeAgainWhole) {
  store_.save({}, some_contents());
  std::filesystem::remove(path_);
  StoreContents more = some_contents();
  more.assigned["line bob"] = "a";
  store_.save(some_contents(), more);
  EXPECT_EQ(store_.load(), more);
}

TEST_F(ProfileStoreTest, WhatSomebodyElseChangedIsNotOverwritten) {
  store_.save({}, some_contents());
  alter("UPDATE profile_field SET value = 'yes' WHERE field = 'encrypted_config' AND profile = 'a'");
  EXPECT_THROW(store_.save(some_contents(), {}), SetupError);
  const StoreContents theirs = store_.load();
  EXPECT_TRUE(theirs.profiles.at(0).profile.encrypted_config);
  store_.save(theirs, {});
  EXPECT_EQ(store_.load(), StoreContents());
}

TEST_F(ProfileStoreTest, AChangeIsWholeOrNone) {
  store_.save({}, some_contents());
  StoreContents wrong = some_contents();
  wrong.profiles.erase(wrong.profiles.begin());
  wrong.former["older"] = "nobody";  // refers to no profile: SQLite refuses it behind all else
  EXPECT_THROW(store_.save(some_contents(), wrong), SetupError);
  EXPECT_EQ(store_.load(), some_contents());
}

TEST_F(ProfileStoreTest, RefusesWhatIsNoDatabase) {
  folder_.write("profiles.db", std::string(5000, 'x'));
  expect_refused("file is not a database");
}

TEST_F(ProfileStoreTest, RefusesAnotherProgramsDatabase) {
  folder_.write("profiles.db", "");
  alter("CREATE TABLE songs(name)");
  expect_refused("database of another program");
}

TEST_F(ProfileStoreTest, RefusesANewerSchema) {
  store_.save({}, some_contents());
  alter("PRAGMA user_version = 2");
  expect_refused("schema version 2");
}

TEST_F(ProfileStoreTest, RefusesWhatIsDamaged) {
  store_.save({}, some_contents());
  const std::string good = bytes_of(path_);
  for (std::size_t at = 0; at < good.size(); at += 512) {
    std::string bad = good;
    bad.replace(at, 512, std::string(512, '\xff'));
    folder_.write("profiles.db", bad);
    const std::string text = refusal();
    if (text.empty()) {
      EXPECT_EQ(store_.load(), some_contents()) << "only where nothing was written may be damaged unseen; at " << at;
    } else {
      EXPECT_NE(text.find(path_), std::string::npos) << text;
    }
  }
}

TEST_F(ProfileStoreTest, RefusesMissingTablesAndWrongValues) {
  store_.save({}, some_contents());
  alter("UPDATE profile_field SET value = 'paint' WHERE field = 'security' AND profile = 'a'");
  expect_refused("profile 'a': security = 'paint': expected nonsecure, authenticated or encrypted");
  alter("UPDATE profile_field SET value = 'encrypted' WHERE field = 'security' AND profile = 'a'");
  expect_refused("profile 'a': transport = tcp+udp: expected tls");
  alter("UPDATE profile_field SET field = 'colour' WHERE field = 'security' AND profile = 'a'");
  expect_refused("expected a field that profiles have");
  alter("DROP TABLE device");
  expect_refused("lacks tables");
}

TEST_F(ProfileStoreTest, RefusesAFileThatOthersMayUse) {
  store_.save({}, some_contents());
  ::chmod(path_.c_str(), 0660);
  expect_refused("mode 0660");
}

TEST_F(ProfileStoreTest, FollowsNoLink) {
  const ProfileStore other(folder_.file("other.db"));
  other.save({}, some_contents());
  std::filesystem::create_symlink(other.path(), path_);
  EXPECT_THROW(store_.load(), SetupError);
}

}  // namespace
}  // namespace sallyport::controlplane
