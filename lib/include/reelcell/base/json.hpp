// JSON documents: order of keys kept, typed access with messages that name the place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelcell {

using Json = nlohmann::ordered_json;

/// Parses; InputError carries line and column. NaN and comments are refused.
Json parse_json(std::string_view text, const std::string& where);
Json read_json_file(const std::filesystem::path& path);
/// All but the top-level member `skipped`, which is not parsed: a manifest without its samples
/// takes a tenth of the memory. Throws InputError as read_json_file does.
Json read_json_file_without(const std::filesystem::path& path, std::string_view skipped);
/// Two-space indent, trailing newline, UTF-8 kept; invalid UTF-8 is replaced.
std::string dump_json(const Json& value);

/// A view of one object in a document that remembers where it stands ("recipe.json: /grid") and
/// which of its keys were read; `finish()` refuses the rest, with the nearest allowed name. Cheap;
/// borrows the Json.
class JsonObject {
 public:
  JsonObject(const Json& value, std::string where);  ///< InputError when not an object
  bool has(std::string_view key) const;
  const std::string& where() const { return where_; }
  std::string where(std::string_view key) const { return where_ + "/" + std::string(key); }
  [[noreturn]] void fail(std::string_view key, const std::string& message) const;

  const Json& raw(std::string_view key);  ///< InputError when missing
  const Json* find(std::string_view key);
  std::string text(std::string_view key);
  std::string text_or(std::string_view key, std::string fallback);
  std::int64_t integer(std::string_view key);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback);
  double number(std::string_view key);
  double number_or(std::string_view key, double fallback);
  bool boolean_or(std::string_view key, bool fallback);
  std::vector<std::string> texts_or_empty(std::string_view key);
  std::optional<JsonObject> object(std::string_view key);
  std::vector<JsonObject> objects(std::string_view key);  ///< array of objects, empty when missing
  /// Every key that was not asked for is an error.
  void finish() const;
  void ignore(std::string_view key);

 private:
  const Json* value_;
  std::string where_;
  std::vector<std::string> seen_;
};

}  // namespace reelcell
