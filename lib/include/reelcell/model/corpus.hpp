// Writers as the pipeline sees them, and what they report.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "reelcell/base/diagnostics.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/model/episode.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell {

struct CorpusFile {
  std::string path;  ///< relative to the corpus root, '/'
  Digests digests;
};

/// Where an episode went.
struct SamplePlace {
  std::uint64_t episode = 0;
  std::string file;  ///< shard or data file, relative to the corpus root
  Json details = Json::object();
};

/// Where an episode lay in a finished corpus from which others were taken out.
struct EarlierPlace {
  fs::path root;  ///< of that corpus
  SamplePlace place;
  /// Files of this output, relative to the root, of which every episode stays.
  const std::set<std::string>* whole = nullptr;
};

struct WriterReport {
  std::vector<CorpusFile> files;  ///< sorted by path
  std::uint64_t carried = 0;      ///< of them: whole files of the corpus before, by carry()
  Json summary = Json::object();
};

/// Episodes come in order of index, one at a time, from one thread. Complete only when close()
/// returned.
class CorpusWriter {
 public:
  virtual ~CorpusWriter() = default;
  virtual SamplePlace add(const Episode& episode) = 0;
  /// An episode that lies in finished files, at the place that add() once gave: it counts in
  /// totals, statistics and tables, and nothing of its rows and clips is written. Needs rows,
  /// times, labels, objects, figures of pixels, and of clips all but the packets. Comes before the
  /// first add(), whose files follow those; close() lists only files that were written. Throws
  /// InputError when the place is not one of this format.
  virtual void adopt(const Episode& episode, const SamplePlace& place) = 0;
  /// As add(), of an episode that lay in another corpus in this order and by these options. A whole
  /// file of it whose bytes would be the same is linked, not written (copied where the file systems
  /// differ). Such episodes come before the first add(), and none comes by adopt() then.
  virtual SamplePlace carry(const Episode& episode, const EarlierPlace& before) = 0;
  virtual WriterReport close() = 0;
};

struct WriterContext {
  fs::path root;       ///< corpus root
  std::string folder;  ///< of this output, relative to root; "" = root itself
  CorpusSchema schema;
  OptionValues options;
  Diagnostics* diagnostics = nullptr;
};

struct WriterRow {
  std::string name;     ///< "lerobot_v3"
  std::string summary;  ///< one line
  std::vector<OptionSpec> options;
  bool wants_clips = true;
  bool wants_stills = false;
  std::unique_ptr<CorpusWriter> (*make)(WriterContext context) = nullptr;
  /// PlanError for a schema or options that no corpus of this format can have. Touches no file.
  void (*check)(const CorpusSchema& schema, const OptionValues& options) = nullptr;
  /// Is the folder in this format? 0..100, cheap.
  int (*recognise)(const fs::path& folder) = nullptr;
  /// What is in a folder or file of this format, in a moment; nullptr: its reader says that.
  Json (*describe)(const fs::path& path) = nullptr;
  /// Reads back what is there, without the writer's own encoding code.
  void (*verify)(const fs::path& folder, const VerifyOptions& options,
                 Findings& findings) = nullptr;
};

}  // namespace reelcell
