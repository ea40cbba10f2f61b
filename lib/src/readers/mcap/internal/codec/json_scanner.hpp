// A pull scanner over one JSON message: no tree, no allocation. Accepts what recorders write beyond
// the standard: NaN and Infinity.
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace reelcell::readers::mcap {

struct JsonNumber {
  std::string_view token;
  double number = 0;
  std::int64_t integer = 0;
  bool is_integer = false;  ///< written without '.' or exponent, and fits int64
};

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// The next character that is not white space, 0 at the end.
  char peek() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
    return at_ < end_ ? *at_ : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool done() { return peek() == '\0' && at_ == end_; }

  /// Between the quotes, escapes as written. False when it does not end.
  bool string(std::string_view* raw, bool* escaped) {
    if (!accept('"')) return false;
    const char* from = at_;
    *escaped = false;
    for (; at_ < end_ && *at_ != '"'; ++at_) {
      if (*at_ != '\\') continue;
      *escaped = true;
      if (++at_ == end_) return false;
    }
    if (at_ >= end_) return false;
    *raw = {from, static_cast<std::size_t>(at_ - from)};
    ++at_;
    return true;
  }

  bool number(JsonNumber* out);
  bool literal(std::string_view word) {
    peek();
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
      return false;
    at_ += word.size();
    return true;
  }
  /// Passes over any value.
  bool skip();

 private:
  const char* at_;
  const char* end_;
};

/// Replaces escapes; false for a broken one.
bool unescape_json(std::string_view raw, std::string* out);

}  // namespace reelcell::readers::mcap
