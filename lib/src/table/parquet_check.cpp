#include "reelcell/table/parquet_check.hpp"

#include <algorithm>
#include <numeric>

#include "internal/duck.hpp"
#include "internal/leaf_figures.hpp"
#include "internal/scan.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::table {
namespace {

class Check {
 public:
  Check(const fs::path& path, const Footer& footer)
      : path_(path), footer_(footer), connection_(DuckDatabase::shared()) {
    out_.rows = footer.info.rows;
    out_.row_groups = footer.info.row_groups.size();
    out_.columns = footer.info.columns.size();
  }

  ParquetCheck run() {
    const auto& groups = footer_.info.row_groups;
    const std::uint64_t sum = std::accumulate(groups.begin(), groups.end(), std::uint64_t{0});
    if (sum != footer_.info.rows)
      fault(ParquetTrouble::kCount, "footer",
            "says " + std::to_string(footer_.info.rows) + " rows, its row groups have " +
                std::to_string(sum));
    for (std::size_t i = 0; i < groups.size(); first_row_ += groups[i++]) check_group(i);
    check_overlap();
    return std::move(out_);
  }

 private:
  void fault(ParquetTrouble trouble, std::string where, std::string message) {
    out_.problems.push_back({trouble, std::move(where), std::move(message)});
  }
  std::string place(std::size_t group) const {
    const std::uint64_t rows = footer_.info.row_groups[group];
    return "row group " + std::to_string(group) +
           (rows > 0 ? " (rows " + std::to_string(first_row_) + " to " +
                           std::to_string(first_row_ + rows - 1) + ")"
                     : "");
  }

  void check_group(std::size_t group) {
    const std::uint64_t rows = footer_.info.row_groups[group];
    try {
      const GroupBytes bytes = group_bytes(footer_, group);
      if (rows > 0) places_.push_back(bytes);
    } catch (const InputError& error) {
      return fault(ParquetTrouble::kPlace, place(group), error.message());
    }
    if (rows == 0) return;
    std::vector<LeafFigures> figures;
    std::uint64_t decoded = 0;
    try {
      decoded = decode(group, "*", &figures);
    } catch (const InputError& error) {
      return name_columns(group, error);
    }
    if (decoded != rows)
      return fault(
          ParquetTrouble::kCount, place(group),
          "says " + std::to_string(rows) + " rows, " + std::to_string(decoded) + " were decoded");
    compare(group, figures);
  }

  /// Decodes the row group; returns its rows. Throws InputError with DuckDB's message.
  std::uint64_t decode(std::size_t group, const std::string& columns,
                       std::vector<LeafFigures>* figures) {
    Scan scan = plan_scan(path_, footer_, first_row_, footer_.info.row_groups[group]);
    const DuckStatement statement = connection_.prepare(
        scan_sql(columns, scan.cut ? scan.cut->path() : fs::absolute(path_), scan));
    DuckResult result;
    execute_streaming(statement, result);
    const idx_t count = duckdb_column_count(result.get());
    std::vector<DuckType> types;
    names_.resize(columns == "*" ? count : names_.size());
    for (idx_t i = 0; i < count; ++i) {
      types.emplace_back(duckdb_column_logical_type(result.get(), i));
      if (columns == "*") names_[i] = duckdb_column_name(result.get(), i);
    }
    std::uint64_t rows = 0;
    while (const DuckChunk chunk = result.next()) {
      const idx_t size = duckdb_data_chunk_get_size(chunk.get());
      std::size_t leaf = 0;
      for (idx_t i = 0; figures && i < count; ++i)
        add_figures(duckdb_data_chunk_get_vector(chunk.get(), i), types[i].get(), size, *figures,
                    leaf);
      rows += size;
    }
    return rows;
  }

  /// A row group that cannot be decoded, column by column: most of it may be whole.
  void name_columns(std::size_t group, const InputError& whole) {
    std::size_t named = 0;
    for (const std::string& name : std::vector<std::string>(names_)) {
      try {
        decode(group, quote_identifier(name), nullptr);
      } catch (const InputError& error) {
        ++named;
        fault(ParquetTrouble::kDecode, place(group) + ", column " + name, error.message());
      }
    }
    if (named == 0) fault(ParquetTrouble::kDecode, place(group), whole.message());
  }

  void compare(std::size_t group, const std::vector<LeafFigures>& figures) {
    const std::vector<ChunkFacts> facts = chunk_facts(footer_, group);
    for (const LeafFigures& leaf : figures) out_.values += leaf.values;
    // Kinds of columns that DuckDB shows with other leaves than the schema has are decoded only.
    if (facts.size() != figures.size() || facts.size() != footer_.info.columns.size()) return;
    for (std::size_t i = 0; i < facts.size(); ++i) {
      const ParquetColumn& column = footer_.info.columns[i];
      const std::string where = place(group) + ", column " + column.name;
      const bool flat = column.list_depth == 0 &&
                        std::find(names_.begin(), names_.end(), column.name) != names_.end();
      if (flat) compare_counts(facts[i], figures[i], where);
      if (figures[i].comparable) compare_bounds(column.dtype, facts[i], figures[i], where);
    }
  }

  void compare_counts(const ChunkFacts& facts, const LeafFigures& leaf, const std::string& where) {
    if (facts.values != leaf.values + leaf.missing)
      fault(ParquetTrouble::kCount, where,
            "says " + std::to_string(facts.values) + " values, " +
                std::to_string(leaf.values + leaf.missing) + " were decoded");
    if (facts.missing && *facts.missing != leaf.missing)
      fault(ParquetTrouble::kStatistics, where,
            "says " + std::to_string(*facts.missing) + " missing values, there are " +
                std::to_string(leaf.missing) + "; queries for missing values give wrong answers");
  }

  void compare_bounds(DType dtype, const ChunkFacts& facts, const LeafFigures& leaf,
                      const std::string& where) {
    const bool is_signed = dtype == DType::kFloat32 || dtype == DType::kFloat64 ||
                           dtype == DType::kInt8 || dtype == DType::kInt16 ||
                           dtype == DType::kInt32 || dtype == DType::kInt64;
    if ((facts.old_bounds && !is_signed) || !leaf.min) return;
    const auto low = facts.min ? leaf_bound(*facts.min, dtype) : std::nullopt;
    const auto high = facts.max ? leaf_bound(*facts.max, dtype) : std::nullopt;
    const auto fits = [&](const std::optional<LeafValue>& bound) {
      return bound && bound->index() == leaf.min->index();
    };
    const auto outside = [&](const char* name, const LeafValue& bound, const LeafValue& value) {
      fault(ParquetTrouble::kStatistics, where,
            std::string("states the ") + name + " " + leaf_text(bound) + ", a value is " +
                leaf_text(value) + ": a query that leaves row groups out by these bounds loses it");
    };
    if (fits(low) && *leaf.min < *low) outside("minimum", *low, *leaf.min);
    if (fits(high) && *high < *leaf.max) outside("maximum", *high, *leaf.max);
    if (dtype == DType::kString) return;  // bounds of texts may be cut short
    const bool loose = (fits(low) && *low < *leaf.min) || (fits(high) && *leaf.max < *high);
    if (loose)
      fault(ParquetTrouble::kLooseBounds, where,
            "states bounds from " + (low ? leaf_text(*low) : "-") + " to " +
                (high ? leaf_text(*high) : "-") + ", the values go from " + leaf_text(*leaf.min) +
                " to " + leaf_text(*leaf.max));
  }

  void check_overlap() {
    std::sort(places_.begin(), places_.end(),
              [](const GroupBytes& a, const GroupBytes& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < places_.size(); ++i)
      if (places_[i].begin < places_[i - 1].end)
        return fault(ParquetTrouble::kPlace, "byte " + std::to_string(places_[i].begin),
                     "the pages of two row groups lie on top of one another");
  }

  fs::path path_;
  const Footer& footer_;
  DuckConnection connection_;
  std::uint64_t first_row_ = 0;
  std::vector<std::string> names_;  ///< of the columns, those within structs not
  std::vector<GroupBytes> places_;
  ParquetCheck out_;
};

}  // namespace

ParquetCheck check_parquet(const fs::path& path) {
  const InputFile file(path);
  try {
    const Footer footer = read_footer(file);
    return Check(path, footer).run();
  } catch (const InputError& error) {
    ParquetCheck out;
    out.problems.push_back({ParquetTrouble::kFooter, "footer", error.message()});
    return out;
  }
}

}  // namespace reelcell::table
