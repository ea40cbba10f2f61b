#include "reelcell/pipeline/validate.hpp"

#include <algorithm>
#include <cctype>

#include "internal/documents.hpp"
#include "internal/ordered_streams.hpp"
#include "internal/shard_schemas.hpp"
#include "internal/validate_parquet.hpp"
#include "reelcell/audit/corpus_check.hpp"
#include "reelcell/audit/schema_check.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/pipeline/recipe.hpp"
#include "reelcell/pipeline/schemas.hpp"
#include "reelcell/pipeline/session.hpp"
#include "reelcell/pipeline/session_list.hpp"
#include "reelcell/readers/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

/// Findings of a part, with the part's folder in front of their paths.
void add_below(const std::string& folder, const Findings& part, Findings& findings) {
  for (const Finding& finding : part.all()) {
    const bool itself = folder.empty() || finding.path == folder;  // the folder as a whole
    findings.add(finding.level, finding.code, itself ? finding.path : folder + "/" + finding.path,
                 finding.where, finding.message);
  }
  for (const auto& [what, count] : part.checked()) findings.checked(what, count);
}

/// What was lost while reading becomes findings: a warning each, an error where data is gone.
void add_losses(const Diagnostics& diagnostics, const std::string& path, Findings& findings) {
  for (const Diagnostic& entry : diagnostics.summary()) {
    std::string code = "READ-" + entry.code;
    std::transform(code.begin(), code.end(), code.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const FindingLevel level = entry.severity == Severity::kLoss      ? FindingLevel::kError
                               : entry.severity == Severity::kWarning ? FindingLevel::kWarning
                                                                      : FindingLevel::kNote;
    findings.add(
        level, code, path, entry.where,
        entry.message + (entry.count > 1 ? " (" + std::to_string(entry.count) + " times)" : ""));
  }
}

/// Reads every stream to its end.
void read_through(const Recording& recording, const std::string& name, Diagnostics& diagnostics,
                  Findings& findings) {
  for (const StreamInfo& info : recording.streams()) {
    const std::string where = name + (info.item.empty() ? "" : ": " + info.item);
    if (info.kind == StreamKind::kVideo) {
      const auto source = recording.open_video(info.item, diagnostics);
      findings.checked("frames", source->frames().frames.size());
    } else if (info.kind == StreamKind::kSeries) {
      SeriesBatch batch;
      for (auto cursor = ordered_series(recording, info.item, kReorderWindow, where, diagnostics);
           cursor->next(batch);)
        findings.checked("samples", batch.size());
    } else if (info.kind == StreamKind::kEvents) {
      StreamEvent event;
      for (auto cursor = ordered_events(recording, info.item, kReorderWindow, where, diagnostics);
           cursor->next(event);)
        findings.checked("events", 1);
    }
  }
}

void validate_recording(const ReaderRow& reader, const fs::path& path, const VerifyOptions& options,
                        Findings& findings) {
  if (reader.verify) {
    reader.verify(path, options, findings);
    return;
  }
  const auto episodes = reader.episodes ? reader.episodes(path) : std::vector<std::string>{""};
  for (const std::string& episode : episodes) {
    Diagnostics diagnostics;
    const auto recording =
        reader.open({path, episode, OptionValues::defaults(reader.options)}, diagnostics);
    read_through(*recording, path.filename().string(), diagnostics, findings);
    add_losses(diagnostics, path.filename().string(), findings);
  }
}

void read_stream(const OpenSession& session, const StreamSpec& spec, const VerifyOptions& options,
                 Findings& findings) {
  if (spec.kind == StreamKind::kVideo) {
    findings.checked("frames", session.frame_times(spec.name)->size());
    if (options.deep) session.signals()->frame_figures(spec.name, session.stream_extent(spec.name));
  } else if (spec.kind == StreamKind::kSeries) {
    SeriesBatch batch;
    for (auto cursor = session.open_series(spec.name); cursor->next(batch);)
      findings.checked("samples", batch.size());
  } else if (spec.kind == StreamKind::kEvents) {
    StreamEvent event;
    for (auto cursor = session.open_events(spec.name); cursor->next(event);)
      findings.checked("events", 1);
  }
}

void validate_session(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  const fs::path file = folder / "session.json";
  const Json document = read_json_file(file);
  if (!audit::check_schema(schema_named("session"), document, "session.json", findings)) return;
  const SessionDescription described = read_session_file(file);
  Diagnostics diagnostics;
  {
    const auto session = OpenSession::open({folder, "", described.id}, diagnostics, true);
    for (const StreamSpec& spec : session->session().streams) {
      try {
        read_stream(*session, spec, options, findings);
      } catch (const InputError& error) {
        findings.error("READ-FAILED", "session.json", spec.name, error.what());
      }
      if (!spec.clock.stated)
        findings.warning("SESSION-CLOCK-ASSUMED", "session.json", spec.name,
                         "states no clock; offset 0 is assumed, not known");
    }
  }
  add_losses(diagnostics, "session.json", findings);
}

/// What a writer makes, by its own rules, and the documents in it by their schemas.
void verify_output(const WriterRow& writer, const fs::path& path, const VerifyOptions& options,
                   Findings& findings) {
  writer.verify(path, options, findings);
  if (writer.name == "webdataset") check_shard_documents(path, options.threads, findings);
}

void validate_corpus(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  const Json manifest = read_json_file(folder / "corpus.json");
  if (!audit::check_schema(schema_named("corpus"), manifest, "corpus.json", findings)) return;
  if (fs::exists(folder / "report.json"))
    audit::check_schema(schema_named("report"), read_json_file(folder / "report.json"),
                        "report.json", findings);
  audit::check_corpus(folder, manifest, options, findings);
  for (const Json& output : manifest["outputs"]) {
    const std::string name = output["folder"].get<std::string>();
    const WriterRow& writer = writers::writer_named(output["format"].get<std::string>());
    Findings part;
    verify_output(writer, name.empty() ? folder : safe_join(folder, name), options, part);
    add_below(name, part, findings);
  }
}

/// A JSON document by what it says of itself.
std::string validate_document(const fs::path& file, Findings& findings) {
  const Json document = read_json_file(file);
  const std::string name = file.filename().string();
  const std::string kind = document_kind(document);
  if (kind.empty()) {
    findings.error(
        "DOC-UNKNOWN", name, "",
        "is no document that this program knows: " + list_of(schema_names()) + " were expected");
    return "unknown";
  }
  if (audit::check_schema(schema_named(kind), document, name, findings) && kind == "recipe") {
    try {
      parse_recipe(document, name, "", {});
    } catch (const Error& error) {
      findings.error("RECIPE-INVALID", name, error.where(), error.message());
    }
  }
  findings.checked("documents", 1);
  return kind;
}

/// What is checked by itself in a folder that is nothing of its own: sessions, corpora, data sets,
/// shards, and files that a reader knows by their ending too (any text may look like a log).
bool is_part(const fs::path& path) {
  if (fs::is_directory(path))
    return fs::exists(path / "corpus.json") || fs::exists(path / "session.json") ||
           writers::recognise(path) || readers::sniff(path);
  if (!fs::is_regular_file(path)) return false;
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".txt") return false;  // a README more often than a log
  const auto known = [&](const ReaderRow* row) {
    return std::find(row->extensions.begin(), row->extensions.end(), ending) !=
           row->extensions.end();
  };
  const auto readers = readers::all_readers();
  return std::any_of(readers.begin(), readers.end(), known);
}

/// Each part of a folder, and whether they can be built together. False when it has none.
bool validate_parts(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  std::vector<fs::path> parts;
  for (const auto& entry : fs::directory_iterator(folder))
    if (!entry.path().filename().string().starts_with(".") && is_part(entry.path()))
      parts.push_back(entry.path());
  if (parts.empty()) return false;
  std::sort(parts.begin(), parts.end());
  for (const fs::path& path : parts) {
    Findings part;
    validate_path(path, options, part);
    add_below(fs::is_directory(path) ? path.filename().string() : "", part, findings);
    findings.checked("parts", 1);
  }
  try {
    for (const SessionList::Clash& clash : list_sessions({folder}).clashes)
      findings.error("SESSION-ID-CLASH", clash.path.filename().string(), "", clash.message);
  } catch (const InputError&) {
    // No sessions, or one that cannot be read: its own findings say so.
  }
  return true;
}

std::string validate_known(const fs::path& path, const VerifyOptions& options, Findings& findings) {
  if (fs::is_directory(path)) {
    if (fs::exists(path / "corpus.json")) return validate_corpus(path, options, findings), "corpus";
    if (fs::exists(path / "session.json"))
      return validate_session(path, options, findings), "session";
  }
  // A folder, or one file out of it: a shard, a meta/info.json.
  if (const WriterRow* writer = writers::recognise(path)) {
    verify_output(*writer, path, options, findings);
    return writer->name;
  }
  if (!fs::is_directory(path) && path.extension() == ".json")
    return validate_document(path, findings);
  if (is_parquet(path)) return validate_parquet(path, findings), "parquet";
  if (const ReaderRow* reader = readers::sniff(path))
    return validate_recording(*reader, path, options, findings), reader->name;
  std::string next = "'reelcell formats' lists what is read";
  if (fs::is_directory(path)) {
    if (validate_parts(path, options, findings)) return "folder";
    next =
        "it holds neither corpus.json, session.json nor meta/info.json, no shards and no recording";
  }
  findings.error(
      "PATH-UNKNOWN", path.filename().string(), "",
      "is no document, session, corpus, data set or recording that this program knows: " + next);
  return "unknown";
}

}  // namespace

std::string validate_path(const fs::path& path, const VerifyOptions& options, Findings& findings) {
  const std::string name = path.filename().string();
  try {
    if (!fs::exists(path)) {
      findings.error("PATH-MISSING", name, "", "does not exist; check the path");
      return "missing";
    }
    return validate_known(path, options, findings);
  } catch (const fs::filesystem_error& trouble) {
    findings.error("READ-FAILED", name, "", errno_text(trouble.code().value()));
    return "unreadable";
  } catch (const Error& trouble) {
    findings.error("READ-FAILED", name, trouble.where(), trouble.message());
    return "unreadable";
  } catch (const Json::exception& trouble) {
    findings.error("READ-FAILED", name, "", trouble.what());
    return "unreadable";
  }
}

}  // namespace reelcell::pipeline
