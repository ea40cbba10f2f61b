#include "../internal/verify.hpp"

#include "internal/checks.hpp"
#include "internal/codes.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::writers::lerobot {

namespace {
void verify_loaded(DataSet& set, const VerifyOptions& options, Grouped& found, Findings& findings) {
  load_files(set);
  load_tasks(set, found);
  load_episodes(set, found);
  check_data_files(set, found);
  load_annotations(set);
  const RowsResult rows = check_rows(set, found);
  check_totals(set, rows, found);
  check_modality(set, found);
  VideoResult video = check_videos(set, rows, options, found);
  const std::uint64_t pictures =
      options.deep ? check_pictures(set, rows, options, video.truths, found) : 0;
  check_stats(set, rows, video.truths, found);
  const std::uint64_t objects = check_objects(set, rows, found);
  findings.checked("episodes", rows.episodes.size());
  findings.checked("rows", rows.rows);
  findings.checked("video files", video.files);
  findings.checked("video frames", video.frames);
  findings.checked("frame look-ups", video.lookups);
  if (objects > 0) findings.checked("objects", objects);
  if (options.deep) {
    findings.checked("border frames decoded", video.decoded);
    findings.checked("frames looked at for statistics", video.pictures);
    if (pictures > 0) findings.checked("pictures in rows", pictures);
  }
}
}  // namespace

namespace {
/// Do the path templates give paths? Where they lead is seen in the whole set only.
void check_templates(const DataSet& set, Grouped& found) {
  const std::map<std::string, std::int64_t> numbers =
      set.major == 3
          ? std::map<std::string, std::int64_t>{{"chunk_index", 0}, {"file_index", 0}}
          : std::map<std::string, std::int64_t>{{"episode_chunk", 0}, {"episode_index", 0}};
  for (const char* key : {"data_path", "video_path"}) {
    const Json value = set.info.value(key, Json());
    if (!value.is_string()) continue;  // reported where it has to be there
    std::string trouble;
    if (!fill_template(value.get<std::string>(), numbers, {{"video_key", "camera"}}, &trouble))
      found.error(code::kInfoPath, "meta/info.json", std::string("/") + key, trouble);
  }
}

void verify_info(const fs::path& file, Findings& findings) {
  DataSet set;
  set.info_file = file;
  set.root = fs::absolute(file).parent_path().parent_path();
  Grouped found;
  try {
    if (load_info(set, found)) {
      check_templates(set, found);
      const Json episodes = set.info.value("total_episodes", Json());
      if (episodes.is_number_integer()) check_splits(set, episodes.get<std::int64_t>(), found);
    }
  } catch (const Json::exception& error) {
    found.error(code::kInfoJson, "meta/info.json", "",
                std::string("the checks stopped at a value of the wrong type: ") + error.what());
  }
  Findings all;
  found.flush(all);
  for (const Finding& finding : all.all())
    findings.add(finding.level, finding.code, file.filename().string(), finding.where,
                 finding.message);
  findings.note(code::kInfoAlone, file.filename().string(), "",
                "was checked on its own; rows, videos and statistics are checked when the folder "
                "of the data set is given (" +
                    set.root.filename().string() + ")");
  findings.checked("features", set.features.size());
}
}  // namespace

void verify_data_set(const fs::path& path, const VerifyOptions& options, Findings& findings) {
  if (fs::is_regular_file(path)) return verify_info(path, findings);
  DataSet set;
  set.root = path;
  Grouped found;
  try {
    if (load_info(set, found)) verify_loaded(set, options, found, findings);
  } catch (const OutputError&) {
    throw;
  } catch (const Error& error) {
    found.error(code::kInfoJson, error.where(), "", "the checks stopped here: " + error.message());
  } catch (const Json::exception& error) {
    // A metadata file with a value of a type that no check expects.
    found.error(code::kInfoJson, "meta", "",
                std::string("the checks stopped at a value of the wrong type: ") + error.what());
  }
  found.flush(findings);
}

}  // namespace reelcell::writers::lerobot
