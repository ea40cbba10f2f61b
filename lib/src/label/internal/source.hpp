// The text of an expression, and how an error points into it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reelcell::label {

/// Bytes [begin, end) of an expression.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Source {
  std::string text;
  std::string where;  ///< "recipe.json: /labels/2/value"
  std::string_view part(Span span) const {
    return std::string_view(text).substr(span.begin, span.end - span.begin);
  }
};

/// Throws InputError: the message, then the line of the expression with a caret line under the
/// span.
[[noreturn]] void fail(const Source& source, Span span, const std::string& message);

}  // namespace reelcell::label
