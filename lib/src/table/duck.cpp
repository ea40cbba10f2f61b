#include "internal/duck.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>

#include "reelcell/base/error.hpp"
#include "reelcell/table/memory.hpp"

namespace reelcell::table {

namespace {
std::atomic<std::uint64_t> shared_memory{kLeastSharedMemory};

/// "IO Error: no such file" -> the text as it is, on one line. What DuckDB advises where memory
/// runs out are statements of its own, which nobody can give here.
std::string one_line(std::string text) {
  if (const std::size_t advice = text.find("Possible solutions:"); advice != std::string::npos) {
    text.resize(advice);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
    text += "; allow more with --memory, or take less at once (fewer columns, shorter segments)";
  }
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}
}  // namespace

DuckDatabase::DuckDatabase(const std::string& memory_limit, const fs::path& temp_folder) {
  DuckConfig config;
  duckdb_create_config(config.out());
  const auto set = [&](const char* name, const std::string& value) {
    if (duckdb_set_config(config.get(), name, value.c_str()) == DuckDBError)
      throw InputError(std::string("DuckDB does not know the setting '") + name +
                       "'; version 1.4 is expected, found " + duckdb_library_version());
  };
  set("threads", "1");
  set("memory_limit", memory_limit);
  set("temp_directory", temp_folder.string());
  set("autoinstall_known_extensions", "false");
  set("autoload_known_extensions", "false");
  set("allow_community_extensions", "false");
  // It knows files by path and time; our files in memory share both.
  set("enable_external_file_cache", "false");
  // Its own allocator keeps what a row group took; the next one is often far smaller.
  for (const char* threshold :
       {"allocator_flush_threshold", "allocator_bulk_deallocation_flush_threshold"})
    set(threshold, "1MB");
  char* error = nullptr;
  if (duckdb_open_ext(nullptr, &database_, config.get(), &error) == DuckDBError) {
    const std::string text = error ? error : "unknown error";
    duckdb_free(error);
    throw InputError("DuckDB cannot be started: " + one_line(text));
  }
}

void allow_memory(std::uint64_t bytes) { shared_memory.store(std::max(kLeastSharedMemory, bytes)); }

std::shared_ptr<DuckDatabase> DuckDatabase::shared() {
  // Kept until the end of the process: opening one takes as long as writing several row groups.
  static const std::shared_ptr<DuckDatabase> database =
      std::make_shared<DuckDatabase>(std::to_string(shared_memory.load()) + "B");
  return database;
}

DuckConnection::DuckConnection(std::shared_ptr<DuckDatabase> database)
    : database_(std::move(database)) {
  if (duckdb_connect(database_->get(), &connection_) == DuckDBError)
    throw InputError("DuckDB cannot be connected to");
}

void DuckConnection::run(const std::string& sql) {
  DuckResult result;
  if (duckdb_query(connection_, sql.c_str(), result.get()) == DuckDBError)
    throw InputError(one_line(result.error()));
}

DuckStatement DuckConnection::prepare(const std::string& sql) {
  DuckStatement statement;
  if (duckdb_prepare(connection_, sql.c_str(), statement.out()) == DuckDBError) {
    const char* error = statement ? duckdb_prepare_error(statement.get()) : nullptr;
    throw InputError(one_line(error ? error : "the query cannot be prepared"));
  }
  return statement;
}

void execute_streaming(const DuckStatement& statement, DuckResult& result) {
  if (duckdb_execute_prepared_streaming(statement.get(), result.get()) == DuckDBError)
    throw InputError(one_line(result.error()));
}

DuckChunk DuckResult::next() {
  DuckChunk chunk(duckdb_fetch_chunk(result_));
  if (!chunk)
    if (const char* error = duckdb_result_error(&result_); error && *error)
      throw InputError(one_line(error));
  return chunk;
}

std::string quote_text(std::string_view text) { return quoted(text, '\''); }
std::string quote_identifier(std::string_view name) { return quoted(name, '"'); }

std::string quote_pattern(const fs::path& path) {
  std::string out;
  for (const char c : path.string()) {
    if (c == '*' || c == '?' || c == '[')
      out += std::string("[") + c + "]";
    else
      out += c;
  }
  return quote_text(out);
}

}  // namespace reelcell::table
