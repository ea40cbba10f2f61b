// Gives every node its type and binding, or refuses the expression with the place and the reason.
#pragma once

#include <map>
#include <string>

#include "internal/ast.hpp"
#include "reelcell/label/rules.hpp"

namespace reelcell::label {

/// What names may stand for where an expression is used.
struct Names {
  enum class Use {
    kRule,      ///< streams, segment, session, labels, parameters
    kEvent,     ///< the fields of one event, parameters
    kTemplate,  ///< segment, session, labels, parameters; no streams
  };
  Use use = Use::kRule;
  const SessionDescription* session = nullptr;  ///< required for rules
  const Parameters* parameters = nullptr;
  std::map<std::string, Type> labels;  ///< of the rules before this one
  bool any_label = false;              ///< templates: labels are known only from the segment
};

/// Throws InputError with the place in the expression.
void check(Expression& expression, const Names& names);
/// The same, and the expression must give one value of `base` (kAny passes and is checked when
/// evaluated).
void check_as(Expression& expression, const Names& names, Base base, const std::string& role);

/// Converts the children `first` and `second` of `node` to one unit (the first's, or the second's
/// where the first is the number 0) and returns the common type. Refuses what cannot be compared.
Type unify(const Source& source, Node& node, std::size_t first, std::size_t second,
           const std::string& doing);
/// Resolves a name; `in_event`: within a query's `where`.
void bind_name(const Source& source, Node& node, const Names& names, bool in_event);
/// Picks the overload and gives the call its type. The arguments are checked already.
void check_call(const Source& source, Node& node);

}  // namespace reelcell::label
