#include "internal/build_folder.hpp"

#include <chrono>

#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {
namespace {

constexpr const char* kState = ".reelcell";
constexpr const char* kManifest = "corpus.json";
/// A process that was killed may leave a child that holds the lock until the kernel has ended it.
constexpr std::chrono::milliseconds kLockPatience{1000};

void collect_paths(const Json& files, std::set<std::string>& paths) {
  if (!files.is_array()) return;
  for (const Json& file : files)
    if (file.is_object() && file.contains("path") && file["path"].is_string())
      paths.insert(file["path"].get<std::string>());
}

/// Every file that a complete corpus lists.
std::set<std::string> files_of_corpus(const fs::path& manifest) {
  std::set<std::string> paths;
  std::error_code error;
  if (!fs::exists(manifest, error)) return paths;
  const Json document = read_json_file(manifest);
  collect_paths(document.value("files", Json()), paths);
  for (const Json& output : document.value("outputs", Json::array()))
    collect_paths(output.value("files", Json()), paths);
  return paths;
}

}  // namespace

BuildFolder::BuildFolder(const fs::path& out)
    : out_((out / "").lexically_normal().parent_path()), state_(out_ / kState) {
  std::error_code error;
  made_folder_ = !fs::exists(out_, error);
  if (!made_folder_ && !fs::is_directory(out_))
    throw OutputError(out_.string(), "is a file, a folder for the corpus was expected");
  made_state_ = !fs::exists(state_, error);
  if (made_state_ && !made_folder_ && !complete() && !fs::is_empty(out_))
    throw OutputError(out_.string(),
                      "is not empty and holds no corpus; choose an empty or new folder");
  make_folders(state_);
  lock_ = LockFile::lock(state_ / "lock", kLockPatience);
  if (!lock_) {
    made_folder_ = made_state_ = false;
    throw OutputError(out_.string(), "another build is at work in this folder: " +
                                         LockFile::holder(state_ / "lock") +
                                         "; wait for it or stop it, then run this command again");
  }
  journal_ = std::make_unique<Journal>(state_ / "journal");
  spool_ = std::make_unique<Spool>(state_, Spool::Durability::kCheap);
  set_file_ledger(this);
}

BuildFolder::~BuildFolder() {
  set_file_ledger(nullptr);
  if (begun_ || !made_state_) return;
  // Nothing was built: leave the place as it was found.
  try {
    remove_state();
    std::error_code ignored;
    if (made_folder_) fs::remove(out_, ignored);
  } catch (const Error&) {
    return;  // an empty folder more
  }
}

bool BuildFolder::complete() const {
  std::error_code error;
  return fs::exists(out_ / kManifest, error);
}

std::string BuildFolder::fingerprint() const {
  std::string last;
  for (const Json& entry : journal_->earlier())
    if (entry.contains("build")) last = entry.value("build", "");
  return last;
}

std::set<std::string> BuildFolder::files_of_ours() const {
  std::set<std::string> paths = files_of_corpus(out_ / kManifest);
  for (const Json& entry : journal_->earlier())
    if (entry.contains("file")) paths.insert(entry.value("file", ""));
  return paths;
}

void BuildFolder::begin(const std::string& fingerprint) {
  const std::set<std::string> old = files_of_ours();
  // The journal must know the files of a corpus that is replaced before its manifest goes.
  if (complete())
    for (const std::string& path : old) journal_->append({{"file", path}});
  begun_ = true;
  std::error_code error;
  if (fs::remove(out_ / kManifest, error)) sync_folder(out_);
  journal_->append({{"build", fingerprint}, {"version", REELCELL_VERSION}});
  remove_temporaries(out_);
  std::set<fs::path> folders;
  for (const std::string& path : old) {
    const fs::path file = safe_join(out_, path);
    fs::remove(file, error);
    for (fs::path at = file.parent_path(); at != out_ && at.has_relative_path();
         at = at.parent_path())
      folders.insert(at);
  }
  // Deepest first; a folder in which others put something stays.
  for (auto at = folders.rbegin(); at != folders.rend(); ++at)
    if (fs::is_directory(*at, error) && fs::is_empty(*at, error)) fs::remove(*at, error);
}

void BuildFolder::about_to_appear(const fs::path& path) {
  const fs::path relative = path.lexically_relative(out_);
  if (relative.empty() || *relative.begin() == ".." || *relative.begin() == kState) return;
  if (relative == kManifest) return;
  journal_->append({{"file", relative.generic_string()}});
}

void BuildFolder::remove_state() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(state_, error))
    if (entry.path().filename() != "lock") fs::remove_all(entry.path(), error);
  fs::remove(state_ / "lock", error);
  fs::remove(state_, error);
  if (error) throw OutputError(state_.string(), "cannot be removed: " + errno_text(error.value()));
  sync_folder(out_);
}

void BuildFolder::finish(const std::string& fingerprint, bool keep_spool) {
  begun_ = true;
  if (!keep_spool) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(state_, error))
      if (entry.is_directory()) fs::remove_all(entry.path(), error);
  }
  // corpus.json lists the files now; what is left to know is which build this was.
  journal_.reset();
  write_file_atomic(state_ / "journal",
                    Journal::line({{"build", fingerprint}, {"complete", true}}));
  journal_ = std::make_unique<Journal>(state_ / "journal");
}

}  // namespace reelcell::pipeline
