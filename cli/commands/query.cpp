// reelcell query: SQL over a corpus's tables.
#include <iostream>

#include "command.hpp"
#include "groups/build_groups.hpp"
#include "groups/common.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/query.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

std::string cell(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "" : value.dump();
}

std::string csv_cell(const Json& value) {
  std::string text = cell(value);
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

constexpr std::uint64_t kLeastMemory = 16'000'000;  ///< with less not even the tables open

class QueryCommand : public Command {
 public:
  std::string name() const override { return "query"; }
  std::string summary() const override {
    return "Run SQL over a corpus's tables (DuckDB) and print the rows.";
  }
  std::string examples() const override {
    return "  reelcell query build/sample/corpus\n"
           "  reelcell query build/sample/corpus \"SELECT split, count(*) AS n FROM samples GROUP "
           "BY split\"\n"
           "  reelcell query build/sample/corpus \"SELECT episode_index, length, "
           "\\\"label/verdict\\\" "
           "FROM episodes LIMIT 3\" --format csv";
  }
  void setup(CLI::App& app) override {
    app.add_option("corpus", corpus_, "Corpus or LeRobot folder")->required()->type_name("DIR");
    app.add_option("sql", sql_, "One SELECT statement; without it the tables are listed")
        ->type_name("SQL");
    app.add_flag("--tables", tables_, "List every column of every table, with its type");
    one_of(app.add_option("--format", format_, "How to print the rows (default table)"), "format",
           {"table", "csv", "json"});
    app.add_option("--limit", limit_,
                   "Stop with an error after this many rows (default 100000; 0 = no limit)")
        ->type_name("N");
    memory_.setup(app,
                  "Let the query take at most this much memory; what is more goes to TMPDIR where "
                  "it can (default 2GiB)",
                  kLeastMemory);
    json_.setup(app, "Same as --format json");
    app.final_callback([this] {
      if (tables_ && !sql_.empty())
        throw CLI::ValidationError("--tables", "lists the tables; leave out the SQL statement");
    });
  }

  Outcome run() override {
    if (json_.json) format_ = "json";
    if (sql_.empty() && !tables_ && format_ == "table") return print_overview();
    const table::QueryResult result =
        sql_.empty()
            ? pipeline::describe_tables(corpus_)
            : pipeline::query_corpus(corpus_, sql_, limit_ ? limit_ : ~0ull,
                                     memory_.text.empty() ? table::kQueryMemory : memory_.value());
    if (result.truncated)
      throw InputError("--limit: more than " + human_count(limit_) +
                       " rows came; raise it (0 = no limit), or select fewer");
    if (format_ == "json") {
      Json rows = Json::array();
      for (const auto& row : result.rows) {
        Json object = Json::object();
        for (std::size_t c = 0; c < row.size(); ++c) object[result.names[c]] = row[c];
        rows.push_back(std::move(object));
      }
      print_json(rows);
    } else if (format_ == "csv") {
      print_csv(result);
    } else {
      Table table(result.names);
      for (const auto& row : result.rows) {
        std::vector<std::string> cells;
        for (const Json& value : row) cells.push_back(cell(value));
        table.add(std::move(cells));
      }
      std::cout << table.text();
    }
    return Outcome::kDone;
  }

 private:
  /// A table a line and its columns below: what one needs to write a query.
  Outcome print_overview() const {
    for (const pipeline::TableOverview& table : pipeline::overview_of_tables(corpus_)) {
      std::cout << table.name << ": " << counted(table.rows, "row") << "\n";
      std::size_t statistics = 0;
      Table columns({"  column", "type"});
      for (const auto& [name, type] : table.columns) {
        // Ten figures a feature would bury the rest; --tables lists them.
        if (name.starts_with("stats/"))
          ++statistics;
        else
          columns.add({"  " + name, shortened(type)});
      }
      if (statistics)
        columns.add({"  stats/FEATURE/FIGURE", counted(statistics, "column") + ", see --tables"});
      std::cout << columns.text() << "\n";
    }
    std::cout << "A name with a dot or a slash is written in double quotes: SELECT "
                 "\"reelcell.time_ns\" FROM rows LIMIT 5\n";
    return Outcome::kDone;
  }

  static std::string shortened(const std::string& type) {
    constexpr std::size_t kMost = 60;
    return type.size() <= kMost ? type : type.substr(0, kMost - 3) + "...";
  }

  static void print_csv(const table::QueryResult& result) {
    for (std::size_t c = 0; c < result.names.size(); ++c)
      std::cout << (c ? "," : "") << csv_cell(result.names[c]);
    std::cout << "\n";
    for (const auto& row : result.rows) {
      for (std::size_t c = 0; c < row.size(); ++c) std::cout << (c ? "," : "") << csv_cell(row[c]);
      std::cout << "\n";
    }
  }

  std::string corpus_, sql_, format_ = "table";
  std::uint64_t limit_ = 100'000;
  bool tables_ = false;
  MemoryOption memory_;
  JsonOption json_;
};

}  // namespace

std::unique_ptr<Command> query_command() { return std::make_unique<QueryCommand>(); }

}  // namespace reelcell::cli
