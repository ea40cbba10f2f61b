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
  const RowsResult rows = check_rows(set, found);
  check_totals(set, rows, found);
  check_modality(set, found);
  const VideoResult video = check_videos(set, rows, options, found);
  check_stats(set, rows, found);
  findings.checked("episodes", rows.episodes.size());
  findings.checked("rows", rows.rows);
  findings.checked("video files", video.files);
  findings.checked("video frames", video.frames);
  findings.checked("frame look-ups", video.lookups);
  if (options.deep) findings.checked("border frames decoded", video.decoded);
}
}  // namespace

void verify_data_set(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  DataSet set;
  set.root = folder;
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
