// Proving that nothing of a subject is left.
#include <algorithm>

#include "edit/edit_plan.hpp"
#include "edit/npy.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/media/memory_file.hpp"
#include "reelcell/media/video_file.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::pipeline::edit {
namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; }
bool is_word(std::string_view text) { return std::all_of(text.begin(), text.end(), in_word); }

/// Calls `take` for every longest run of letters, digits, '_' and '-'.
template <class Take>
void for_each_word(std::string_view text, Take&& take) {
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && in_word(text[i])) continue;
    if (i > start) take(text.substr(start, i - start));
    start = i + 1;
  }
}

/// Media and packed numbers hold any few letters by chance: a gigabyte has a given word of four
/// between two other bytes about once in seven, one of eight once in 10^10. What in them is text is
/// read as text.
constexpr std::size_t kShortInBinary = 8;
/// The data card is prose, in which "a" is no name.
constexpr std::size_t kShortInProse = 3;
bool is_text_file(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".jsonl") || name.ends_with(".md") ||
         name.ends_with(".txt") || name.ends_with(".csv");
}

std::string packet_hash(ByteView packet) {
  Hasher hasher(Hasher::Kinds::kXxh3Only);
  hasher.update(packet);
  return hasher.finish().xxh3_128;
}

void add_names(const StoredSample& sample, const std::vector<SourceLineage>& lineage,
               std::set<std::string, std::less<>>& names) {
  names.insert(sample.key);
  names.insert(sample.session);
  names.insert(sample.group);
  for (const SourceLineage& line : lineage) {
    names.insert(line.sha256);
    names.insert(line.xxh3_128);
  }
}

/// Every text of the sample that a reader of the new corpus will find.
void gather_words(const Json& value, std::set<std::string, std::less<>>& words,
                  std::vector<std::string>& texts) {
  if (value.is_string()) {
    texts.push_back(value.get<std::string>());
    for_each_word(texts.back(), [&](std::string_view word) { words.insert(std::string(word)); });
  } else if (value.is_structured()) {
    for (const auto& [name, item] : value.items()) {
      if (value.is_object())
        for_each_word(name, [&](std::string_view word) { words.insert(std::string(word)); });
      gather_words(item, words, texts);
    }
  }
}

}  // namespace

Needles::Needles(const EditPlan::Impl& plan) {
  for (const LeftOut& gone : plan.forgotten)
    add_names(plan.sources[gone.source]->samples()[gone.sample],
              plan.sources[gone.source]->details(gone.sample).lineage, names_);
  names_.erase("");
  std::set<std::string, std::less<>> kept;
  std::vector<std::string> texts;
  for (const Part& part : plan.parts)
    for (const PlannedSample& sample : part.samples) {
      const StoredSample& stored = plan.stored(sample);
      SampleDetails details = plan.details(sample);
      add_names(stored, details.lineage, kept);
      Json entry = std::move(details.manifest);
      entry.erase("origin");
      entry["planned"] = {sample.key, sample.group, reelcell::to_json(sample.segment)};
      gather_words(entry, kept, texts);
    }
  // What every sample has: a column that happens to be called like the group is no trace of it.
  for (const auto& source : plan.sources)
    for (const char* common : {"features", "time_streams"})
      gather_words(source->manifest().value(common, Json::array()), kept, texts);
  const auto shared = [&](const std::string& name) {
    return kept.contains(name) ||
           (!is_word(name) && std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
             return text.find(name) != std::string::npos;
           }));
  };
  shared_names_ = std::erase_if(names_, shared);
  for (const std::string& name : names_)
    if (!is_word(name)) phrases_.push_back(name);
}

void Needles::add_packets(const EditPlan::Impl& plan, const LoadOptions& options) {
  LoadOptions plain = options;
  plain.wants_pixels = false;
  for (const LeftOut& gone : plan.forgotten) {
    // A sample that cannot be read is not in the new corpus either, but its packets stay unknown.
    const LoadedEpisode loaded = plan.sources[gone.source]->load(gone.sample, plain);
    for (const EpisodeClip& clip : loaded.episode.clips)
      for (const VideoPacket& packet : clip.packets.packets)
        packets_.insert(packet_hash(*packet.data));
  }
  forgotten_packets_ = packets_.size();
}

void Needles::keep(const Episode& episode) {
  if (packets_.empty()) return;
  for (const EpisodeClip& clip : episode.clips)
    for (const VideoPacket& packet : clip.packets.packets)
      shared_packets_ += packets_.erase(packet_hash(*packet.data));
}

Json Needles::scrub(const Json& document) const {
  if (document.is_string()) {
    try {
      check_text(document.get_ref<const std::string&>(), "");
      return document;
    } catch (const OutputError&) {
      return "(forgotten)";
    }
  }
  if (!document.is_structured()) return document;
  Json out = document.is_object() ? Json::object() : Json::array();
  for (const auto& [name, item] : document.items()) {
    if (document.is_object())
      out[scrub(Json(name)).get<std::string>()] = scrub(item);
    else
      out.push_back(scrub(item));
  }
  return out;
}

void Needles::check_text(std::string_view text, const std::string& where,
                         std::size_t least_length) const {
  const auto found = [&](std::string_view name) {
    throw OutputError(where, "still holds '" + std::string(name) +
                                 "' of the forgotten samples; nothing was put in place. Remove it "
                                 "from the source's recipe or labels and forget again");
  };
  for_each_word(text, [&](std::string_view word) {
    if (word.size() >= least_length && names_.contains(word)) found(word);
  });
  for (const std::string& phrase : phrases_)
    if (phrase.size() >= least_length && text.find(phrase) != std::string_view::npos) found(phrase);
}

void Needles::check_packet(ByteView packet, const std::string& where) const {
  if (packets_.contains(packet_hash(packet)))
    throw OutputError(where,
                      "still holds a packet of the forgotten samples; nothing was put in "
                      "place");
}

/// In pieces that overlap by more than any name is long; a word that a piece cuts is whole in the
/// next one.
void Needles::search_raw(const fs::path& path) const {
  constexpr std::size_t kPiece = 8u << 20, kOverlap = 1u << 12;
  const std::string name = path.filename().string();
  const std::size_t passed_over = name.ends_with(".md") ? kShortInProse
                                  : is_text_file(name)  ? 0
                                                        : kShortInBinary;
  const InputFile file(path);
  Bytes piece(kPiece);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = file.read_at(at, piece);
    const bool last = at + got >= file.size();
    std::string_view text = as_text(ByteView(piece).first(got));
    while (at > 0 && !text.empty() && in_word(text.front())) text.remove_prefix(1);
    while (!last && !text.empty() && in_word(text.back())) text.remove_suffix(1);
    check_text(text, path.string(), passed_over);
    if (last) return;
    at += got - kOverlap;
  }
}

void Needles::search_parquet(const fs::path& file) const {
  const table::ParquetInfo info = table::parquet_info(file);
  for (const auto& [name, value] : info.key_values) check_text(value, file.string());
  std::vector<std::string> deep, flat;
  for (const table::ParquetColumn& column : info.columns) {
    check_text(column.name, file.string());
    if (column.dtype != DType::kString) continue;
    (column.list_depth ? deep : flat).push_back(column.name);
  }
  if (!deep.empty())
    for (const Json& row : table::read_parquet_rows(file, 100'000'000, deep))
      check_text(row.dump(-1, ' ', false, Json::error_handler_t::replace), file.string());
  if (flat.empty()) return;
  table::ParquetReader reader(file, flat);
  std::vector<Column> batch;
  std::size_t rows = 0;
  while (reader.next(batch, rows))
    for (const Column& column : batch)
      if (const auto* texts = std::get_if<std::vector<std::string>>(&column.data))
        for (const std::string& text : *texts) check_text(text, file.string());
}

std::uint64_t Needles::search_video(const fs::path& file, const std::string& where) const {
  Diagnostics diagnostics;
  const auto source = media::open_video_file(file, -1, diagnostics);
  std::uint64_t packets = 0;
  VideoPacket packet;
  for (const auto cursor = source->packets_from(0); cursor->next(packet); ++packets)
    check_packet(*packet.data, where);
  return packets;
}

std::uint64_t Needles::search_shard(const fs::path& tar) const {
  fs::path index_file = tar;
  index_file.replace_extension(".index.json");
  const Json index = read_json_file(index_file);
  const InputFile file(tar);
  std::uint64_t packets = 0;
  for (const Json& sample : index.at("samples"))
    for (const Json& member : sample.at("members")) {
      const std::string extension = member.at("extension").get<std::string>();
      const bool plain = is_text_file("." + extension);
      const bool video = extension.ends_with(".mp4"), array = extension.ends_with(".npy"),
                 packed = extension.ends_with(".npy.zst");
      if (!plain && !video && !array && !packed) continue;
      Bytes bytes(member.at("bytes").get<std::uint64_t>());
      file.read_at(member.at("offset").get<std::uint64_t>(), bytes);
      const std::string where = tar.string() + ": " + sample.at("key").get<std::string>();
      if (plain) {
        check_text(as_text(bytes), where);
        continue;
      }
      if (!video) {
        const NpyArray read = at_place(where, [&] { return read_array(bytes, packed); });
        if (const auto* texts = std::get_if<std::vector<std::string>>(&read.data))
          for (const std::string& text : *texts) check_text(text, where);
        continue;
      }
      const media::MemoryFile clip(bytes);
      packets += search_video(clip.path(), where);
    }
  return packets;
}

Json Needles::prove_absent(const fs::path& folder, const EditPlan::Impl& plan) const {
  std::uint64_t files = 0, bytes = 0, packets = 0;
  for (const std::string& name : list_files(folder)) {
    const fs::path file = folder / name;
    check_text(name, file.string());
    search_raw(file);
    if (name.ends_with(".parquet")) search_parquet(file);
    if (name.ends_with(".mp4")) packets += search_video(file, file.string());
    if (name.ends_with(".tar")) packets += search_shard(file);
    ++files;
    bytes += fs::file_size(file);
  }
  return {{"subject_sha256", hash_bytes(as_bytes(plan.forget_group)).sha256},
          {"samples", plan.forgotten.size()},
          {"searched",
           {{"files", files},
            {"bytes", bytes},
            {"packets", packets},
            {"names", names_.size()},
            {"packet_hashes", packets_.size()}}},
          {"shared_with_kept_samples", {{"names", shared_names_}, {"packets", shared_packets_}}},
          {"found", 0}};
}

void Needles::write_audit(const fs::path& folder, const EditPlan::Impl& plan,
                          const Json& proof) const {
  std::string before;
  for (const auto& source : plan.sources)
    if (const fs::path file = source->path() / "forgotten.jsonl"; fs::exists(file))
      before += read_text_file(file);
  for (const Part& part : plan.parts) {
    const fs::path root = part.name.empty() ? folder : folder / part.name;
    Json line = proof;
    Json sources = Json::array();
    for (const auto& source : plan.sources) sources.push_back(source->hash());
    line["sources_sha256"] = sources;
    line["corpus_sha256"] = hash_file(root / "corpus.json").sha256;
    line["generator"] = {{"name", "reelcell"}, {"version", REELCELL_VERSION}};
    write_file_atomic(root / "forgotten.jsonl", before + line.dump() + "\n");
  }
}

}  // namespace reelcell::pipeline::edit
