#include "internal/verify_member.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "internal/byte_source.hpp"
#include "internal/npy_reader.hpp"
#include "internal/verify_objects.hpp"
#include "internal/verify_video.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/json.hpp"
#include "reelcell/media/picture.hpp"

namespace reelcell::webdataset {
namespace {

constexpr std::uint64_t kLargestMember = 4ull << 30;

/// What decides how a loader decodes a member: the last part of its extension.
std::string_view kind_of(std::string_view extension) {
  return extension.substr(extension.rfind('.') + 1);
}
bool is_compressed(std::string_view kind) { return kind == "gz" || kind == "zst"; }
bool is_picture(std::string_view kind) {
  return kind == "jpg" || kind == "jpeg" || kind == "png" || kind == "webp" || kind == "ppm";
}
bool is_video(std::string_view kind) {
  return kind == "mp4" || kind == "mkv" || kind == "webm" || kind == "mov" || kind == "avi";
}

/// The sample's members looked into, and what was learned for the checks between them.
class SampleCheck {
 public:
  SampleCheck(std::string shard, std::string key, std::set<std::string> extensions, bool deep,
              ObjectLabels& labels, Findings& findings)
      : shard_(std::move(shard)),
        key_(std::move(key)),
        deep_(deep),
        labels_(labels),
        findings_(findings),
        names_(std::move(extensions)) {}

  void look(const ReadMember& member) {
    try {
      std::string extension = member.extension;
      ByteView data = member.data;
      Bytes unpacked;
      if (is_compressed(kind_of(extension))) {
        unpacked = decompress(member);
        data = unpacked;
        extension.resize(extension.size() - kind_of(extension).size());
        if (!extension.empty()) extension.pop_back();
      }
      content(member, kind_of(extension), data);
    } catch (const InputError& error) {
      findings_.error(code_, shard_, member.name, error.message());
    }
  }

  void compare() {
    const bool ours =
        document_.is_object() && document_.value("format", Json()) == "reelcell-webdataset";
    try {
      if (objects_.is_object() && objects_.value("format", Json()) == "reelcell-objects")
        verify_objects(objects_, ours ? document_ : Json(), shard_, key_ + ".objects.json", labels_,
                       findings_);
      if (ours) compare_document();
    } catch (const Json::exception& error) {
      findings_.error("WDS-JSON", shard_, key_ + ".json", error.what());
    }
  }

 private:
  Bytes decompress(const ReadMember& member) {
    code_ = "WDS-COMPRESSED";
    return decompress_member(member.data, kLargestMember);
  }

  void content(const ReadMember& member, std::string_view kind, ByteView data) {
    if (kind == "npy") {
      code_ = "WDS-NPY";
      const NpyInfo info = read_npy(data);
      shapes_[member.extension] = info.shape;
      if (member.extension.starts_with("time_ns.npy")) check_times(info);
    } else if (kind == "json") {
      code_ = "WDS-JSON";
      Json parsed = parse_json(as_text(data), "");
      if (member.extension == "json") document_ = std::move(parsed);
      if (member.extension == "objects.json") objects_ = std::move(parsed);
    } else if (kind == "cls") {
      code_ = "WDS-CLS";
      check_class(as_text(data));
    } else if (deep_ && is_picture(kind)) {
      code_ = "WDS-IMAGE";
      media::decode_image(data);
    } else if (deep_ && is_video(kind)) {
      code_ = "WDS-VIDEO";
      frames_[member.extension] = check_video(data);
    }
  }

  static void check_class(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool good =
        !digits.empty() && digits.size() < 19 &&
        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!good)
      throw InputError("holds '" + std::string(text.substr(0, 20)) +
                       "', a class is an integer in decimal digits");
  }

  static void check_times(const NpyInfo& info) {
    if (info.type != "<i8" || info.shape.size() != 1)
      throw InputError("times are one int64 a row, found type '" + info.type + "'");
    std::int64_t last = 0;
    for (std::size_t i = 0; i < info.shape[0]; ++i) {
      std::uint64_t bits = 0;
      for (std::size_t k = 8; k-- > 0;) bits = bits << 8 | info.data[i * 8 + k];
      const auto time = static_cast<std::int64_t>(bits);
      if (i > 0 && time <= last)
        throw InputError("row " + std::to_string(i) + " is not later than the row before it");
      last = time;
    }
  }

  void compare_document() {
    const auto fail = [&](const char* code, const std::string& message) {
      findings_.error(code, shard_, key_ + ".json", message);
    };
    const std::string base = key_.substr(key_.rfind('/') + 1);
    if (document_.at("key") != base)
      fail("WDS-JSON",
           "states the key " + document_.at("key").dump() + " in the sample '" + base + "'");
    const auto rows = document_.at("rows").get<std::uint64_t>();
    const auto member_of = [&](const Json& entry) -> std::optional<std::string> {
      const auto name = entry.at("member").get<std::string>();
      if (names_.contains(name)) return name;
      fail("WDS-MEMBER-MISSING", "names the member '" + name + "', which is not in the sample");
      return std::nullopt;
    };
    const auto expect_rows = [&](const std::string& name) {
      const auto shape = shapes_.find(name);
      if (shape == shapes_.end()) return;  // reported already, or not an array
      if (shape->second.empty() || shape->second[0] != rows)
        findings_.error("WDS-ROWS", shard_, key_ + "." + name,
                        "has " + std::to_string(shape->second.empty() ? 0 : shape->second[0]) +
                            " rows, the sample has " + std::to_string(rows));
    };
    for (const auto& [feature, entry] : document_.at("features").items())
      if (const auto name = member_of(entry)) expect_rows(*name);
    for (const char* name : {"time_ns.npy", "time_ns.npy.zst"}) expect_rows(name);
    for (const auto& [feature, entry] : document_.at("videos").items()) {
      const auto name = member_of(entry);
      const auto found = name ? frames_.find(*name) : frames_.end();
      if (found != frames_.end() && found->second != rows)
        findings_.error("WDS-FRAMES-ROWS", shard_, key_ + "." + *name,
                        "has " + std::to_string(found->second) + " frames, the sample has " +
                            std::to_string(rows) + " rows");
    }
    if (document_.contains("objects")) member_of(document_.at("objects"));
    if (document_.contains("stills"))
      for (const Json& entry : document_.at("stills")) member_of(entry);
  }

  std::string shard_, key_;
  bool deep_;
  ObjectLabels& labels_;
  Findings& findings_;
  std::set<std::string> names_;
  const char* code_ = "";
  Json document_, objects_;
  std::map<std::string, std::vector<std::uint64_t>> shapes_;
  std::map<std::string, std::uint64_t> frames_;
};

}  // namespace

bool is_checked_content(const std::string& extension, bool deep) {
  std::string_view rest = extension;
  if (is_compressed(kind_of(rest))) return true;
  const std::string_view kind = kind_of(rest);
  return kind == "npy" || kind == "json" || kind == "cls" ||
         (deep && (is_picture(kind) || is_video(kind)));
}

void verify_sample(const std::vector<ReadMember>& members, std::set<std::string> extensions,
                   const std::string& shard, const std::string& key, bool deep,
                   ObjectLabels& labels, Findings& findings) {
  SampleCheck check(shard, key, std::move(extensions), deep, labels, findings);
  for (const ReadMember& member : members) check.look(member);
  check.compare();
}

}  // namespace reelcell::webdataset
