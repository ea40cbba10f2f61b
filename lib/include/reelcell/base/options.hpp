// Options of a stage, declared once: the recipe's schema, the CLI's flags and the help come from
// here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell {

enum class OptionType {
  kBool,
  kInteger,
  kNumber,
  kDuration,  ///< "500ms"
  kSize,      ///< bytes: 1048576 or "64MB", "256MiB"
  kText,
  kChoice,      ///< one of `choices`
  kExpression,  ///< label-rule expression, compiled by the stage
  kTextList,
  kJson,  ///< any JSON; the stage checks it
};

struct OptionSpec {
  std::string name;  ///< snake_case as in JSON; the CLI flag is --kebab-case
  OptionType type = OptionType::kText;
  std::string unit = {};  ///< "", "Hz", "px", ..
  Json fallback = {};     ///< default; null = required unless `optional`
  std::string help = {};  ///< one line; what 0 means
  std::vector<std::string> choices = {};
  bool optional = false;  ///< may be absent without a default
};

/// Checked values of one stage's options. Lookup of a name that was not declared is a bug (assert).
class OptionValues {
 public:
  OptionValues() = default;
  /// Unknown names, wrong types and missing required options are InputErrors at `where`.
  /// Keys in `ignore` (such as "kind") are skipped.
  static OptionValues parse(const Json& object, const std::vector<OptionSpec>& specs,
                            const std::string& where, const std::vector<std::string>& ignore = {});
  /// All defaults (required options absent).
  static OptionValues defaults(const std::vector<OptionSpec>& specs);
  bool has(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double number(std::string_view name) const;
  Nanos duration(std::string_view name) const;
  std::uint64_t size(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  const Json& json(std::string_view name) const;
  const Json& all() const { return values_; }
  const std::string& where() const { return where_; }

 private:
  Json values_ = Json::object();
  std::string where_;
};

/// "64MB" -> 64000000, "256MiB" -> 268435456, "1048576". Throws InputError.
std::uint64_t parse_size(std::string_view text);
/// JSON Schema (draft-07) of one option, and of an object with all of them.
Json option_schema(const OptionSpec& spec);
Json options_schema(const std::vector<OptionSpec>& specs);

}  // namespace reelcell
