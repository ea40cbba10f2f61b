#include "internal/validate_parquet.hpp"

#include <algorithm>
#include <map>

#include "reelcell/base/error.hpp"
#include "reelcell/table/parquet_check.hpp"

namespace reelcell::pipeline {
namespace {
using table::ParquetTrouble;

std::pair<FindingLevel, const char*> code_of(ParquetTrouble trouble) {
  switch (trouble) {
    case ParquetTrouble::kFooter:
      return {FindingLevel::kError, "PQ-FOOTER"};
    case ParquetTrouble::kPlace:
      return {FindingLevel::kError, "PQ-PLACE"};
    case ParquetTrouble::kCount:
      return {FindingLevel::kError, "PQ-COUNT"};
    case ParquetTrouble::kDecode:
      return {FindingLevel::kError, "PQ-DECODE"};
    case ParquetTrouble::kStatistics:
      return {FindingLevel::kError, "PQ-STATS"};
    case ParquetTrouble::kLooseBounds:
      break;
  }
  return {FindingLevel::kWarning, "PQ-STATS-LOOSE"};
}

/// The data set that a file is part of: the nearest folder above it with a meta/info.json.
fs::path data_set_of(const fs::path& file) {
  constexpr int kDeepest = 5;  // meta/episodes/chunk-000/file-000.parquet
  fs::path folder = fs::absolute(file).parent_path();
  std::error_code error;
  for (int i = 0; i < kDeepest && folder.has_relative_path(); ++i, folder = folder.parent_path())
    if (fs::is_regular_file(folder / "meta" / "info.json", error)) return folder;
  return {};
}

}  // namespace

bool is_parquet(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;
  if (file.extension() == ".parquet") return true;
  const InputFile input(file);
  Bytes head(4);
  return input.read_at(0, head) == head.size() && as_text(head) == "PAR1";
}

void validate_parquet(const fs::path& file, Findings& findings) {
  constexpr std::size_t kMostTold = 20;
  const std::string name = file.filename().string();
  const table::ParquetCheck check = table::check_parquet(file);
  std::map<ParquetTrouble, std::size_t> told;
  for (const table::ParquetProblem& problem : check.problems) {
    const auto [level, code] = code_of(problem.trouble);
    if (++told[problem.trouble] <= kMostTold)
      findings.add(level, code, name, problem.where, problem.message);
  }
  for (const auto& [trouble, count] : told)
    if (count > kMostTold) {
      const auto [level, code] = code_of(trouble);
      findings.add(level, code, name, "",
                   std::to_string(count - kMostTold) + " further places are not listed");
    }
  if (const fs::path set = data_set_of(file); !set.empty())
    findings.note("PQ-PART", name, "",
                  "was checked on its own; what its rows must be in the data set is checked when "
                  "its folder is given (" +
                      set.filename().string() + ")");
  findings.checked("row groups", check.row_groups);
  findings.checked("rows", check.rows);
  findings.checked("values", check.values);
}

}  // namespace reelcell::pipeline
