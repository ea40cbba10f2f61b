#pragma once

#include "internal/ast.hpp"

namespace reelcell::label {

/// Trees are at most this high: the checker and the evaluator recurse over them.
inline constexpr int kMaxHeight = 200;

/// Syntax only. Throws InputError with the place, what was found and what is allowed there.
Expression parse_expression(std::string text, std::string where);

}  // namespace reelcell::label
