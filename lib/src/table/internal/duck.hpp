// DuckDB's C handles, each owned by a type, and its errors as ours.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reelcell/base/file.hpp"

namespace reelcell::table {

/// A DuckDB handle with its destroy function, which takes the handle's address.
template <class Handle, auto destroy>
class Duck {
 public:
  Duck() = default;
  explicit Duck(Handle handle) : handle_(handle) {}
  ~Duck() {
    if (handle_) destroy(&handle_);
  }
  Duck(Duck&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Duck& operator=(Duck&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Handle get() const { return handle_; }
  Handle* out() { return &handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  Handle handle_ = nullptr;
};
using DuckConfig = Duck<duckdb_config, duckdb_destroy_config>;
using DuckStatement = Duck<duckdb_prepared_statement, duckdb_destroy_prepare>;
using DuckChunk = Duck<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using DuckType = Duck<duckdb_logical_type, duckdb_destroy_logical_type>;
using DuckStatements = Duck<duckdb_extracted_statements, duckdb_destroy_extracted>;

class DuckResult {
 public:
  DuckResult() = default;
  ~DuckResult() { duckdb_destroy_result(&result_); }
  DuckResult(const DuckResult&) = delete;
  DuckResult& operator=(const DuckResult&) = delete;
  duckdb_result* get() { return &result_; }
  std::string error() { return text_of(duckdb_result_error(&result_)); }
  /// Next chunk, empty at the end. Throws InputError when the query fails on the way.
  DuckChunk next();

 private:
  static std::string text_of(const char* text) { return text ? text : "unknown error"; }
  duckdb_result result_{};
};

/// An in-memory database without extension loading.
class DuckDatabase {
 public:
  /// One thread: order and bytes do not depend on the machine. `temp_folder` "" = never spill.
  explicit DuckDatabase(const std::string& memory_limit, const fs::path& temp_folder = {});
  ~DuckDatabase() { duckdb_close(&database_); }
  DuckDatabase(const DuckDatabase&) = delete;
  DuckDatabase& operator=(const DuckDatabase&) = delete;
  duckdb_database get() const { return database_; }
  /// The one that readers and writers share. Thread-safe.
  static std::shared_ptr<DuckDatabase> shared();

 private:
  duckdb_database database_ = nullptr;
};

class DuckConnection {
 public:
  explicit DuckConnection(std::shared_ptr<DuckDatabase> database);
  ~DuckConnection() { duckdb_disconnect(&connection_); }
  DuckConnection(const DuckConnection&) = delete;
  DuckConnection& operator=(const DuckConnection&) = delete;
  duckdb_connection get() const { return connection_; }
  const std::shared_ptr<DuckDatabase>& database() const { return database_; }
  /// Throw InputError with DuckDB's message.
  void run(const std::string& sql);
  DuckStatement prepare(const std::string& sql);

 private:
  std::shared_ptr<DuckDatabase> database_;
  duckdb_connection connection_ = nullptr;
};

/// Runs, streaming: the result is made while it is fetched.
void execute_streaming(const DuckStatement& statement, DuckResult& result);

std::string quote_text(std::string_view text);        ///< 'it''s'
std::string quote_identifier(std::string_view name);  ///< "a ""b"""
/// Path as a literal for read_parquet(), which would take '*', '?' and '[' as patterns.
std::string quote_pattern(const fs::path& path);

}  // namespace reelcell::table
