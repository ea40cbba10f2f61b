// The folder of a corpus while it is built: lock, journal, spool, and what may be deleted in it.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "internal/identity.hpp"
#include "internal/spool.hpp"
#include "reelcell/base/file_ledger.hpp"
#include "reelcell/base/journal.hpp"
#include "reelcell/base/lock_file.hpp"

namespace reelcell::pipeline {

/// OUT/.reelcell holds `lock`, `journal` and the spool. A folder with corpus.json is a complete
/// corpus; one with a journal and without corpus.json is a build to be gone on with. Every file
/// that appears below OUT while this object lives is in the journal first, so a later run deletes
/// what an interrupted one made, and nothing else.
///
/// A complete corpus is replaced only by a complete one: its successor is made in `next` and then
/// moved into place, file by file, corpus.json last. `swap` is there meanwhile; whoever opens the
/// folder next finishes the move. Files that both list under one name and that the successor did
/// not make anew stay as they are.
class BuildFolder : public FileLedger {
 public:
  /// Takes the lock; makes the folder where there is none; finishes a move that was interrupted.
  /// Throws OutputError: a file is there,
  /// something else is in it, another builder is at work.
  explicit BuildFolder(const fs::path& out);
  ~BuildFolder() override;
  BuildFolder(const BuildFolder&) = delete;
  BuildFolder& operator=(const BuildFolder&) = delete;

  const fs::path& out() const { return out_; }
  bool complete() const;
  /// No build was ever begun in it.
  bool is_new() const { return made_state_ && !complete(); }
  /// Of the build that this folder holds or held, "" when the journal does not say.
  std::string fingerprint() const;
  const Spool& spool() const { return *spool_; }
  struct Damage {
    std::string path, what;  ///< "is missing", ..
  };
  /// Files that a complete corpus lists and that are not there in their size.
  std::vector<Damage> damage() const { return damage_of(out_); }
  /// Starts a new build and gives the folder to write it into: OUT, after what an interrupted run
  /// made there is deleted (never the spool), or `next` when OUT holds a complete corpus.
  fs::path begin(const std::string& fingerprint);
  /// After begin(): leaves a new folder as it was found, where the same build cannot but end the
  /// same way again.
  void abandon();
  /// What the sessions of a complete corpus were read from; empty when the journal does not say.
  SessionInputs inputs() const { return inputs_of(out_); }
  /// Without the lock, to look at a corpus only.
  static SessionInputs inputs_of(const fs::path& out);
  static std::vector<Damage> damage_of(const fs::path& out);
  static std::string fingerprint_of(const fs::path& out);
  /// A complete corpus that this process may not write into, nor lock.
  static bool is_read_only(const fs::path& out);
  enum class Holds { kNothing, kThisBuild, kOtherCorpus, kOthersFiles };
  /// What a folder holds, to whom builds `fingerprint`: without the lock, and nothing is made.
  /// kThisBuild: also one that an interrupted build left, whatever it was of.
  static Holds look_at(const fs::path& out, const std::string& fingerprint);
  /// After corpus.json is written: the new corpus takes its place. Leaves a journal that says which
  /// build this was, and the spool for --retry-failed when `keep_spool`.
  void finish(const std::string& fingerprint, const SessionInputs& inputs, bool keep_spool);

  void about_to_appear(const fs::path& path) override;

 private:
  std::set<std::string> files_of_ours() const;
  void clear_leftovers();
  void write_swap(const std::string& fingerprint, const SessionInputs& inputs) const;
  void write_journal(const std::string& fingerprint, const SessionInputs& inputs) const;
  void finish_swap() const;
  void remove_state();
  fs::path out_, state_;
  fs::path root_;  ///< where the build writes
  bool made_folder_ = false, made_state_ = false, begun_ = false;
  std::optional<LockFile> lock_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Spool> spool_;
};

}  // namespace reelcell::pipeline
