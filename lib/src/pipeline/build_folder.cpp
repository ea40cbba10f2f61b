#include "internal/build_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>

#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"

namespace reelcell::pipeline {
namespace {

constexpr const char* kState = ".reelcell";
constexpr const char* kManifest = "corpus.json";
constexpr const char* kNext = "next";
constexpr const char* kSwap = "swap";
/// A process that was killed may leave a child that holds the lock until the kernel has ended it.
constexpr std::chrono::milliseconds kLockPatience{1000};

/// Whether it was there. A file that stays would be taken for a part of the corpus.
bool remove_ours(const fs::path& path) {
  std::error_code error;
  const bool removed = fs::remove(path, error);
  if (error) throw OutputError(path.string(), "cannot be removed: " + errno_text(error.value()));
  return removed;
}

using Listing = std::map<std::string, std::optional<std::uint64_t>>;  ///< path -> bytes

void collect_files(const Json& files, Listing& listing) {
  if (!files.is_array()) return;
  for (const Json& file : files) {
    if (!file.is_object() || !file.contains("path") || !file["path"].is_string()) continue;
    auto& bytes = listing[file["path"].get<std::string>()];
    if (file.contains("bytes") && file["bytes"].is_number_unsigned())
      bytes = file["bytes"].get<std::uint64_t>();
  }
}

/// Every file that a complete corpus lists.
Listing files_of_corpus(const fs::path& manifest) {
  Listing listing;
  std::error_code error;
  if (!fs::exists(manifest, error)) return listing;
  const Json document = read_json_file_without(manifest, "samples");
  collect_files(document.value("files", Json()), listing);
  for (const Json& output : document.value("outputs", Json::array()))
    collect_files(output.value("files", Json()), listing);
  return listing;
}

/// Folders above the files and below `root` in which nothing is left. One in which others put
/// something stays.
void remove_empty_folders(const fs::path& root, const std::set<std::string>& files) {
  std::error_code error;
  std::set<fs::path> folders;
  for (const std::string& path : files)
    for (fs::path at = safe_join(root, path).parent_path(); at != root && at.has_relative_path();
         at = at.parent_path())
      folders.insert(at);
  for (auto at = folders.rbegin(); at != folders.rend(); ++at)  // deepest first
    if (fs::is_directory(*at, error) && fs::is_empty(*at, error)) fs::remove(*at, error);
}

/// So that what was removed from them or moved into them stays so when the power fails.
void sync_folders_of(const fs::path& root, const std::set<std::string>& files) {
  std::error_code error;
  std::set<fs::path> folders;
  for (const std::string& path : files) {
    fs::path at = safe_join(root, path).parent_path();
    while (at != root && at.has_relative_path() && !fs::is_directory(at, error))
      at = at.parent_path();
    folders.insert(at);
  }
  for (const fs::path& folder : folders) sync_folder(folder);
}

void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
    throw OutputError(to.string(), "cannot be put in place: " + errno_text(error.value()) +
                                       ". The new corpus is whole; run the same command again to "
                                       "put it in place");
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
  root_ = out_;
  if (fs::exists(state_ / kSwap, error)) finish_swap();
  journal_ = std::make_unique<Journal>(state_ / "journal");
  spool_ = std::make_unique<Spool>(state_, Spool::Durability::kCheap);
  set_file_ledger(this);
}

BuildFolder::~BuildFolder() {
  set_file_ledger(nullptr);
  std::error_code error;
  if (root_ != out_ && !fs::exists(state_ / kSwap, error)) fs::remove_all(root_, error);
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

namespace {
std::string last_build(const std::vector<Json>& entries) {
  std::string last;
  for (const Json& entry : entries)
    if (entry.contains("build")) last = entry.value("build", "");
  return last;
}
}  // namespace

std::string BuildFolder::fingerprint() const { return last_build(journal_->earlier()); }

std::string BuildFolder::fingerprint_of(const fs::path& out) {
  return last_build(Journal::read(out / kState / "journal"));
}

bool BuildFolder::is_read_only(const fs::path& out) {
  std::error_code error;
  return fs::exists(out / kManifest, error) && !fs::exists(out / kState / kSwap, error) &&
         ::access((out / kState).c_str(), W_OK) != 0 && (errno == EACCES || errno == EROFS);
}

BuildFolder::Holds BuildFolder::look_at(const fs::path& out, const std::string& fingerprint) {
  std::error_code error;
  if (fs::exists(out / kManifest, error))
    return fingerprint_of(out) == fingerprint ? Holds::kThisBuild : Holds::kOtherCorpus;
  if (fs::exists(out / kState, error)) return Holds::kThisBuild;
  return fs::is_empty(out, error) ? Holds::kNothing : Holds::kOthersFiles;
}

std::set<std::string> BuildFolder::files_of_ours() const {
  std::set<std::string> paths;
  for (const auto& [path, bytes] : files_of_corpus(out_ / kManifest)) paths.insert(path);
  for (const Json& entry : journal_->earlier())
    if (entry.contains("file")) paths.insert(entry.value("file", ""));
  return paths;
}

std::vector<BuildFolder::Damage> BuildFolder::damage_of(const fs::path& out) {
  std::vector<Damage> found;
  for (const auto& [path, bytes] : files_of_corpus(out / kManifest)) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(safe_join(out, path), error);
    if (error)
      found.push_back({path, "is missing"});
    else if (bytes && size != *bytes)
      found.push_back({path, "has " + std::to_string(size) + " bytes, " + std::to_string(*bytes) +
                                 " were written"});
  }
  return found;
}

fs::path BuildFolder::begin(const std::string& fingerprint) {
  std::error_code error;
  fs::remove_all(state_ / kNext, error);
  begun_ = true;
  if (complete()) {
    root_ = state_ / kNext;
    make_folders(root_);
    return root_;
  }
  clear_leftovers();
  journal_->append({{"build", fingerprint}, {"version", REELCELL_VERSION}});
  return root_;
}

void BuildFolder::abandon() {
  if (root_ != out_ || !made_state_) return;
  remove_temporaries(out_);
  std::set<std::string> written;
  for (const Json& entry : Journal::read(state_ / "journal"))
    if (entry.contains("file")) written.insert(entry.value("file", ""));
  for (const std::string& path : written) remove_ours(safe_join(out_, path));
  remove_empty_folders(out_, written);
  begun_ = false;
}

void BuildFolder::clear_leftovers() {
  remove_temporaries(out_);
  const std::set<std::string> old = files_of_ours();
  for (const std::string& path : old) remove_ours(safe_join(out_, path));
  remove_empty_folders(out_, old);
  sync_folders_of(out_, old);
}

SessionInputs BuildFolder::inputs_of(const fs::path& out) {
  SessionInputs inputs;
  for (const Json& entry : Journal::read(out / kState / "journal"))
    if (entry.contains("session")) inputs[entry.value("session", "")] = entry.value("input", "");
  return inputs;
}

void BuildFolder::write_swap(const std::string& fingerprint, const SessionInputs& inputs) const {
  const Listing listed = files_of_corpus(root_ / kManifest);
  Json remove = Json::array();
  for (const auto& [path, bytes] : files_of_corpus(out_ / kManifest))
    if (!listed.contains(path)) remove.push_back(path);
  // What may fail for want of space fails now, while the old corpus is whole.
  for (const std::string& path : list_files(root_)) make_folders((out_ / path).parent_path());
  write_file_atomic(state_ / kSwap,
                    dump_json({{"build", fingerprint}, {"remove", remove}, {"inputs", inputs}}));
}

void BuildFolder::finish_swap() const {
  const fs::path next = state_ / kNext;
  const Json swap = read_json_file(state_ / kSwap);
  std::error_code error;
  if (fs::exists(next / kManifest, error)) {
    try {
      if (remove_ours(out_ / kManifest)) sync_folder(out_);
    } catch (const OutputError&) {
      fs::remove(state_ / kSwap, error);  // the old corpus is whole, and stays
      throw;
    }
    std::set<std::string> removed, changed;
    for (const Json& path : swap.at("remove")) removed.insert(path.get<std::string>());
    for (const std::string& path : removed) remove_ours(safe_join(out_, path));
    changed = removed;
    for (const std::string& path : list_files(next)) {
      if (path == kManifest) continue;
      make_folders((out_ / path).parent_path());
      move_into_place(next / path, out_ / path);
      changed.insert(path);
    }
    remove_empty_folders(out_, removed);
    sync_folders_of(out_, changed);  // the manifest vouches for all of it
    move_into_place(next / kManifest, out_ / kManifest);
    sync_folder(out_);
  }
  write_journal(swap.at("build").get<std::string>(),
                swap.value("inputs", Json::object()).get<SessionInputs>());
  fs::remove_all(next, error);
  fs::remove(state_ / kSwap, error);
  sync_folder(state_);
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

void BuildFolder::write_journal(const std::string& fingerprint, const SessionInputs& inputs) const {
  std::string lines;
  for (const auto& [id, input] : inputs)
    lines += Journal::line({{"session", id}, {"input", input}});
  lines += Journal::line({{"build", fingerprint}, {"complete", true}});
  const fs::path path = state_ / "journal";
  std::error_code error;
  if (fs::exists(path, error) && read_text_file(path) == lines) return;
  write_file_atomic(path, lines);
}

void BuildFolder::finish(const std::string& fingerprint, const SessionInputs& inputs,
                         bool keep_spool) {
  begun_ = true;
  if (root_ != out_) {
    write_swap(fingerprint, inputs);
    finish_swap();
    root_ = out_;
  }
  if (!keep_spool) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(state_, error))
      if (entry.is_directory()) fs::remove_all(entry.path(), error);
  }
  // corpus.json lists the files now; what is left to know is which build this was.
  journal_.reset();
  write_journal(fingerprint, inputs);
  journal_ = std::make_unique<Journal>(state_ / "journal");
}

}  // namespace reelcell::pipeline
