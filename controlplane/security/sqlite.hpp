// SQLite as C++: a database file and prepared statements that close themselves and throw SetupError, with the file's
// name and what SQLite says. Used by stores, control thread; blocks for the disk. Knows no tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport::controlplane {

class SqliteFile {
 public:
  /// Opens a file that is there, for reading and writing (for reading where it may not be written). Throws SetupError.
  explicit SqliteFile(const std::string& path);

  /// Statements without results, one or several. Throws SetupError.
  void run(const char* statements);
  /// The one number that a query gives, as of a PRAGMA. Throws SetupError.
  std::int64_t number(std::string_view query);

  sqlite3* get() const noexcept { return file_.get(); }
  [[noreturn]] void fail() const;

 private:
  struct Close {
    void operator()(sqlite3* file) const noexcept;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> file_;
};

/// A prepared statement; must not outlive its file.
class SqliteStatement {
 public:
  SqliteStatement(SqliteFile& file, std::string_view text);

  /// The next row, if there is one.
  bool step();
  /// For another run, without values.
  void reset();
  /// Parameters are counted from 1, columns from 0, as SQLite does.
  void bind(int parameter, std::string_view text);
  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  SqliteFile& file_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

/// All or nothing: what was done since is undone unless commit() was reached.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteFile& file);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  void commit();

 private:
  SqliteFile& file_;
  bool open_ = true;
};

}  // namespace sallyport::controlplane
