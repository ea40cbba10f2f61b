// What is in files that are no recordings: tables, documents, labels, pictures, arrays.
#include "internal/inspect_files.hpp"

#include <algorithm>
#include <map>

#include "edit/npy.hpp"
#include "internal/documents.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/labelio/labels.hpp"
#include "reelcell/media/picture.hpp"
#include "reelcell/table/parquet.hpp"

namespace reelcell::pipeline {
namespace {

/// Documents and pictures beyond it are not looked into.
constexpr std::uint64_t kMostBytes = 256 << 20;

Bytes head_of(const fs::path& path, std::size_t count) {
  InputFile file(path);
  Bytes head(count);
  head.resize(file.read_at(0, head));
  return head;
}
bool starts_with(const Bytes& head, std::string_view magic, std::size_t at = 0) {
  return head.size() >= at + magic.size() &&
         std::equal(magic.begin(), magic.end(), head.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

Json parquet_json(const fs::path& path) {
  const table::ParquetInfo info = table::parquet_info(path);
  Json columns = Json::array(), keys = Json::array();
  for (const table::ParquetColumn& column : info.columns)
    columns.push_back({{"name", column.name},
                       {"dtype", std::string(to_string(column.dtype))},
                       {"list_depth", column.list_depth}});
  for (const auto& [key, value] : info.key_values) keys.push_back(key);
  return {{"format", "parquet"},
          {"table",
           {{"rows", info.rows},
            {"row_groups", info.row_groups.size()},
            {"columns", std::move(columns)},
            {"keys", std::move(keys)}}}};
}

std::string name_of(const Json& entry) {
  if (entry.is_string()) return entry.get<std::string>();
  if (!entry.is_object()) return "";
  for (const char* key : {"name", "kind", "key", "id", "format", "path", "code", "title"})
    if (const auto found = entry.find(key); found != entry.end() && found->is_string())
      return found->get<std::string>();
  return "";
}

/// "5: score, verdict, still, .."
std::string list_text(const Json& list) {
  constexpr std::size_t kShown = 8;
  std::string text = std::to_string(list.size());
  std::size_t shown = 0;
  const auto add = [&](const std::string& name) {
    if (name.empty() || shown > kShown) return;
    text += shown == 0 ? ": " : ", ";
    text += shown++ == kShown ? ".." : name;
  };
  if (list.is_object())
    for (const auto& [key, value] : list.items()) add(key);
  else
    for (const Json& entry : list) add(name_of(entry));
  return text;
}

/// Each key with its value, or with how many and which entries it has.
Json contents_json(const Json& document) {
  constexpr std::size_t kLongest = 100;
  Json contents = Json::array();
  if (!document.is_object()) return contents;
  for (const auto& [key, value] : document.items()) {
    std::string text = value.is_structured() ? list_text(value)
                       : value.is_string()   ? value.get<std::string>()
                                             : value.dump();
    if (text.size() > kLongest) text = text.substr(0, kLongest - 2) + "..";
    contents.push_back({{"key", key}, {"text", std::move(text)}});
  }
  return contents;
}

/// Labels that people made elsewhere: the first format that reads the file.
std::optional<Json> labels_json(const std::string& text, const std::string& where) {
  for (const labelio::FormatRow* row : labelio::all_formats()) {
    if (row->name == "csv") continue;  // any table would do
    labelio::LabelFile spans;
    labelio::ObjectFile objects;
    bool known = false;
    try {
      spans = row->read(text, where);
      known = true;
    } catch (const InputError&) {
      // Not this one, or it holds objects alone.
    }
    try {
      if (row->read_objects) {
        objects = row->read_objects(text, where);
        known = true;
      }
    } catch (const InputError&) {
      // Not this one.
    }
    if (!known || (spans.spans.empty() && objects.objects.empty())) continue;
    std::map<std::string, std::uint64_t> names;
    for (const auto& span : spans.spans) ++names[span.name];
    for (const auto& drawn : objects.objects) ++names[drawn.object.label];
    return Json{{"format", "labels"},
                {"labels",
                 {{"format", row->name},
                  {"spans", spans.spans.size()},
                  {"objects", objects.objects.size()},
                  {"names", names},
                  {"media", spans.media.empty() ? objects.media : spans.media}}}};
  }
  return std::nullopt;
}

Json text_document(const fs::path& path, const Bytes& head) {
  const std::string text = read_text_file(path), where = path.filename().string();
  const bool xml = starts_with(head, "<");
  Json document;
  if (!xml) {
    document = parse_json(text, where);
    const std::string kind = document_kind(document);
    if (!kind.empty())
      return {{"format", "document"}, {"document", kind}, {"contents", contents_json(document)}};
  }
  if (auto labels = labels_json(text, where)) return *labels;
  if (xml) throw InputError(path.string(), "is XML, but no label format that this program reads");
  Json json = {{"format", "json"}, {"contents", contents_json(document)}};
  if (document.is_array())
    json["contents"].push_back({{"key", "entries"}, {"text", list_text(document)}});
  return json;
}

Json picture_json(const fs::path& path) {
  const media::Picture picture = media::decode_image(as_bytes(read_text_file(path)));
  return {{"format", "picture"},
          {"picture", {{"width", picture.width}, {"height", picture.height}}}};
}

Json array_json(const fs::path& path, bool compressed) {
  const std::string bytes = read_text_file(path);
  const edit::NpyArray array =
      at_place(path.string(), [&] { return edit::read_array(as_bytes(bytes), compressed); });
  return {{"format", "npy"},
          {"array", {{"dtype", std::string(to_string(array.dtype))}, {"shape", array.shape}}}};
}

/// What a file is by its first bytes, where this program does not read it, and what may help.
struct Guess {
  std::string what, next;
};
constexpr const char* kNext = "'reelcell formats' lists what it reads";

Guess guess(const Bytes& head) {
  struct Magic {
    const char* bytes;
    const char* what;
    const char* next = kNext;
  };
  static constexpr Magic kMagics[] = {
      {"PK\x03\x04", "a ZIP archive"},
      {"\x1f\x8b", "compressed by gzip"},
      {"\x28\xb5\x2f\xfd", "compressed by zstd"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"SQLite format 3", "an SQLite database"},
      {"#ROSBAG V", "a ROS 1 bag",
       "convert it to MCAP with 'mcap convert' or 'rosbags-convert' first"},
      {"%PDF", "a PDF document"},
      {"\x7f"
       "ELF",
       "a program"},
  };
  for (const Magic& magic : kMagics)
    if (starts_with(head, magic.bytes)) return {magic.what, magic.next};
  if (head.empty()) return {"empty", kNext};
  const bool text = std::none_of(head.begin(), head.end(),
                                 [](std::uint8_t c) { return c < 9 || (c > 13 && c < 32); });
  return {text ? "text" : "binary data of an unknown kind", kNext};
}

}  // namespace

Json describe_other(const fs::path& path) {
  const std::uint64_t bytes = fs::file_size(path);
  const Bytes head = head_of(path, 512);
  const std::string name = path.filename().string();
  const auto first = std::find_if(head.begin(), head.end(), [](std::uint8_t c) {
    return c != ' ' && c != '\t' && c != '\r' && c != '\n';
  });
  const bool json = first != head.end() && (*first == '{' || *first == '[');
  Json found;
  if (starts_with(head, "PAR1"))
    found = parquet_json(path);
  else if (bytes > kMostBytes)
    found = nullptr;
  else if (json || starts_with(head, "<"))
    found = text_document(path, head);
  else if (starts_with(head, "\x89PNG") || starts_with(head, "\xff\xd8\xff"))
    found = picture_json(path);
  else if (starts_with(head, "\x93NUMPY"))
    found = array_json(path, false);
  else if (name.ends_with(".npy.zst"))
    found = array_json(path, true);
  if (found.is_null()) {
    const auto [what, next] = guess(head);
    throw InputError(path.string(), "is " + what + ", which this program does not read; " + next);
  }
  Json entry = {{"path", path.string()}, {"bytes", bytes}};
  entry.update(found);
  return entry;
}

}  // namespace reelcell::pipeline
