#include "internal/scan.hpp"

#include <cstring>

namespace reelcell::readers::jsonl {

void Wanted::add(const Path& path, int slot) {
  int at = 0;
  const auto fresh = [this] {
    nodes_.emplace_back();
    return static_cast<int>(nodes_.size()) - 1;
  };
  for (const Step& step : path) {
    int next = kNone;
    if (step.is_index) {
      if (node(at).elements.size() <= step.index)
        nodes_[static_cast<std::size_t>(at)].elements.resize(step.index + 1, kNone);
      next = node(at).elements[step.index];
      if (next == kNone) {
        next = fresh();
        nodes_[static_cast<std::size_t>(at)].elements[step.index] = next;
      }
    } else {
      for (const auto& [key, child] : node(at).keys)
        if (key == step.key) next = child;
      if (next == kNone) {
        next = fresh();
        nodes_[static_cast<std::size_t>(at)].keys.emplace_back(step.key, next);
      }
    }
    at = next;
  }
  nodes_[static_cast<std::size_t>(at)].slots.push_back(slot);
}

bool Scanner::string(std::string_view* text) {
  if (at_ == end_ || *at_ != '"') return false;
  const char* const start = ++at_;
  for (;;) {
    const void* hit =
        at_ < end_ ? std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)) : nullptr;
    if (!hit) return false;
    at_ = static_cast<const char*>(hit);
    const char* slash = at_;
    while (slash > start && slash[-1] == '\\') --slash;
    const bool escaped = (at_ - slash) % 2 == 1;
    ++at_;
    if (!escaped) break;
  }
  *text = {start, static_cast<std::size_t>(at_ - 1 - start)};
  return true;
}

std::string_view Scanner::unescaped(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  const Json parsed =
      Json::parse("\"" + std::string(raw) + "\"", nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_string()) return raw;
  scratch_ = parsed.get<std::string>();
  return scratch_;
}

bool Scanner::scalar(std::string_view* text, Token* token) {
  if (*at_ == '"') {
    std::string_view raw;
    if (!string(&raw)) return false;
    *text = unescaped(raw);
    *token = Token::kString;
    return true;
  }
  const char* const start = at_;
  while (at_ < end_ && *at_ != ',' && *at_ != '}' && *at_ != ']' && *at_ != ' ' && *at_ != '\t' &&
         *at_ != '\r' && *at_ != '\n' && *at_ != ':' && *at_ != '"')
    ++at_;
  *text = {start, static_cast<std::size_t>(at_ - start)};
  if (*text == "true")
    *token = Token::kTrue;
  else if (*text == "false")
    *token = Token::kFalse;
  else if (*text == "null")
    *token = Token::kNull;
  else
    *token = Token::kNumber;  // also NaN and Infinity as Python writes them; the caller parses
  return !text->empty();
}

bool Scanner::skip() {
  blanks();
  if (at_ == end_) return false;
  if (*at_ == '{' || *at_ == '[') return skip_container();
  std::string_view text;
  if (*at_ == '"') return string(&text);
  Token token = Token::kNull;
  return scalar(&text, &token);
}

/// Without recursion: brackets are counted, not matched in kind.
bool Scanner::skip_container() {
  std::size_t depth = 0;
  std::string_view text;
  while (at_ < end_) {
    switch (*at_) {
      case '"':
        if (!string(&text)) return false;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) {
          ++at_;
          return true;
        }
        break;
      default:
        break;
    }
    ++at_;
  }
  return false;
}

}  // namespace reelcell::readers::jsonl
