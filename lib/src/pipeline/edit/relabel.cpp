// New labels, tasks and splits: from a mapping file or from SQL expressions.
#include <algorithm>

#include "edit/edit_plan.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"

namespace reelcell::pipeline::edit {
namespace {

void set_label(Segment& segment, Label label) {
  for (Label& known : segment.labels)
    if (known.name == label.name) {
      known = std::move(label);
      return;
    }
  segment.labels.push_back(std::move(label));
}

/// RFC 4180: quoted fields may hold commas, quotes and line ends.
std::vector<std::vector<std::string>> parse_csv(const std::string& text, const std::string& where) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false, any = false;
  const auto end_row = [&] {
    row.push_back(std::move(cell));
    cell.clear();
    if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
    row.clear();
    any = false;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"')
        cell += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        cell += text[++i];
      else
        quoted = false;
    } else if (c == '"') {
      quoted = any = true;
    } else if (c == ',') {
      row.push_back(std::move(cell));
      cell.clear();
      any = true;
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      cell += c;
      any = true;
    }
  }
  if (quoted) throw InputError(where, "a quoted field is not closed");
  if (any || !cell.empty()) end_row();
  return rows;
}

/// true, 3, 0.5 and "" (unknown) as such, all else as text.
Value value_of_text(const std::string& text) {
  if (text.empty()) return std::monostate{};
  const Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_boolean() || parsed.is_number() ? value_from_json(parsed) : Value(text);
}

using Entry = std::vector<std::pair<std::string, Value>>;

/// Column -> value of each row, with "key" or "episode" among them.
std::vector<Entry> read_map(const fs::path& file) {
  const std::string where = file.string(), text = read_text_file(file);
  std::vector<Entry> entries;
  if (file.extension() == ".json") {
    const Json document = parse_json(text, where);
    const auto add = [&](const Json& row, const std::string& key) {
      if (!row.is_object()) throw InputError(where, "each entry must be an object");
      Entry entry;
      if (!key.empty()) entry.emplace_back("key", key);
      for (const auto& [name, value] : row.items())
        entry.emplace_back(name, value_from_json(value));
      entries.push_back(std::move(entry));
    };
    if (document.is_array())
      for (const Json& row : document) add(row, "");
    else if (document.is_object())
      for (const auto& [key, row] : document.items()) add(row, key);
    else
      throw InputError(where, "an array of objects, or an object by key, was expected");
    return entries;
  }
  const auto rows = parse_csv(text, where);
  if (rows.empty()) throw InputError(where, "is empty; a header row was expected");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].size() != rows[0].size())
      throw InputError(where + ": row " + std::to_string(i + 1),
                       "has " + std::to_string(rows[i].size()) + " fields, the header has " +
                           std::to_string(rows[0].size()));
    Entry entry;
    for (std::size_t c = 0; c < rows[0].size(); ++c)
      entry.emplace_back(rows[0][c],
                         rows[0][c] == "key" || rows[0][c] == "task" || rows[0][c] == "split"
                             ? Value(rows[i][c])
                             : value_of_text(rows[i][c]));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::size_t sample_of(const Entry& entry, const std::vector<PlannedSample>& samples,
                      const EditPlan::Impl& plan, const std::string& where) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : entry)
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (name == "key" && to_text(value) == samples[i].key) return i;
      if (name == "episode" && plan.sources.size() == 1 &&
          to_text(value) == std::to_string(plan.stored(samples[i]).episode))
        return i;
    }
  for (const PlannedSample& sample : samples) keys.push_back(sample.key);
  for (const auto& [name, value] : entry)
    if (name == "key" || name == "episode")
      throw InputError(where, "no sample has the " + name + " '" + to_text(value) + "'." +
                                  did_you_mean(to_text(value), keys));
  throw InputError(where, "an entry names neither \"key\" nor \"episode\"");
}

void apply_map(const fs::path& file, std::vector<PlannedSample>& samples,
               const EditPlan::Impl& plan) {
  const std::string where = file.string();
  const std::string rule =
      "edit: " + file.filename().string() + " sha256 " + hash_file(file).sha256.substr(0, 16);
  for (const Entry& entry : read_map(file)) {
    PlannedSample& sample = samples[sample_of(entry, samples, plan, where)];
    for (const auto& [name, value] : entry) {
      if (name == "key" || name == "episode") continue;
      if (name == "task")
        sample.segment.task = to_text(value);
      else if (name == "split")
        sample.split = to_text(value);
      else if (name.starts_with("label."))
        set_label(sample.segment, {name.substr(6),
                                   value,
                                   std::holds_alternative<std::monostate>(value) ? 0.0 : 1.0,
                                   rule,
                                   {},
                                   "as the mapping file says"});
      else
        throw InputError(
            where, unknown_name("column", name, {"key", "episode", "task", "split", "label.NAME"}));
    }
  }
}

}  // namespace

void relabel(const EditRequest& request, std::vector<PlannedSample>& samples,
             const EditPlan::Impl& plan) {
  if (!request.map.empty()) apply_map(request.map, samples, plan);
  if (!request.task.empty()) {
    const std::vector<Json> tasks = SampleTable(samples, plan).values(request.task);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (tasks[i].is_null())
        throw InputError("--task", "gives no text for the sample '" + samples[i].key + "'");
      samples[i].segment.task = to_text(value_from_json(tasks[i]));
    }
  }
  for (const auto& [name, expression] : request.labels) {
    const std::vector<Json> values = SampleTable(samples, plan).values(expression);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const Value value = value_from_json(values[i]);
      const bool unknown = std::holds_alternative<std::monostate>(value);
      set_label(samples[i].segment, {name,
                                     value,
                                     unknown ? 0.0 : 1.0,
                                     "edit: " + expression,
                                     {},
                                     unknown ? "the expression gives no value for this sample"
                                             : "from the sample's own entries"});
    }
  }
}

}  // namespace reelcell::pipeline::edit
