#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>

#include "internal/values.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {

namespace {
/// Where a big sort may spill. DuckDB makes it on first use; removed at the end.
class SpillFolder {
 public:
  SpillFolder() {
    static std::atomic<unsigned> count{0};
    path_ = fs::temp_directory_path() /
            ("reelcell-query-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
  }
  ~SpillFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// The text literals of a view's expression: the files it reads.
std::vector<std::string> literals(const std::string& sql) {
  std::vector<std::string> out;
  for (std::size_t at = sql.find('\''); at != std::string::npos; at = sql.find('\'', at)) {
    std::string text;
    for (++at; at < sql.size(); ++at) {
      if (sql[at] == '\'') {
        if (at + 1 == sql.size() || sql[at + 1] != '\'') break;
        ++at;
      }
      text += sql[at];
    }
    out.push_back(text);
    if (at < sql.size()) ++at;
  }
  return out;
}

std::string sql_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + quote_text(text);
  return out + "]";
}

/// From here on only the files of the views can be read, and no setting can be changed back.
void lock_down(DuckConnection& connection,
               const std::vector<std::pair<std::string, std::string>>& views) {
  std::vector<std::string> files, folders;
  for (const auto& [name, expression] : views)
    for (const std::string& path : literals(expression)) {
      const std::size_t wild = path.find_first_of("*?[");
      if (wild == std::string::npos)
        files.push_back(path);
      else if (const std::size_t slash = path.rfind('/', wild); slash != std::string::npos)
        folders.push_back(path.substr(0, slash + 1));
    }
  connection.run("SET allowed_paths = " + sql_list(files));
  connection.run("SET allowed_directories = " + sql_list(folders));
  connection.run("SET enable_external_access = false");
  connection.run("SET lock_configuration = true");
}

/// The first word at `at`, lower case, behind blanks, comments and parentheses; `at` moves behind
/// it.
std::string next_word(const std::string& sql, std::size_t& at) {
  while (at < sql.size()) {
    if (sql.compare(at, 2, "--") == 0) {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.compare(at, 2, "/*") == 0) {
      const std::size_t end = sql.find("*/", at + 2);
      at = end == std::string::npos ? sql.size() : end + 2;
    } else if (std::isspace(static_cast<unsigned char>(sql[at])) || sql[at] == '(' ||
               sql[at] == ')') {
      ++at;
    } else {
      break;
    }
  }
  std::string word;
  for (; at < sql.size() && std::isalpha(static_cast<unsigned char>(sql[at])); ++at)
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(sql[at])));
  return word;
}

/// By the words and not only by DuckDB's statement type, because EXPORT makes its folder while it
/// is prepared and EXPLAIN ANALYZE runs what it explains.
bool begins_as_reading(const std::string& sql) {
  static constexpr std::array kReading = {"select",    "with",   "from",  "describe", "show",
                                          "summarize", "values", "pivot", "unpivot",  "desc"};
  std::size_t at = 0;
  std::string word = next_word(sql, at);
  while (word == "explain" || word == "analyze" || word == "analyse") word = next_word(sql, at);
  return std::find(kReading.begin(), kReading.end(), word) != kReading.end();
}

/// Exactly one statement that only reads. (A COPY or ATTACH could write beside the views' files.)
DuckStatement prepare_reading(DuckConnection& connection, const std::string& sql) {
  DuckStatements statements;
  const idx_t count = duckdb_extract_statements(connection.get(), sql.c_str(), statements.out());
  if (count == 0) {
    const char* error = duckdb_extract_statements_error(statements.get());
    throw InputError(error ? error : "the query is empty; a SELECT is expected");
  }
  if (count > 1) throw InputError("the query has several statements; one SELECT is expected");
  const char* refusal = "only queries that read are allowed: SELECT, WITH, FROM, DESCRIBE, EXPLAIN";
  if (!begins_as_reading(sql)) throw InputError(refusal);
  DuckStatement statement = connection.prepare(sql);
  const duckdb_statement_type type = duckdb_prepared_statement_type(statement.get());
  if (type != DUCKDB_STATEMENT_TYPE_SELECT && type != DUCKDB_STATEMENT_TYPE_EXPLAIN)
    throw InputError(refusal);
  return statement;
}

/// Names and types of the result; true when every column can be shown in JSON.
bool describe(const DuckStatement& statement, QueryResult& out) {
  bool all = true;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement.get()); ++i) {
    const DuckType type(duckdb_prepared_statement_column_logical_type(statement.get(), i));
    const char* name = duckdb_prepared_statement_column_name(statement.get(), i);
    out.names.emplace_back(name ? name : "");
    duckdb_free(const_cast<char*>(name));
    out.types.push_back(type_name(type.get()));
    all &= json_can_hold(type.get());
  }
  return all;
}

/// The query with the columns that JSON cannot show (dates, blobs, ..) as text.
std::string with_casts(const DuckStatement& statement, const std::string& sql) {
  std::string list;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement.get()); ++i) {
    const DuckType type(duckdb_prepared_statement_column_logical_type(statement.get(), i));
    const std::string place = "#" + std::to_string(i + 1);
    list +=
        (i ? ", " : "") + (json_can_hold(type.get()) ? place : "CAST(" + place + " AS VARCHAR)");
  }
  return "SELECT " + list + " FROM (" + sql.substr(0, sql.find_last_not_of("; \t\n\r") + 1) + "\n)";
}

void fetch(DuckResult& result, std::uint64_t row_limit, QueryResult& out) {
  std::vector<DuckType> types;
  for (idx_t i = 0; i < duckdb_column_count(result.get()); ++i)
    types.emplace_back(duckdb_column_logical_type(result.get(), i));
  while (const DuckChunk chunk = result.next()) {
    const idx_t rows = duckdb_data_chunk_get_size(chunk.get());
    if (rows == 0) return;
    for (idx_t row = 0; row < rows; ++row) {
      if (out.rows.size() == row_limit) {
        out.truncated = true;
        return;
      }
      std::vector<Json> values;
      for (idx_t i = 0; i < types.size(); ++i)
        values.push_back(
            json_value(duckdb_data_chunk_get_vector(chunk.get(), i), types[i].get(), row));
      out.rows.push_back(std::move(values));
    }
  }
}
}  // namespace

QueryResult query(const std::vector<std::pair<std::string, std::string>>& views,
                  const std::string& sql, std::uint64_t row_limit, std::uint64_t memory) {
  const SpillFolder spill;
  DuckConnection connection(
      std::make_shared<DuckDatabase>(std::to_string(memory) + "B", spill.path()));
  for (const auto& [name, expression] : views)
    connection.run("CREATE VIEW " + quote_identifier(name) + " AS SELECT * FROM " + expression);
  lock_down(connection, views);
  DuckStatement statement = prepare_reading(connection, sql);
  QueryResult out;
  if (!describe(statement, out)) statement = connection.prepare(with_casts(statement, sql));
  DuckResult result;
  execute_streaming(statement, result);
  fetch(result, row_limit, out);
  return out;
}

}  // namespace reelcell::table
