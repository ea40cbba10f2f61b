#include "internal/check.hpp"

#include <algorithm>

#include "internal/functions.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
std::string quoted(const Source& source, const Node& node) {
  std::string text(source.part(node.span));
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return "'" + text + "'";
}

bool is_zero(const Node& node) {
  if (node.kind != NodeKind::kLiteral || !node.literal_unit.text.empty()) return false;
  if (const auto* integer = std::get_if<std::int64_t>(&node.literal)) return *integer == 0;
  const auto* real = std::get_if<double>(&node.literal);
  return real && *real == 0;
}

/// Several values where one is due: says how to get one.
void require_one(const Source& source, const Node& node) {
  if (node.type.base == Base::kEvents)
    fail(source, node.span,
         quoted(source, node) +
             " is a stream; use its events with count(..), exists(..), "
             "first(stream.field ..), or a column of it");
  if (node.type.shape == Shape::kField)
    fail(source, node.span,
         quoted(source, node) +
             " has one value an event; say which with first(..) or last(..), such as first(" +
             std::string(source.part(node.span)) + ")");
}
void require_scalar(const Source& source, const Node& node, const std::string& role) {
  require_one(source, node);
  if (node.type.shape == Shape::kSignal)
    fail(source, node.span,
         quoted(source, node) + " is " + describe(node.type) + "; " + role +
             " needs one value: use mean(..), max(..), last(..), at(.., time) or, for a condition, "
             "any(..), all(..), duration_where(..)");
}

class Checker {
 public:
  Checker(const Source& source, const Names& names) : source_(source), names_(names) {}

  void check(Node& node, bool in_event) {
    if (node.kind == NodeKind::kQuery) {
      check_query(node, in_event);
      return;
    }
    for (const NodePtr& child : node.children) {
      check(*child, in_event);
      node.per_event = node.per_event || child->per_event;
    }
    if (node.kind != NodeKind::kCall)
      for (const NodePtr& child : node.children) require_one(source_, *child);
    node.conversions.resize(node.children.size() + 1);
    check_kind(node, in_event);
  }

 private:
  void check_kind(Node& node, bool in_event) {
    switch (node.kind) {
      case NodeKind::kLiteral:
        check_literal(node);
        break;
      case NodeKind::kName:
        bind_name(source_, node, names_, in_event);
        node.per_event = node.binding.kind == Binding::Kind::kThisEvent;
        break;
      case NodeKind::kNot:
      case NodeKind::kAnd:
      case NodeKind::kOr:
        check_logic(node);
        break;
      case NodeKind::kNegate:
        check_number(*node.children[0], "'-'");
        node.type = node.children[0]->type;
        break;
      case NodeKind::kArithmetic:
        check_arithmetic(node);
        break;
      case NodeKind::kCompare:
        check_compare(node);
        break;
      case NodeKind::kIn:
        for (std::size_t i = 1; i < node.children.size(); ++i) {
          require_scalar(source_, *node.children[i], "the list of 'in'");
          unify(source_, node, 0, i, "compared with");
        }
        node.type = lifted(bool_type(), node);
        break;
      case NodeKind::kIsUnknown:
        require_scalar(source_, *node.children[0], "'is unknown'");
        node.type = bool_type();
        break;
      case NodeKind::kAs:
        check_as_unit(node);
        break;
      case NodeKind::kCall:
        check_call(source_, node);
        break;
      case NodeKind::kQuery:
        break;
    }
  }

  void check_literal(Node& node) const {
    if (!node.type.is_duration()) return;
    const auto* integer = std::get_if<std::int64_t>(&node.literal);
    const double value = integer ? static_cast<double>(*integer) : std::get<double>(node.literal);
    node.literal = convert_unit(value, node.literal_unit, nanosecond());
  }

  /// One value a sample when any operand has.
  Type lifted(Type type, const Node& node) const {
    for (const NodePtr& child : node.children)
      if (child->type.shape == Shape::kSignal) return as_signal(type, child->type.width);
    return type;
  }
  void require_same_width(const Node& node) const {
    std::size_t width = 1;
    for (const NodePtr& child : node.children) {
      const std::size_t next = child->type.width;
      if (next != 1 && width != 1 && next != width)
        fail(source_, node.span,
             "one side has " + std::to_string(width) + " values a sample, the other " +
                 std::to_string(next));
      width = std::max(width, next);
    }
  }
  void check_number(const Node& child, const std::string& role) const {
    if (child.type.numeric() || child.type.base == Base::kUnknown) return;
    fail(source_, child.span,
         role + " needs a number; " + quoted(source_, child) + " is " + describe(child.type));
  }
  void check_condition(const Node& child, const std::string& role) const {
    const Base base = child.type.base;
    if (base == Base::kBool || base == Base::kAny || base == Base::kUnknown) return;
    fail(source_, child.span,
         role + " needs a condition; " + quoted(source_, child) + " is " + describe(child.type) +
             ". Compare it with something");
  }
  void check_logic(Node& node) const {
    for (const NodePtr& child : node.children) check_condition(*child, "'" + node.text + "'");
    require_same_width(node);
    node.type = lifted(bool_type(), node);
  }

  void check_compare(Node& node) const {
    require_same_width(node);
    const Type common = unify(source_, node, 0, 1, "compared with");
    if (lifted(common, node).width > 1)
      fail(source_, node.span,
           "a vector has no order; choose an element with [0] or take norm(..)");
    if (common.base == Base::kBool && node.text != "==" && node.text != "!=")
      fail(source_, node.span, "true and false have no order; use '==' or '!='");
    node.type = lifted(bool_type(), node);
  }

  void check_arithmetic(Node& node) const {
    const Type& left = node.children[0]->type;
    const Type& right = node.children[1]->type;
    const bool adds = node.text == "+" || node.text == "-";
    if (left.base == Base::kTime || right.base == Base::kTime) {
      check_time_arithmetic(node);
      return;
    }
    if (node.text == "+" && (left.base == Base::kText || right.base == Base::kText)) {
      check_join(node);
      return;
    }
    check_number(*node.children[0], "'" + node.text + "'");
    check_number(*node.children[1], "'" + node.text + "'");
    require_same_width(node);
    Type type = adds ? sum_type(node) : product_type(node);
    const std::size_t width = std::max(left.width, right.width);
    type.width = 1;
    type.shape = Shape::kOne;
    node.type = lifted(type, node);
    node.type.width = width;
  }
  void check_join(Node& node) const {
    for (const NodePtr& child : node.children) {
      require_scalar(source_, *child, "joining texts");
      if (child->type.base != Base::kText && child->type.base != Base::kAny)
        fail(source_, child->span,
             "a text can be joined with a text only; " + quoted(source_, *child) + " is " +
                 describe(child->type));
    }
    node.type = text_type();
  }
  void check_time_arithmetic(Node& node) const {
    const Type& left = node.children[0]->type;
    const Type& right = node.children[1]->type;
    for (const NodePtr& child : node.children) require_scalar(source_, *child, "a time");
    const bool shifts =
        (node.text == "+" || node.text == "-") && left.base == Base::kTime && right.is_duration();
    const bool shifted = node.text == "+" && left.is_duration() && right.base == Base::kTime;
    if (node.text == "-" && left.base == Base::kTime && right.base == Base::kTime) {
      node.type = duration_type();
    } else if (shifts || shifted) {
      node.type = time_type();
    } else {
      fail(source_, node.span,
           "'" + node.text + "' between " + describe(left) + " and " + describe(right) +
               "; allowed are time - time, time + duration and time - duration, with durations "
               "such as 200 ms");
    }
  }

  Type sum_type(Node& node) const {
    const Type& left = node.children[0]->type;
    const Type& right = node.children[1]->type;
    const bool degrees = left.stated && right.stated && left.unit.offset != 0 &&
                         left.unit.dimension == right.unit.dimension;
    if (!degrees)
      return unify(source_, node, 0, 1, node.text == "+" ? "added to" : "subtracted from");
    // 25 degC - 20 degC is 5 K; 25 degC + 5 K is 30 degC.
    if (right.unit.offset == 0) {
      node.conversions[1] = conversion(right.unit, difference_unit(left.unit));
      return left;
    }
    node.conversions[1] = conversion(right.unit, left.unit);
    if (node.text == "+")
      fail(source_, node.span, "two temperatures cannot be added; write the difference in K");
    return number_type(difference_unit(left.unit));
  }

  Type product_type(Node& node) const {
    const Type& left = node.children[0]->type;
    const Type& right = node.children[1]->type;
    const auto plain = [](const Type& type) { return type.bare() && type.unit.scale == 1; };
    if (plain(right)) return left.base == Base::kAny ? unstated_number() : left;
    if (plain(left) && node.text == "*")
      return right.base == Base::kAny ? unstated_number() : right;
    if (!left.stated || !right.stated) {
      const bool both = !left.stated && !right.stated;
      if (both || plain(left)) return unstated_number();
      const Node& odd = *node.children[left.stated ? 1 : 0];
      fail(source_, odd.span, unit_not_stated(odd));
    }
    const Unit result =
        si_unit(left.unit.dimension.times(right.unit.dimension, node.text == "*" ? 1 : -1));
    node.conversions[0] = conversion(left.unit, si_unit(left.unit.dimension));
    node.conversions[1] = conversion(right.unit, si_unit(right.unit.dimension));
    Type type = number_type(result);
    node.conversions[2] = conversion(result, type.unit);
    return type;
  }
  std::string unit_not_stated(const Node& node) const {
    return "the unit of " + quoted(source_, node) +
           " is not known: state it in session.json, or write it here, as in (" +
           std::string(source_.part(node.span)) + " as rad)";
  }

  void check_as_unit(Node& node) const {
    const Node& child = *node.children[0];
    check_number(child, "'as'");
    const Type target = number_type(node.literal_unit);
    if (child.type.stated) {
      if (child.type.unit.dimension != target.unit.dimension)
        fail(source_, node.span,
             quoted(source_, child) + " is " + describe(child.type.unit.dimension) +
                 " and cannot be given in " + node.text + ", " + describe(target.unit.dimension));
      node.conversions[0] = conversion(child.type.unit, target.unit);
    } else {
      node.conversions[0] = conversion(node.literal_unit, target.unit);
    }
    node.type = target;
    node.type.shape = child.type.shape;
    node.type.width = child.type.width;
  }

  void check_query(Node& node, bool in_event) {
    Node& head = *node.children[0];
    check(head, in_event);
    const bool field = head.type.shape == Shape::kField;
    if (!field && head.type.base != Base::kEvents)
      fail(source_, head.span,
           "'where', 'before', 'after', 'within' and 'between' choose among events; " +
               quoted(source_, head) + " is " + describe(head.type));
    // Each level looks through events once for every event of the level above.
    if (++queries_ > kMaxQueries)
      fail(source_, node.span,
           "events are searched within the 'where' of events more than " +
               std::to_string(kMaxQueries) + " levels deep; split the rule");
    const bool video = head.binding.kind == Binding::Kind::kStream && head.binding.field == "video";
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      Node& child = *node.children[i];
      const bool where = node.clauses[i] == Clause::kWhere;
      if (where && video) fail(source_, child.span, "frames have no fields to choose by");
      check(child, where || in_event);
      check_clause(node.clauses[i], child);
      // The inner event of `where` is this query's own; only the times may come from an outer one.
      if (!where) node.per_event = node.per_event || child.per_event;
    }
    --queries_;
    node.type = head.type;
    node.binding = head.binding;
    node.conversions.resize(node.children.size() + 1);
  }
  void check_clause(Clause role, const Node& child) const {
    if (role == Clause::kWhere) {
      require_scalar(source_, child, "'where'");
      check_condition(child, "'where'");
      return;
    }
    require_scalar(source_, child, role == Clause::kWithin ? "'within'" : "the clause");
    if (role == Clause::kWithin ? child.type.is_duration() : child.type.base == Base::kTime) return;
    fail(source_, child.span,
         std::string("expected ") +
             (role == Clause::kWithin ? "a duration such as 200 ms"
                                      : "a time such as segment.end or event.time") +
             "; " + quoted(source_, child) + " is " + describe(child.type));
  }

  static constexpr int kMaxQueries = 3;
  const Source& source_;
  const Names& names_;
  int queries_ = 0;  // of which the node at hand is in the clauses
};

[[noreturn]] void fail_units(const Source& source, const Node& node, const Node& left,
                             const Node& right, const std::string& doing) {
  const bool left_bare = left.type.bare(), right_bare = right.type.bare();
  if (left.type.stated && right.type.stated && left_bare != right_bare) {
    const Node& bare = left_bare ? left : right;
    const Node& other = left_bare ? right : left;
    if (bare.kind == NodeKind::kLiteral)
      fail(source, bare.span,
           quoted(source, bare) + " has no unit; " + quoted(source, other) + " is " +
               describe(other.type.unit.dimension) + ", so write for example " +
               std::string(source.part(bare.span)) + " " + other.type.shown.text);
  }
  if (left.type.stated && right.type.stated)
    fail(source, node.span,
         quoted(source, right) + ", " + describe(right.type.unit.dimension) + ", is " + doing +
             " " + quoted(source, left) + ", " + describe(left.type.unit.dimension));
  const Node& odd = left.type.stated ? right : left;
  const Node& known = left.type.stated ? left : right;
  const std::string why = odd.type.odd_unit.empty() ? " is not known"
                                                    : " is stated as '" + odd.type.odd_unit +
                                                          "', which is not known here";
  const std::string unit = known.type.shown.text;
  fail(source, odd.span,
       "the unit of " + quoted(source, odd) + why + ", and " + quoted(source, known) + " is " +
           describe(known.type.unit.dimension) +
           ": state the unit in session.json, or write it here, as in (" +
           std::string(source.part(odd.span)) + " as " + unit + ")");
}
}  // namespace

Type unify(const Source& source, Node& node, std::size_t first, std::size_t second,
           const std::string& doing) {
  const Node& left = *node.children[first];
  const Node& right = *node.children[second];
  const Type& a = left.type;
  const Type& b = right.type;
  if (a.base == Base::kUnknown) return b;
  if (b.base == Base::kUnknown) return a;
  if (!a.numeric() || !b.numeric()) {
    if (a.base == b.base) return a;
    const bool dynamic = (a.base == Base::kAny && b.base != Base::kTime) ||
                         (b.base == Base::kAny && a.base != Base::kTime);
    if (dynamic) return a.base == Base::kAny ? b : a;
    fail(source, node.span,
         quoted(source, right) + ", " + describe(b) + ", is " + doing + " " + quoted(source, left) +
             ", " + describe(a));
  }
  // 0 is 0 in every unit but degrees of temperature.
  if (is_zero(right) && a.unit.offset == 0) return a;
  if (is_zero(left) && b.unit.offset == 0) return b;
  if (a.stated && b.stated) {
    if (a.unit.dimension != b.unit.dimension) fail_units(source, node, left, right, doing);
    node.conversions[second] = conversion(b.unit, a.unit);
    return a;
  }
  const Type& stated = a.stated ? a : b;
  if (stated.stated && !stated.unit.dimension.none()) fail_units(source, node, left, right, doing);
  if (stated.stated && stated.unit.scale != 1)  // 5 % beside a number without a unit
    node.conversions[a.stated ? first : second] = conversion(stated.unit, Unit{});
  return a.base == Base::kAny ? b : a;
}

void check(Expression& expression, const Names& names) {
  Checker(expression.source, names).check(*expression.root, names.use == Names::Use::kEvent);
}

void check_as(Expression& expression, const Names& names, Base base, const std::string& role) {
  check(expression, names);
  const Node& root = *expression.root;
  require_scalar(expression.source, root, role);
  const Base found = root.type.base;
  if (base == Base::kAny || found == base || found == Base::kAny || found == Base::kUnknown) return;
  Type wanted;
  wanted.base = base;
  fail(expression.source, root.span,
       role + " needs " + describe(wanted) + "; " + quoted(expression.source, root) + " is " +
           describe(root.type));
}

}  // namespace reelcell::label
