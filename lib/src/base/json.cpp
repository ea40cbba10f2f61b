#include "reelcell/base/json.hpp"

#include <algorithm>
#include <cmath>

#include "reelcell/base/error.hpp"
#include "reelcell/base/file.hpp"
#include "reelcell/base/json_array.hpp"

namespace reelcell {
namespace {
std::string place_in_text(std::string_view text, std::size_t byte) {
  byte = std::min(byte, text.size());
  const std::string_view before = text.substr(0, byte);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(byte - start + 1);
}
std::string found(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return "found " + text;
}
/// A document's root is placed as "file.json: "; messages about the root itself say "file.json".
std::string trimmed(std::string where) {
  if (where.ends_with(": ")) where.resize(where.size() - 2);
  return where;
}
// Deeper nesting than any document of ours: refused before the parser's recursion can be abused.
constexpr int kMaxDepth = 200;

/// By brackets outside of strings; whether the text is JSON at all is the parser's business.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}
}  // namespace

Json parse_json(std::string_view text, const std::string& where) {
  try {
    // Not by the parser's callback: with one, it takes half as long again.
    if (too_deep(text))
      throw InputError("nested more than 200 levels deep; a document of ours never is");
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    std::string what = error.what();
    if (const auto at = what.find("] "); at != std::string::npos) what = what.substr(at + 2);
    if (const auto at = what.find(": "); what.starts_with("parse error") && at != std::string::npos)
      what = what.substr(at + 2);
    throw InputError(
        where, place_in_text(text, error.byte ? error.byte - 1 : 0) + ": not valid JSON: " + what);
  } catch (const InputError& error) {
    throw InputError(where, error.message());
  } catch (const Json::exception& error) {
    throw InputError(where, std::string("not valid JSON: ") + error.what());
  }
}

Json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_text_file(path), path.string());
}

Json read_json_file_without(const std::filesystem::path& path, std::string_view skipped) {
  Json document = read_json_array(path, skipped, nullptr);
  if (document.is_object()) document.erase(std::string(skipped));
  return document;
}

std::string dump_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

JsonObject::JsonObject(const Json& value, std::string where)
    : value_(&value), where_(std::move(where)) {
  if (!value.is_object()) throw InputError(trimmed(where_), found(value) + ", expected an object");
}
bool JsonObject::has(std::string_view key) const { return value_->contains(std::string(key)); }
void JsonObject::fail(std::string_view key, const std::string& message) const {
  throw InputError(where(key), message);
}

const Json* JsonObject::find(std::string_view key) {
  seen_.emplace_back(key);
  const auto it = value_->find(std::string(key));
  return it == value_->end() || it->is_null() ? nullptr : &*it;
}
const Json& JsonObject::raw(std::string_view key) {
  if (const Json* value = find(key)) return *value;
  throw InputError(trimmed(where_), "'" + std::string(key) + "' is missing");
}
std::string JsonObject::text(std::string_view key) {
  const Json& value = raw(key);
  if (!value.is_string()) fail(key, found(value) + ", expected text");
  return value.get<std::string>();
}
std::string JsonObject::text_or(std::string_view key, std::string fallback) {
  return find(key) ? text(key) : std::move(fallback);
}
std::int64_t JsonObject::integer(std::string_view key) {
  const Json& value = raw(key);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t{INT64_MAX})
    fail(key, found(value) + ", expected a 64-bit integer");
  if (!value.is_number_integer()) fail(key, found(value) + ", expected an integer");
  return value.get<std::int64_t>();
}
std::int64_t JsonObject::integer_or(std::string_view key, std::int64_t fallback) {
  return find(key) ? integer(key) : fallback;
}
double JsonObject::number(std::string_view key) {
  const Json& value = raw(key);
  if (!value.is_number()) fail(key, found(value) + ", expected a number");
  return value.get<double>();
}
double JsonObject::number_or(std::string_view key, double fallback) {
  return find(key) ? number(key) : fallback;
}
bool JsonObject::boolean_or(std::string_view key, bool fallback) {
  const Json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) fail(key, found(*value) + ", expected true or false");
  return value->get<bool>();
}
std::vector<std::string> JsonObject::texts_or_empty(std::string_view key) {
  const Json* value = find(key);
  if (!value) return {};
  std::vector<std::string> texts;
  if (!value->is_array()) fail(key, found(*value) + ", expected a list of texts");
  for (const Json& entry : *value) {
    if (!entry.is_string()) fail(key, found(entry) + " in the list, expected text");
    texts.push_back(entry.get<std::string>());
  }
  return texts;
}
std::optional<JsonObject> JsonObject::object(std::string_view key) {
  const Json* value = find(key);
  if (!value) return std::nullopt;
  return JsonObject(*value, where(key));
}
std::vector<JsonObject> JsonObject::objects(std::string_view key) {
  const Json* value = find(key);
  if (!value) return {};
  if (!value->is_array()) fail(key, found(*value) + ", expected a list of objects");
  std::vector<JsonObject> objects;
  for (std::size_t i = 0; i < value->size(); ++i)
    objects.emplace_back((*value)[i], where(key) + "/" + std::to_string(i));
  return objects;
}
void JsonObject::ignore(std::string_view key) { seen_.emplace_back(key); }
void JsonObject::finish() const {
  for (const auto& [key, value] : value_->items()) {
    if (key == "$schema" || key == "comment" ||
        std::find(seen_.begin(), seen_.end(), key) != seen_.end())
      continue;
    std::vector<std::string> allowed = seen_;
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    throw InputError(trimmed(where_), unknown_name("key", key, allowed));
  }
}

}  // namespace reelcell
