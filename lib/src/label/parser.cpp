#include "internal/parser.hpp"

#include <algorithm>

#include "internal/lexer.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::label {
namespace {
class Parser {
 public:
  explicit Parser(const Source& source) : source_(source), tokens_(tokenize(source)) {}

  NodePtr run() {
    if (peek().kind == TokenKind::kEnd)
      fail(source_, {0, 0}, "an empty expression; expected a value such as mean(force.fz) > 2 N");
    NodePtr root = parse_or();
    if (peek().kind != TokenKind::kEnd) unexpected("an operator or the end of the expression");
    return root;
  }

 private:
  /// Counts the recursion: input such as ten thousand "(" must not run off the stack.
  struct Level {
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxHeight) parser_.too_deep();
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Parser& parser_;
  };
  [[noreturn]] void too_deep() const {
    fail(source_, peek().span,
         "nested more than " + std::to_string(kMaxHeight) +
             " levels deep; split the rule into labels that use one another");
  }

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool accept_symbol(std::string_view symbol) {
    if (!peek().is_symbol(symbol)) return false;
    take();
    return true;
  }
  bool accept_word(std::string_view word) {
    if (!peek().is_name(word)) return false;
    take();
    return true;
  }
  std::string found() const {
    return peek().kind == TokenKind::kEnd ? "the end of the expression"
                                          : "'" + std::string(source_.part(peek().span)) + "'";
  }
  [[noreturn]] void unexpected(const std::string& expected) const {
    fail(source_, peek().span, "found " + found() + ", expected " + expected);
  }
  void expect_symbol(const std::string& symbol) {
    if (!accept_symbol(symbol)) unexpected("'" + symbol + "'");
  }

  NodePtr make(NodeKind kind, Span span, std::string text, std::vector<NodePtr> children) const {
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->span = span;
    node->text = std::move(text);
    node->children = std::move(children);
    for (const NodePtr& child : node->children)
      node->height = std::max(node->height, child->height + 1);
    if (node->height > kMaxHeight) too_deep();
    return node;
  }
  template <class... Children>
  NodePtr make_of(NodeKind kind, std::string text, NodePtr first, Children... rest) const {
    const std::size_t begin = first->span.begin;
    std::size_t end = first->span.end;
    ((end = rest->span.end), ...);
    std::vector<NodePtr> children;
    children.push_back(std::move(first));
    (children.push_back(std::move(rest)), ...);
    return make(kind, {begin, end}, std::move(text), std::move(children));
  }

  NodePtr parse_or() {
    const Level level(*this);
    NodePtr left = parse_and();
    while (accept_word("or")) left = make_of(NodeKind::kOr, "or", std::move(left), parse_and());
    return left;
  }
  NodePtr parse_and() {
    NodePtr left = parse_not();
    while (accept_word("and")) left = make_of(NodeKind::kAnd, "and", std::move(left), parse_not());
    return left;
  }
  NodePtr parse_not() {
    if (!peek().is_name("not")) return parse_comparison();
    const Level level(*this);
    const std::size_t begin = take().span.begin;
    NodePtr node = make_of(NodeKind::kNot, "not", parse_not());
    node->span.begin = begin;
    return node;
  }

  std::string comparison_operator() const {
    if (peek().kind == TokenKind::kSymbol)
      for (const char* text : {"==", "!=", "<", "<=", ">", ">="})
        if (peek().text == text) return text;
    return {};
  }
  NodePtr parse_comparison() {
    NodePtr left = parse_sum();
    if (const std::string op = comparison_operator(); !op.empty()) {
      take();
      left = make_of(NodeKind::kCompare, op, std::move(left), parse_sum());
      if (!comparison_operator().empty())
        fail(source_, peek().span,
             "comparisons do not chain; write 'a < b and b < c' instead of 'a < b < c'");
      return left;
    }
    if (peek().is_name("in") || (peek().is_name("not") && peek(1).is_name("in")))
      return parse_in(std::move(left));
    if (accept_word("is")) {
      const bool negated = accept_word("not");
      const Token last = peek();
      if (!accept_word("unknown")) unexpected("'unknown' or 'not unknown' after 'is'");
      NodePtr node = make_of(NodeKind::kIsUnknown, "is unknown", std::move(left));
      node->negated = negated;
      node->span.end = last.span.end;
      return node;
    }
    return left;
  }
  NodePtr parse_in(NodePtr left) {
    const bool negated = accept_word("not");
    take();
    const std::size_t begin = left->span.begin;
    const bool square = peek().is_symbol("[");
    if (!square && !peek().is_symbol("(")) unexpected("a list such as ('OK', 'NG') after 'in'");
    take();
    std::vector<NodePtr> children;
    children.push_back(std::move(left));
    do children.push_back(parse_sum());
    while (accept_symbol(","));
    const std::size_t end = peek().span.end;
    expect_symbol(square ? "]" : ")");
    NodePtr node = make(NodeKind::kIn, {begin, end}, "in", std::move(children));
    node->negated = negated;
    return node;
  }

  NodePtr parse_sum() {
    NodePtr left = parse_product();
    while (peek().is_symbol("+") || peek().is_symbol("-")) {
      const std::string op = take().text;
      left = make_of(NodeKind::kArithmetic, op, std::move(left), parse_product());
    }
    return parse_as(std::move(left));
  }
  /// Binds looser than arithmetic: `last(a.t) - first(a.t) as ms` is the difference in ms.
  NodePtr parse_as(NodePtr node) {
    while (accept_word("as")) {
      const Token unit = take();
      if (unit.kind != TokenKind::kUnit)
        fail(source_, unit.span, "expected a unit after 'as', such as 'rad/s'");
      node = make_of(NodeKind::kAs, unit.text, std::move(node));
      node->span.end = unit.span.end;
      node->literal_unit = unit_at(unit.text, unit.span);
      for (const char* op : {"+", "-", "*", "/"})
        if (peek().is_symbol(op))
          fail(source_, peek().span,
               "'as' goes with all of the arithmetic before it; to compute on, write (" +
                   std::string(source_.part(node->span)) + ") in parentheses");
    }
    return node;
  }
  NodePtr parse_product() {
    NodePtr left = parse_unary();
    while (peek().is_symbol("*") || peek().is_symbol("/")) {
      const std::string op = take().text;
      left = make_of(NodeKind::kArithmetic, op, std::move(left), parse_unary());
    }
    return left;
  }
  NodePtr parse_unary() {
    if (!peek().is_symbol("-")) return parse_primary();
    const Level level(*this);
    const std::size_t begin = take().span.begin;
    NodePtr node = make_of(NodeKind::kNegate, "-", parse_unary());
    node->span.begin = begin;
    return node;
  }
  Unit unit_at(const std::string& text, Span span) const {
    try {
      return parse_unit(text);
    } catch (const InputError& error) {
      const bool product = text.find_first_of("*/") != std::string::npos;
      fail(source_, span,
           error.message() + (product ? " To divide by a value, put spaces around '/'." : ""));
    }
  }
  NodePtr parse_number() {
    const Token& token = take();
    NodePtr node = make(NodeKind::kLiteral, token.span, "", {});
    node->literal = token.value;
    if (!token.text.empty()) node->literal_unit = unit_at(token.text, token.unit_span);
    node->type = number_type(node->literal_unit);
    return node;
  }
  NodePtr parse_word_literal() {
    const Token& token = take();
    NodePtr node = make(NodeKind::kLiteral, token.span, token.text, {});
    if (token.text != "unknown") {
      node->literal = token.text == "true";
      node->type = bool_type();
    }
    return node;
  }
  NodePtr parse_primary() {
    const Token& token = peek();
    switch (token.kind) {
      case TokenKind::kNumber:
        return parse_number();
      case TokenKind::kString:
        if (!peek(1).is_symbol(".")) {
          NodePtr node = make(NodeKind::kLiteral, token.span, "", {});
          node->literal = take().text;
          node->type = text_type();
          return node;
        }
        return parse_name();
      case TokenKind::kQuoted:
      case TokenKind::kTopic:
        return parse_name();
      case TokenKind::kName:
        if (peek(1).is_symbol("(")) return parse_call();
        if (token.text == "true" || token.text == "false" || token.text == "unknown")
          return parse_word_literal();
        if (is_keyword(token.text))
          unexpected("a value; a stream or column with this name is written in backquotes");
        return parse_name();
      default:
        break;
    }
    if (!accept_symbol("(")) unexpected("a value, a name or a function");
    NodePtr node = parse_or();
    expect_symbol(")");
    return node;
  }

  NamePart take_part() {
    const Token& token = take();
    return {token.text, token.kind == TokenKind::kName, token.span};
  }
  NodePtr parse_name() {
    NodePtr node = make(NodeKind::kName, peek().span, "", {});
    node->parts.push_back(take_part());
    while (accept_symbol(".")) {
      const TokenKind kind = peek().kind;
      if (kind != TokenKind::kName && kind != TokenKind::kString && kind != TokenKind::kQuoted)
        unexpected("a name after '.'; names with odd characters are written in quotes");
      node->parts.push_back(take_part());
    }
    node->span.end = node->parts.back().span.end;
    if (accept_symbol("[")) parse_index(*node);
    return node;
  }
  void parse_index(Node& node) {
    const Token& token = take();
    const auto* integer = std::get_if<std::int64_t>(&token.value);
    if (token.kind == TokenKind::kString)
      node.index_name = token.text;
    else if (token.kind == TokenKind::kNumber && integer && token.text.empty())
      node.index = *integer;
    else
      fail(source_, token.span,
           "expected a position such as [3] or the name of an element such as [\"elbow\"]");
    node.index_span = token.span;
    node.span.end = peek().span.end;
    expect_symbol("]");
  }

  NodePtr parse_call() {
    const Level level(*this);
    const Token& name = take();
    take();
    std::vector<NodePtr> arguments;
    if (!peek().is_symbol(")")) {
      do arguments.push_back(parse_argument());
      while (accept_symbol(","));
    }
    const std::size_t end = peek().span.end;
    expect_symbol(")");
    return make(NodeKind::kCall, {name.span.begin, end}, name.text, std::move(arguments));
  }

  bool clause_follows() const {
    for (const char* word : {"where", "before", "after", "within", "between"})
      if (peek().is_name(word)) return true;
    return false;
  }
  NodePtr parse_argument() {
    NodePtr head = parse_or();
    if (!clause_follows()) return head;
    std::vector<NodePtr> children;
    std::vector<Clause> clauses;
    const std::size_t begin = head->span.begin;
    const auto add = [&](Clause role, NodePtr node) {
      if (std::find(clauses.begin(), clauses.end(), role) != clauses.end())
        fail(source_, node->span, "this clause is given twice for the same events");
      clauses.push_back(role);
      children.push_back(std::move(node));
    };
    add(Clause::kHead, std::move(head));
    while (clause_follows()) {
      const std::string word = take().text;
      if (word == "where") {
        add(Clause::kWhere, parse_or());
      } else if (word == "before") {
        add(Clause::kBefore, parse_sum());
      } else if (word == "after") {
        add(Clause::kAfter, parse_sum());
      } else if (word == "between") {
        add(Clause::kFrom, parse_sum());
        if (!accept_word("and")) unexpected("'and' and the second time of 'between'");
        add(Clause::kUntil, parse_sum());
      } else {
        add(Clause::kWithin, parse_sum());
        if (accept_word("of")) add(Clause::kOf, parse_sum());
      }
    }
    const std::size_t end = children.back()->span.end;
    NodePtr node = make(NodeKind::kQuery, {begin, end}, "", std::move(children));
    node->clauses = std::move(clauses);
    return node;
  }

  const Source& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};
}  // namespace

Expression parse_expression(std::string text, std::string where) {
  Expression expression;
  expression.source = {std::move(text), std::move(where)};
  expression.root = Parser(expression.source).run();
  return expression;
}

}  // namespace reelcell::label
