#include "reelcell/pipeline/query.hpp"

#include <algorithm>

#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {
namespace {

using Views = std::vector<std::pair<std::string, std::string>>;

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string clean_name(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return text;
}

void add_parquet_view(Views& views, const std::string& name, const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  std::string list;
  for (const std::string& file : list_files(folder))
    if (file.ends_with(".parquet"))
      list += (list.empty() ? "" : ", ") + quoted((folder / file).string());
  if (!list.empty()) views.emplace_back(name, "read_parquet([" + list + "], union_by_name = true)");
}

void add_lerobot_views(Views& views, const std::string& prefix, const fs::path& folder) {
  add_parquet_view(views, prefix + "rows", folder / "data");
  add_parquet_view(views, prefix + "episodes", folder / "meta" / "episodes");
  if (fs::exists(folder / "meta" / "episodes.jsonl"))
    views.emplace_back(
        prefix + "episodes",
        "read_json_auto(" + quoted((folder / "meta" / "episodes.jsonl").string()) + ")");
  if (fs::exists(folder / "meta" / "objects.parquet"))
    views.emplace_back(prefix + "objects",
                       "read_parquet(" + quoted((folder / "meta/objects.parquet").string()) + ")");
  if (!fs::is_directory(folder / "native")) return;
  for (const auto& entry : fs::directory_iterator(folder / "native"))
    add_parquet_view(views, prefix + "native_" + clean_name(entry.path().filename().string()),
                     entry.path());
}

Views corpus_views(const fs::path& corpus) {
  Views views;
  const fs::path manifest = corpus / "corpus.json";
  if (fs::exists(manifest)) {
    const Json document = read_json_file(manifest);
    // The document is one JSON object. DuckDB takes twice this size as its buffer at once, so it is
    // the file's and no more.
    const std::uint64_t size = std::max<std::uint64_t>(fs::file_size(manifest) + 4096, 1u << 24);
    views.emplace_back("samples", "(SELECT unnest(samples, max_depth := 2) FROM read_json(" +
                                      quoted(manifest.string()) +
                                      ", maximum_object_size = " + std::to_string(size) + "))");
    std::vector<std::string> folders;
    for (const Json& output : document.value("outputs", Json::array()))
      if (output.value("format", "").starts_with("lerobot"))
        folders.push_back(output.value("folder", ""));
    for (const std::string& folder : folders)
      add_lerobot_views(views, folders.size() > 1 ? clean_name(folder) + "_" : "",
                        folder.empty() ? corpus : safe_join(corpus, folder));
  } else if (fs::exists(corpus / "meta" / "info.json")) {
    add_lerobot_views(views, "", corpus);
  } else {
    throw InputError(
        corpus.string(),
        "holds neither corpus.json nor meta/info.json; a corpus or LeRobot folder was expected");
  }
  std::sort(views.begin(), views.end());
  return views;
}

}  // namespace

table::QueryResult query_corpus(const fs::path& corpus, const std::string& sql,
                                std::uint64_t row_limit, std::uint64_t memory) {
  return table::query(corpus_views(corpus), sql, row_limit, memory);
}

std::vector<TableOverview> overview_of_tables(const fs::path& corpus) {
  std::vector<TableOverview> tables;
  std::string counts;
  for (const auto& row : describe_tables(corpus).rows) {
    const std::string name = row[0].get<std::string>();
    if (tables.empty() || tables.back().name != name) {
      tables.push_back({name, 0, {}});
      counts += (counts.empty() ? "SELECT " : ", ") + ("(SELECT count(*) FROM " + name + ")");
    }
    tables.back().columns.emplace_back(row[1].get<std::string>(), row[2].get<std::string>());
  }
  if (tables.empty()) return tables;
  const auto counted = query_corpus(corpus, counts, 1);
  for (std::size_t i = 0; i < tables.size(); ++i)
    tables[i].rows = counted.rows.at(0).at(i).get<std::uint64_t>();
  return tables;
}

table::QueryResult describe_tables(const fs::path& corpus) {
  return table::query(
      corpus_views(corpus),
      "SELECT table_name AS \"table\", column_name AS \"column\", data_type AS \"type\" FROM "
      "information_schema.columns WHERE table_schema = 'main' ORDER BY table_name, "
      "ordinal_position",
      1'000'000);
}

}  // namespace reelcell::pipeline
