// Results kept between runs, so that what was dear to make is not made again.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "reelcell/base/file.hpp"

namespace reelcell::pipeline {

/// One file a result, named by the fingerprint of what decides it; a file that is torn, damaged or
/// of another format counts as missing. Marks say which results were being made when a run ended
/// abruptly. Thread-safe; several processes, on several hosts, may share the folder.
class Spool {
 public:
  enum class Durability { kCheap, kSynced };  ///< kSynced: survives a power cut
  Spool(fs::path folder, Durability durability);
  std::optional<Bytes> load(const std::string& fingerprint) const;
  bool has(const std::string& fingerprint) const;
  /// The first bytes of a result, unchecked; empty when there is none.
  Bytes head(const std::string& fingerprint, std::size_t bytes) const;
  /// Throws OutputError.
  void store(const std::string& fingerprint, ByteView payload) const;
  void forget(const std::string& fingerprint) const;

  void begin(const std::string& fingerprint) const;
  void end(const std::string& fingerprint) const;
  /// Begun and never ended.
  std::set<std::string> begun() const;
  /// Removes every result that this object has neither given nor taken: of other recipes, of
  /// sessions that are no part of the build any more, of what was built otherwise. Each alone, so a
  /// kill leaves some for the next time. Only where no other process uses the folder.
  void drop_unused() const;
  /// Total size of what is stored.
  std::uint64_t bytes() const;

 private:
  fs::path file(const std::string& fingerprint) const { return results_ / fingerprint; }
  fs::path results_, marks_;
  void used(const std::string& fingerprint) const;

  Durability durability_;
  mutable std::mutex mutex_;
  mutable std::unordered_set<std::uint64_t> used_;  ///< first digits of fingerprints
};

/// A mark for as long as the object lives; a killed process leaves it.
class SpoolMark {
 public:
  SpoolMark(const Spool& spool, std::string fingerprint)
      : spool_(&spool), fingerprint_(std::move(fingerprint)) {
    spool_->begin(fingerprint_);
  }
  ~SpoolMark() { spool_->end(fingerprint_); }
  SpoolMark(const SpoolMark&) = delete;
  SpoolMark& operator=(const SpoolMark&) = delete;

 private:
  const Spool* spool_;
  std::string fingerprint_;
};

}  // namespace reelcell::pipeline
