#include "controlplane/security/sqlite.hpp"

#include <sqlite3.h>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// How long somebody else who has the file is waited for.
constexpr int kBusyMilliseconds = 1000;

}  // namespace

void SqliteFile::Close::operator()(sqlite3* file) const noexcept { sqlite3_close_v2(file); }

SqliteFile::SqliteFile(const std::string& path) : path_(path) {
  sqlite3* file = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE;
  const int outcome = sqlite3_open_v2(path.c_str(), &file, flags, nullptr);
  file_.reset(file);
  if (file == nullptr) throw SetupError(path + ": no memory to open it");
  if (outcome != SQLITE_OK) fail();
  sqlite3_busy_timeout(file, kBusyMilliseconds);
}

void SqliteFile::fail() const { throw SetupError(path_ + ": " + sqlite3_errmsg(file_.get())); }

void SqliteFile::run(const char* statements) {
  if (sqlite3_exec(file_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

std::int64_t SqliteFile::number(std::string_view query) {
  SqliteStatement statement(*this, query);
  if (!statement.step()) throw SetupError(path_ + ": no answer to " + std::string(query));
  return statement.number(0);
}

void SqliteStatement::Finalise::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

SqliteStatement::SqliteStatement(SqliteFile& file, std::string_view text) : file_(file) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(file.get(), text.data(), static_cast<int>(text.size()), &statement, nullptr) != SQLITE_OK) {
    file.fail();
  }
  statement_.reset(statement);
}

bool SqliteStatement::step() {
  const int outcome = sqlite3_step(statement_.get());
  if (outcome != SQLITE_ROW && outcome != SQLITE_DONE) file_.fail();
  return outcome == SQLITE_ROW;
}

void SqliteStatement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void SqliteStatement::bind(int parameter, std::string_view text) {
  // The value is copied: SQLITE_TRANSIENT, which is an old-style cast in the library's header.
  const auto copied = reinterpret_cast<sqlite3_destructor_type>(-1);
  if (sqlite3_bind_text(statement_.get(), parameter, text.data(), static_cast<int>(text.size()), copied) != SQLITE_OK) {
    file_.fail();
  }
}

std::string SqliteStatement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

SqliteTransaction::SqliteTransaction(SqliteFile& file) : file_(file) { file_.run("BEGIN IMMEDIATE"); }

SqliteTransaction::~SqliteTransaction() {
  if (open_) sqlite3_exec(file_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteTransaction::commit() {
  file_.run("COMMIT");
  open_ = false;
}

}  // namespace sallyport::controlplane
