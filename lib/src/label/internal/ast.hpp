// The tree of an expression. The parser builds it, the checker fills in types and bindings, the
// evaluator only reads it: a checked tree may be shared by threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "internal/source.hpp"
#include "internal/types.hpp"
#include "reelcell/model/value.hpp"

namespace reelcell::label {

enum class NodeKind {
  kLiteral,     ///< number, text, true, false, unknown
  kName,        ///< parts, optional index
  kNot,         ///< one child
  kNegate,      ///< one child
  kArithmetic,  ///< text is + - * /
  kCompare,     ///< text is == != < <= > >=
  kAnd,
  kOr,
  kIn,         ///< child 0 among the others; `negated` for "not in"
  kIsUnknown,  ///< `negated` for "is not unknown"
  kAs,         ///< text is the unit
  kCall,       ///< text is the function
  kQuery,      ///< child 0 is a stream of events or a field of it; the rest are clauses
};

enum class Clause { kHead, kWhere, kBefore, kAfter, kWithin, kOf, kFrom, kUntil };

struct NamePart {
  std::string text;
  bool plain = true;  ///< not in quotes
  Span span;
};

/// What a name stands for.
struct Binding {
  enum class Kind {
    kNone,
    kSignal,      ///< stream, field: its column, element
    kFigure,      ///< stream (video), field: a quality figure of its frames
    kStream,      ///< stream
    kEventField,  ///< stream, field: of the events of a query's head
    kThisEvent,   ///< field of the event at hand, within `where`
    kSegment,     ///< field
    kSession,     ///< field
    kLabel,       ///< field: its name
    kConfidence,  ///< field: the label's name
    kParameter,   ///< constant
  };
  Kind kind = Kind::kNone;
  std::string stream;
  int element = -1;      ///< -1: all of the column
  bool indexed = false;  ///< the element was chosen out of several
  std::string field;
  Value constant;
};

struct FunctionRow;
struct Node;
using NodePtr = std::unique_ptr<Node>;

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  Span span;
  std::string text;
  Value literal;
  Unit literal_unit;
  std::vector<NamePart> parts;
  std::optional<std::int64_t> index;  ///< x[3]
  std::string index_name;             ///< x["elbow"]
  Span index_span;
  bool negated = false;
  std::vector<NodePtr> children;
  std::vector<Clause> clauses;  ///< queries: the role of each child
  int height = 1;

  // Filled in by the checker.
  Type type;
  Binding binding;
  const FunctionRow* function = nullptr;
  std::vector<Conversion>
      conversions;         ///< of each child's number; arithmetic: one more for the result
  bool per_event = false;  ///< depends on the event at hand: no one value a segment

  const Node* clause(Clause role) const {
    for (std::size_t i = 0; i < clauses.size(); ++i)
      if (clauses[i] == role) return children[i].get();
    return nullptr;
  }
};

/// An expression of its own: the text and its tree.
struct Expression {
  Source source;
  NodePtr root;
};

}  // namespace reelcell::label
