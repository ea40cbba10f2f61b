// Tokens of an expression.
#pragma once

#include <string>
#include <vector>

#include "internal/source.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::label {

enum class TokenKind {
  kNumber,  ///< `value`; `text` is its unit, "" when none is written
  kName,
  kString,  ///< '..' or ".."; `text` without quotes and escapes
  kQuoted,  ///< `..` in backquotes: a name that is not a plain word
  kTopic,   ///< /joint_states, where a value is expected
  kUnit,    ///< what follows `as`
  kSymbol,
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;
  Value value;
  Span span;
  Span unit_span;  ///< numbers with a unit
  bool is_symbol(std::string_view symbol) const {
    return kind == TokenKind::kSymbol && text == symbol;
  }
  bool is_name(std::string_view name) const { return kind == TokenKind::kName && text == name; }
};

/// Words with a meaning of their own; names of streams and columns that equal one are written in
/// backquotes, except after a dot.
bool is_keyword(std::string_view word);

/// Ends with one kEnd. Throws InputError with the place; refuses expressions of more than 64 KiB.
std::vector<Token> tokenize(const Source& source);

}  // namespace reelcell::label
