// The samples as an SQL table, for predicates and expressions.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "edit/edit_plan.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::pipeline::edit {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

Json values_of(const std::vector<std::pair<std::string, Value>>& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = reelcell::to_json(value);
  return json;
}

}  // namespace

Json table_row(const StoredSample& stored,
               const std::vector<std::pair<std::string, Value>>& attributes, const std::string& key,
               const std::string& split, const std::string& group, const Segment& segment,
               std::size_t number) {
  Json labels = Json::object(), confidences = Json::object();
  for (const Label& label : segment.labels) {
    labels[label.name] = reelcell::to_json(label.value);
    confidences[label.name] = label.confidence;
  }
  Json row = {{"n", number},
              {"key", key},
              {"episode", stored.episode},
              {"session", stored.session},
              {"split", split},
              {"group", group},
              {"rows", stored.rows},
              {"task", segment.task},
              {"segment_kind", segment.kind},
              {"segment", segment.name},
              {"start_ns", ns_of(segment.range.start)},
              {"end_ns", ns_of(segment.range.end)},
              {"duration_s", static_cast<double>(segment.range.length().count()) * 1e-9}};
  // A struct without a field would be a map of its own kind.
  if (!labels.empty()) row["label"] = labels;
  if (!labels.empty()) row["label_confidence"] = confidences;
  if (!segment.attributes.empty()) row["attribute"] = values_of(segment.attributes);
  if (!attributes.empty()) row["session_attribute"] = values_of(attributes);
  return row;
}

SampleTable::SampleTable(const StoredCorpus& corpus) {
  std::vector<Json> rows;
  for (const StoredSample& s : corpus.samples()) {
    const SampleDetails details = corpus.details(rows.size());
    rows.push_back(table_row(s, details.session_attributes, s.key, s.split, s.group,
                             details.segment, rows.size()));
  }
  write(rows);
}

SampleTable::SampleTable(const std::vector<PlannedSample>& planned, const EditPlan::Impl& plan) {
  std::vector<Json> rows;
  for (const PlannedSample& s : planned)
    rows.push_back(table_row(plan.stored(s), plan.details(s).session_attributes, s.key, s.split,
                             s.group, s.segment, rows.size()));
  write(rows);
}

void SampleTable::write(const std::vector<Json>& rows) {
  std::string name = (fs::temp_directory_path() / "reelcell-samples-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  if (fd < 0) throw OutputError(name, "cannot be created: " + errno_text(errno));
  ::close(fd);
  file_ = name;
  rows_ = rows.size();
  std::string text;
  for (const Json& row : rows)
    text += row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  write_file_atomic(file_, text);
}

SampleTable::~SampleTable() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

table::QueryResult SampleTable::query(const std::string& sql) const {
  return table::query(
      {{"samples", "read_json(" + quoted(file_.string()) +
                       ", format = 'newline_delimited', sample_size = -1, maximum_depth = -1, "
                       "map_inference_threshold = -1, maximum_object_size = 16777216)"}},
      sql, 100'000'000);
}

std::vector<bool> SampleTable::matches(const std::string& predicate) const {
  std::vector<bool> out(rows_, false);
  const table::QueryResult found =
      query("SELECT n FROM samples WHERE (\n" + predicate + "\n) ORDER BY n");
  for (const auto& row : found.rows) out.at(row[0].get<std::size_t>()) = true;
  return out;
}

std::vector<Json> SampleTable::values(const std::string& expression) const {
  std::vector<Json> out(rows_);
  const table::QueryResult found =
      query("SELECT n, (\n" + expression + "\n) AS value FROM samples ORDER BY n");
  for (const auto& row : found.rows) out.at(row[0].get<std::size_t>()) = row[1];
  return out;
}

}  // namespace reelcell::pipeline::edit

namespace reelcell::pipeline {

table::QueryResult edit_table(const fs::path& source, const std::string& sql) {
  const auto corpus = edit::StoredCorpus::open(source);
  return edit::SampleTable(*corpus).query(sql);
}

}  // namespace reelcell::pipeline
