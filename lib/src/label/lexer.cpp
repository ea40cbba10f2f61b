#include "internal/lexer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "reelcell/base/units.hpp"

namespace reelcell::label {
namespace {
constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;
constexpr std::string_view kKeywords[] = {"and",   "or",     "not",   "in",      "is",
                                          "as",    "true",   "false", "where",   "before",
                                          "after", "within", "of",    "between", "unknown"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {}

  std::vector<Token> run() {
    if (text_.size() > kMaxBytes)
      fail(source_, {0, 1},
           "an expression of " + std::to_string(text_.size()) + " bytes; at most " +
               std::to_string(kMaxBytes) + " are read. Split it into labels that use one another");
    for (skip_space(); at_ < text_.size(); skip_space())
      tokens_.push_back(unit_is_due() ? unit_after_as() : next());
    tokens_.push_back({TokenKind::kEnd, "", {}, {text_.size(), text_.size()}, {}});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
      ++at_;
  }
  Token token(TokenKind kind, std::size_t begin, std::string text) const {
    return {kind, std::move(text), {}, {begin, at_}, {}};
  }

  /// Is a value (not an operator) due here? Decides whether "/x" begins a topic or divides.
  bool value_is_due() const {
    if (tokens_.empty()) return true;
    const Token& last = tokens_.back();
    if (last.kind == TokenKind::kSymbol) return last.text != ")" && last.text != "]";
    return last.kind == TokenKind::kName && !after_dot() && is_keyword(last.text) &&
           last.text != "true" && last.text != "false" && last.text != "unknown";
  }

  bool after_dot() const {
    return tokens_.size() > 1 && tokens_[tokens_.size() - 2].is_symbol(".");
  }
  bool unit_is_due() const {
    return !tokens_.empty() && tokens_.back().is_name("as") && !after_dot();
  }

  Token next() {
    const std::size_t begin = at_;
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (is_word_start(c)) return word();
    if (c == '\'' || c == '"') return quoted(c, TokenKind::kString);
    if (c == '`') return quoted(c, TokenKind::kQuoted);
    if (c == '/' && is_word_start(peek(1)) && value_is_due()) {
      ++at_;
      while (is_word(peek()) || (peek() == '/' && is_word(peek(1)))) ++at_;
      return token(TokenKind::kTopic, begin, std::string(text_.substr(begin, at_ - begin)));
    }
    return symbol();
  }

  Token word() {
    const std::size_t begin = at_;
    while (is_word(peek())) ++at_;
    return token(TokenKind::kName, begin, std::string(text_.substr(begin, at_ - begin)));
  }

  Token symbol() {
    const std::size_t begin = at_;
    for (const std::string_view two : {"==", "!=", "<=", ">="})
      if (text_.substr(at_, 2) == two) {
        at_ += 2;
        return token(TokenKind::kSymbol, begin, std::string(two));
      }
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("&&")) wrong(2, "'&&' is not an operator here; write 'and'");
    if (rest.starts_with("||")) wrong(2, "'||' is not an operator here; write 'or'");
    if (rest.starts_with("!")) wrong(1, "'!' is not an operator here; write 'not'");
    if (rest.starts_with("=")) wrong(1, "'=' does not compare; write '=='");
    constexpr std::string_view kSingle = "()[].,+-*/<>";
    if (kSingle.find(peek()) == std::string_view::npos)
      wrong(1,
            "this character has no meaning in an expression; names with odd characters go in "
            "backquotes, texts in single quotes");
    ++at_;
    return token(TokenKind::kSymbol, begin, std::string(1, text_[begin]));
  }
  [[noreturn]] void wrong(std::size_t length, const std::string& message) const {
    fail(source_, {at_, at_ + length}, message);
  }

  Token quoted(char quote, TokenKind kind) {
    const std::size_t begin = at_++;
    std::string text;
    while (at_ < text_.size() && peek() != quote) {
      char c = peek();
      if (c == '\\' && kind == TokenKind::kString) {
        ++at_;
        c = peek();
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c != '\\' && c != '\'' && c != '"')
          wrong(1, "unknown escape in a text; known are \\\\ \\' \\\" \\n \\t");
      }
      text += c;
      ++at_;
    }
    if (at_ >= text_.size())
      fail(source_, {begin, begin + 1},
           std::string("this quote is never closed; expected another ") + quote);
    ++at_;
    if (text.empty() && kind == TokenKind::kQuoted)
      fail(source_, {begin, at_}, "an empty name; expected the name of a stream or column");
    return token(kind, begin, text);
  }

  Token number() {
    const std::size_t begin = at_;
    bool whole = true;
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      whole = false;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
      whole = false;
      at_ += sign;
      while (is_digit(peek())) ++at_;
    }
    Token result = token(TokenKind::kNumber, begin, "");
    result.value = parse_value(begin, whole);
    const std::size_t after_number = at_;
    while (peek() == ' ' || peek() == '\t') ++at_;
    const std::size_t unit_begin = at_;
    if (!read_unit()) {
      at_ = after_number;
      return result;
    }
    result.unit_span = {unit_begin, at_};
    result.text = std::string(text_.substr(unit_begin, at_ - unit_begin));
    result.span.end = at_;
    return result;
  }

  Value parse_value(std::size_t begin, bool whole) const {
    const char* first = text_.data() + begin;
    const char* last = text_.data() + at_;
    std::int64_t integer = 0;
    if (whole && std::from_chars(first, last, integer).ec == std::errc{}) return integer;
    double real = 0;
    const auto [stop, error] = std::from_chars(first, last, real);
    if (error != std::errc{} || !std::isfinite(real))
      fail(source_, {begin, at_}, "this number is too large or too small to be held");
    return real;
  }

  bool at_unit_name() const {
    // Degree and micro signs are two-byte UTF-8 sequences.
    return is_word_start(peek()) || text_.substr(at_, 2) == "°" || text_.substr(at_, 2) == "µ";
  }
  void read_unit_name() {
    if (!is_word_start(peek())) at_ += 2;
    while (is_word(peek())) ++at_;
    if (peek() == '^' && (is_digit(peek(1)) || (peek(1) == '-' && is_digit(peek(2))))) {
      at_ += 2;
      while (is_digit(peek())) ++at_;
    }
  }
  /// Moves past "rad/s" or "%" when one begins here. A keyword is no unit: "3 and .." is not 3
  /// ands.
  bool read_unit() {
    if (peek() == '%') {
      ++at_;
      return true;
    }
    if (!at_unit_name()) return false;
    const std::size_t begin = at_;
    read_unit_name();
    if (is_keyword(text_.substr(begin, at_ - begin))) {
      at_ = begin;
      return false;
    }
    while ((peek() == '*' || peek() == '/')) {
      const std::size_t here = at_++;
      if (!at_unit_name()) {
        at_ = here;
        break;
      }
      read_unit_name();
    }
    return true;
  }

  /// The unit after `as`: may begin with "1/".
  Token unit_after_as() {
    const std::size_t begin = at_;
    if (peek() == '1') {
      ++at_;
      while (peek() == '/' || peek() == '*') {
        ++at_;
        if (at_unit_name()) read_unit_name();
      }
    } else if (!read_unit()) {
      fail(source_, {at_, at_ + 1}, "expected a unit after 'as', such as 'rad/s'");
    }
    return token(TokenKind::kUnit, begin, std::string(text_.substr(begin, at_ - begin)));
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};
}  // namespace

bool is_keyword(std::string_view word) {
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

std::vector<Token> tokenize(const Source& source) { return Lexer(source).run(); }

}  // namespace reelcell::label
