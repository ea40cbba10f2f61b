// `reelcell init`: what the files of a folder tell of a session, and what a person must decide.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "internal/propose.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/pipeline/inspect.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::pipeline {
namespace {

std::string clean_name(std::string text) {
  for (char& c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  return text.empty() ? "stream" : text;
}

bool is_own_or_hidden(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with(".") || name == "session.json" || name.ends_with("truth.json");
}

/// What init works on.
struct Source {
  std::string file;  ///< relative to the folder
  const ReaderRow* reader = nullptr;
  std::string episode;
  std::unique_ptr<Recording> recording;
};

std::unique_ptr<Recording> open_file(const ReaderRow& reader, const fs::path& path,
                                     const std::string& episode, const Json& options,
                                     Diagnostics& diagnostics) {
  return reader.open({path, episode, OptionValues::parse(options, reader.options, path.string())},
                     diagnostics);
}

class Proposal {
 public:
  Proposal(fs::path folder, Diagnostics& diagnostics)
      : folder_(std::move(folder)), diagnostics_(diagnostics) {}

  void add_files() {
    for (const std::string& file : list_files(folder_)) {
      if (is_own_or_hidden(file)) continue;
      if (file == "plan.json")
        plan_ = file;
      else
        add_file(file);
    }
    std::vector<Source> videos, others;
    for (Source& source : sources_)
      (source.reader->name == "video" ? videos : others).push_back(std::move(source));
    sources_.clear();
    find_stamps(videos, others);
    for (Source& source : videos) sources_.push_back(std::move(source));
    for (Source& source : others) sources_.push_back(std::move(source));
  }
  void add_episode(const ReaderRow& reader, const std::string& episode) {
    sources_.push_back(
        {".", &reader, episode, open_file(reader, folder_, episode, Json::object(), diagnostics_)});
  }
  Json finish();

 private:
  void add_file(const std::string& file) {
    const ReaderRow* reader = nullptr;
    try {
      reader = readers::sniff(folder_ / file);
      if (!reader) {
        left_out_.push_back(file);
        return;
      }
      sources_.push_back(
          {file, reader, "", open_file(*reader, folder_ / file, "", Json::object(), diagnostics_)});
    } catch (const InputError& error) {
      // A text file without times was never a log; anything else was meant to be read.
      if (reader && reader->name == "csv" && !file.ends_with(".csv"))
        left_out_.push_back(file);
      else
        diagnostics_.loss("init-unreadable-file", file, error.what());
    }
  }
  void find_stamps(const std::vector<Source>& videos, std::vector<Source>& others);
  void add_stream(const Source& source, const StreamInfo& info, bool only_item);
  Json unknown_clock() const;

  fs::path folder_;
  Diagnostics& diagnostics_;
  std::vector<Source> sources_;
  std::map<std::string, Json> stamp_options_;       ///< by video file
  std::map<std::string, std::string> stamp_notes_;  ///< by video file
  Json streams_ = Json::array();
  std::set<std::string> names_;
  std::vector<std::string> left_out_, assumed_units_;
  bool unix_times_ = false, small_times_ = false;
  Json plan_;
};

/// Does the log's name tell that it belongs to the video? "front.mp4" with "front.csv",
/// "front_times.csv" or "timestamps-front.csv".
bool named_alike(const std::string& video, const std::string& log) {
  const fs::path a(video), b(log);
  return a.parent_path() == b.parent_path() &&
         b.stem().string().find(a.stem().string()) != std::string::npos;
}

/// A log with one time for each frame of a video replaces the video's own times; that its rows and
/// the frames agree in number is tried, not assumed.
void Proposal::find_stamps(const std::vector<Source>& videos, std::vector<Source>& others) {
  for (const Source& video : videos) {
    for (auto log = others.begin(); log != others.end(); ++log) {
      if (log->reader->name != "csv" || !named_alike(video.file, log->file)) continue;
      const StreamInfo& info = log->recording->streams().front();
      if (info.details.value("header", true) == false) continue;
      const Json options = {{"times", fs::path(log->file).filename().string()},
                            {"times_column", info.details["time_column"]},
                            {"times_unit", info.details["time_unit"]}};
      try {
        Diagnostics ignored;
        const auto recording = open_file(*video.reader, folder_ / video.file, "", options, ignored);
        for (const StreamInfo& stream : recording->streams())
          if (stream.kind == StreamKind::kVideo && !stream.glance)
            recording->open_video(stream.item, ignored)->frames();
      } catch (const InputError& error) {
        stamp_notes_[video.file] =
            log->file + " is not taken as this video's frame times: " + error.message();
        continue;
      }
      stamp_options_[video.file] = options;
      stamp_notes_.erase(video.file);
      others.erase(log);
      break;
    }
  }
}

/// Can the stream be opened and does it give anything? What cannot be used is not proposed.
bool opens(const Recording& recording, const StreamInfo& info, StreamKind kind,
           std::string& why_not) {
  Diagnostics ignored;  // the same is reported when the session is read
  try {
    if (kind == StreamKind::kSeries) {
      SeriesBatch batch;
      if (recording.open_series(info.item, ignored)->next(batch)) return true;
    } else if (kind == StreamKind::kEvents) {
      StreamEvent event;
      if (recording.open_events(info.item, ignored)->next(event)) return true;
    } else if (kind == StreamKind::kVideo) {
      if (info.glance || !recording.open_video(info.item, ignored)->frames().frames.empty())
        return true;
    } else {
      return true;
    }
    why_not = "it holds nothing";
  } catch (const InputError& error) {
    why_not = error.what();
  }
  return false;
}

StreamKind kind_of(const StreamInfo& info) {
  const bool texts = !info.columns.empty() && std::all_of(info.columns.begin(), info.columns.end(),
                                                          [](const ColumnSpec& column) {
                                                            return column.dtype == DType::kString;
                                                          });
  return info.kind == StreamKind::kSeries && texts ? StreamKind::kEvents : info.kind;
}

void Proposal::add_stream(const Source& source, const StreamInfo& info, bool only_item) {
  const StreamKind kind = kind_of(info);
  std::string why_not;
  const std::string where = source.file + (info.item.empty() ? "" : ": " + info.item);
  if (!opens(*source.recording, info, kind, why_not)) {
    diagnostics_.note("init-stream-left-out", where, "is left out: " + why_not);
    return;
  }
  const std::string base =
      clean_name(only_item && source.episode.empty() ? fs::path(source.file).stem().string()
                 : info.suggested_name.empty()       ? info.item
                                                     : info.suggested_name);
  std::string name = base;
  for (int i = 2; !names_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
  Json stream = {{"name", name},
                 {"kind", std::string(to_string(kind))},
                 {"path", source.file},
                 {"format", source.reader->name}};
  if (!info.item.empty()) stream["item"] = info.item;
  if (!source.episode.empty()) stream["episode"] = source.episode;
  std::vector<std::string> units_by_name;
  Json options = proposed_options(info, kind, units_by_name);
  if (const auto stamps = stamp_options_.find(source.file);
      stamps != stamp_options_.end() && kind == StreamKind::kVideo)
    options.update(stamps->second);
  if (const auto note = stamp_notes_.find(source.file);
      note != stamp_notes_.end() && kind == StreamKind::kVideo)
    stream["comment"] = note->second;
  if (!units_by_name.empty()) {
    std::string list;
    for (const std::string& each : units_by_name) list += (list.empty() ? "" : ", ") + each;
    stream["comment"] = "Units read from the names of columns, check them: " + list + ".";
  }
  if (!options.empty()) stream["options"] = options;
  const fs::path file = folder_ / source.file;
  const std::uint64_t bytes = fs::is_directory(file) ? 0 : fs::file_size(file);
  if (const auto rate = proposed_rate(*source.recording, info, kind, bytes))
    stream["rate_hz"] = *rate;
  if (const std::string role = proposed_role(source.file, info, kind); !role.empty())
    stream["role"] = role;
  if (kind == StreamKind::kVideo) stream["stamp"] = "unknown";
  if (info.details.value("time_unit_assumed", false)) assumed_units_.push_back(name);
  // Unix times in ns lie past 2001; anything smaller counts from a start.
  if (info.first)
    (ns_of(*info.first) > 1'000'000'000'000'000'000 ? unix_times_ : small_times_) = true;
  else if (kind == StreamKind::kVideo && !options.contains("times"))
    small_times_ = true;  // a video file's own times
  streams_.push_back(std::move(stream));
}

Json Proposal::finish() {
  std::size_t files = 0;
  std::string clock_source;
  for (const Source& source : sources_) {
    const auto& infos = source.recording->streams();
    for (const StreamInfo& info : infos) {
      if (clock_source.empty()) clock_source = source.reader->name + " " + info.time_field;
      add_stream(source, info, infos.size() == 1);
    }
    files += !infos.empty();
  }
  if (streams_.empty())
    throw InputError(
        folder_.string(),
        "holds no file that this program reads; 'reelcell formats' lists what it reads");
  std::string comment = "Proposed from the files. Check the names, kinds and units of columns.";
  if (files == 1 && stamp_options_.empty()) {
    // All streams of one file share its clock: that is what the file states, not a guess.
    for (Json& stream : streams_)
      stream["clock"] = {{"offset_ns", 0}, {"drift_ppm", 0.0}, {"source", clock_source}};
  } else {
    comment +=
        " No clock is stated: how the streams' clocks lie to each other cannot be read from the "
        "files, so they are taken as one clock and reported as assumed. Give a stream what is "
        "known: "
        "\"clock\": {\"offset_ns\": .., \"drift_ppm\": .., \"reference_ns\": ..}; session = stream "
        "+ "
        "offset_ns + drift_ppm * 1e-6 * (stream - reference_ns).";
  }
  if (unix_times_ && small_times_)
    comment +=
        " Some streams carry Unix times and others count from a start: without an offset_ns the "
        "latter lie decades away.";
  if (!assumed_units_.empty())
    comment += " Nothing tells the time unit of " + list_of(assumed_units_) +
               "; seconds are assumed, check time_unit.";
  if (!left_out_.empty())
    diagnostics_.note("init-unknown-file", folder_.string(),
                      std::to_string(left_out_.size()) +
                          " files are in no format this program reads and were left out: " +
                          list_of({left_out_.begin(),
                                   left_out_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                           left_out_.size(), std::size_t{5}))}));
  Json session = {
      {"version", 1},
      {"id", clean_name(
                 fs::absolute(folder_ / ".").lexically_normal().parent_path().filename().string())},
      {"comment", comment},
      {"clock", {{"epoch", unix_times_ && !small_times_ ? "unix" : "unknown"}}},
      {"attributes", Json::object()},
      {"streams", streams_}};
  if (!plan_.is_null()) session["plan"] = plan_;
  return session;
}

}  // namespace

Json propose_session(const fs::path& folder, const ProposeOptions& options,
                     Diagnostics& diagnostics) {
  if (!fs::is_directory(folder))
    throw InputError(folder.string(), "is not a folder; 'reelcell init' takes a session's folder");
  Proposal proposal(folder, diagnostics);
  if (const ReaderRow* const data_set = readers::sniff(folder)) {
    const auto episodes = data_set->episodes(folder);
    const std::string wanted =
        !options.episode.empty() || episodes.empty() ? options.episode : episodes.front();
    if (std::find(episodes.begin(), episodes.end(), wanted) == episodes.end())
      throw InputError(folder.string(), unknown_name("episode", wanted, episodes));
    if (options.episode.empty() && episodes.size() > 1 && !options.any_episode)
      throw InputError(
          folder.string(),
          "is a data set that describes itself: each of its " + std::to_string(episodes.size()) +
              " episodes is a session already, and a session.json here would hide all but one. Use "
              "it as it is ('reelcell align " +
              folder.string() + "'), or describe one with --episode");
    proposal.add_episode(*data_set, wanted);
  } else {
    if (!options.episode.empty())
      throw InputError(folder.string(), "is no data set, so there is no episode '" +
                                            options.episode + "' in it; leave --episode out");
    proposal.add_files();
  }
  return proposal.finish();
}

}  // namespace reelcell::pipeline
