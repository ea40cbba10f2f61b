#include "reelcell/pipeline/validate.hpp"

#include <algorithm>
#include <set>

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
#include "reelcell/readers/registry.hpp"
#include "reelcell/writers/registry.hpp"

namespace reelcell::pipeline {
namespace {

/// Findings of a part, with the part's folder in front of their paths.
void add_below(const std::string& folder, const Findings& part, Findings& findings) {
  for (const Finding& finding : part.all())
    findings.add(finding.level, finding.code,
                 folder.empty() ? finding.path : folder + "/" + finding.path, finding.where,
                 finding.message);
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

void validate_session(const fs::path& folder, const VerifyOptions& options, Findings& findings) {
  const fs::path file = folder / "session.json";
  const Json document = read_json_file(file);
  if (!audit::check_schema(schema_named("session"), document, "session.json", findings)) return;
  const SessionDescription described = read_session_file(file);
  Diagnostics diagnostics;
  {
    const auto session = OpenSession::open({folder, "", described.id}, diagnostics, true);
    for (const StreamSpec& spec : session->session().streams) {
      if (spec.kind == StreamKind::kVideo) {
        findings.checked("frames", session->frame_times(spec.name)->size());
        if (options.deep)
          session->signals()->frame_figures(spec.name, session->stream_extent(spec.name));
      } else if (spec.kind == StreamKind::kSeries) {
        SeriesBatch batch;
        for (auto cursor = session->open_series(spec.name); cursor->next(batch);)
          findings.checked("samples", batch.size());
      } else if (spec.kind == StreamKind::kEvents) {
        StreamEvent event;
        for (auto cursor = session->open_events(spec.name); cursor->next(event);)
          findings.checked("events", 1);
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
    next = "it holds neither corpus.json, session.json nor meta/info.json, and no shards";
    std::set<std::string> inside;
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_directory() &&
          (readers::sniff(entry.path()) || writers::recognise(entry.path())))
        inside.insert(entry.path().filename().string());
    if (!inside.empty())
      next += "; check what is in it by name: " + list_of({inside.begin(), inside.end()});
  }
  findings.error(
      "PATH-UNKNOWN", path.filename().string(), "",
      "is no document, session, corpus, data set or recording that this program knows: " + next);
  return "unknown";
}

}  // namespace

std::string validate_path(const fs::path& path, const VerifyOptions& options, Findings& findings) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(path.string(), "does not exist; check the path");
  try {
    return validate_known(path, options, findings);
  } catch (const InputError& trouble) {
    findings.error("READ-FAILED", path.filename().string(), trouble.where(), trouble.message());
    return "unreadable";
  } catch (const Json::exception& trouble) {
    findings.error("DOC-TYPE", path.filename().string(), "", trouble.what());
    return "unreadable";
  }
}

}  // namespace reelcell::pipeline
