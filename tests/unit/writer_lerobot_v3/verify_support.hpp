// Data sets that are checked, and a good one to break in one place.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reelcell/media/mp4.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet.hpp"
#include "support/made_episodes.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& lerobot_v3_writer();
}  // namespace reelcell::writers

namespace reelcell::test {

inline Findings verify(const fs::path& folder, bool deep = false) {
  Findings findings;
  writers::lerobot_v3_writer().verify(folder, {.deep = deep, .threads = 1}, findings);
  return findings;
}

/// "error LR-X file where", without the message.
inline std::vector<std::string> brief(const Findings& findings, bool notes = true) {
  std::vector<std::string> lines;
  for (const Finding& f : findings.all())
    if (notes || f.level != FindingLevel::kNote)
      lines.push_back(std::string(to_string(f.level)) + " " + f.code + " " + f.path +
                      (f.where.empty() ? "" : " " + f.where));
  return lines;
}

inline std::string message_of(const Findings& findings, const std::string& code) {
  for (const Finding& f : findings.all())
    if (f.code == code) return f.message;
  return "no " + code;
}

inline std::uint64_t checked(const Findings& findings, const std::string& what) {
  for (const auto& [name, count] : findings.checked())
    if (name == what) return count;
  return 0;
}

/// A good set, broken in one place.
class BrokenSet : public ::testing::Test {
 protected:
  void SetUp() override {
    write_made_set(folder_.path(), writers::lerobot_v3_writer());
    root_ = folder_ / "lerobot";
  }
  void change_json(const std::string& file, const std::function<void(Json&)>& change) {
    Json json = read_json_file(root_ / file);
    change(json);
    write_file_atomic(root_ / file, dump_json(json));
  }
  /// Rewrites a table with some values changed; `columns` are those of the file unless given.
  void change_rows(const std::string& file, const std::function<void(std::vector<Json>&)>& change,
                   std::function<void(std::vector<table::ParquetColumn>&)> retype = {},
                   bool key_values = true) {
    const table::ParquetInfo info = table::parquet_info(root_ / file);
    std::vector<Json> rows = table::read_parquet_rows(root_ / file);
    std::vector<table::ParquetColumn> columns = info.columns;
    if (retype) retype(columns);
    change(rows);
    table::ParquetWriter::Options options;
    if (key_values) options.key_values = info.key_values;
    table::ParquetWriter writer(root_ / file, columns, options);
    for (const Json& row : rows) {
      std::vector<Json> values;
      for (const table::ParquetColumn& column : columns)
        values.push_back(row.value(column.name, Json()));
      writer.append_row(values);
    }
    writer.close();
  }
  std::vector<std::string> codes(bool deep = false) {
    std::vector<std::string> codes;
    const Findings findings = verify(root_, deep);
    for (const Finding& f : findings.all()) codes.push_back(f.code);
    return codes;
  }

  static constexpr const char* kData = "data/chunk-000/file-000.parquet";
  static constexpr const char* kEpisodes = "meta/episodes/chunk-000/file-000.parquet";
  static constexpr const char* kVideo = "videos/observation.images.front/chunk-000/file-000.mp4";
  TempFolder folder_;
  fs::path root_;
};

}  // namespace reelcell::test
