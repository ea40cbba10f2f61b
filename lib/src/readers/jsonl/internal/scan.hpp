// One pass over a JSON record that stops only at the values that are wanted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "paths.hpp"

namespace reelcell::readers::jsonl {

enum class Token { kNumber, kString, kTrue, kFalse, kNull, kContainer };

/// The wanted paths as a tree. Each has a slot number of the caller's.
class Wanted {
 public:
  static constexpr int kNone = -1;
  struct Node {
    std::vector<std::pair<std::string, int>> keys;  ///< object members -> node
    std::vector<int> elements;                      ///< array elements -> node or kNone
    std::vector<int> slots;
  };
  Wanted() : nodes_(1) {}
  void add(const Path& path, int slot);
  const Node& node(int index) const { return nodes_[static_cast<std::size_t>(index)]; }

 private:
  std::vector<Node> nodes_;
};

/// Calls leaf(slot, Token, text) for each wanted value in the order of the record; `text` is a
/// number's or string's own text (escapes resolved) and valid during the call.
/// Values that are not wanted are skipped and only checked for their brackets and quotes.
/// The object's nesting cannot exhaust the stack: only wanted levels recurse.
class Scanner {
 public:
  explicit Scanner(const Wanted& wanted) : wanted_(&wanted) {}
  /// False when the line is not one whole object.
  template <class Leaf>
  bool scan(std::string_view line, Leaf&& leaf) {
    at_ = line.data();
    end_ = at_ + line.size();
    blanks();
    if (at_ == end_ || *at_ != '{' || !object(0, leaf)) return false;
    blanks();
    return at_ == end_;
  }

 private:
  void blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool string(std::string_view* text);  ///< raw: what stands between the quotes
  bool scalar(std::string_view* text, Token* token);
  bool skip();
  bool skip_container();
  std::string_view unescaped(std::string_view raw);

  template <class Leaf>
  bool object(int node_index, Leaf& leaf) {
    const Wanted::Node& node = wanted_->node(node_index);
    ++at_;
    if (take('}')) return true;
    std::size_t expected = 0;  // records repeat their order of keys
    for (;;) {
      std::string_view key;
      blanks();
      if (!string(&key) || !take(':')) return false;
      int child = Wanted::kNone;
      const std::size_t count = node.keys.size();
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t k = expected + i < count ? expected + i : expected + i - count;
        if (node.keys[k].first != key) continue;
        child = node.keys[k].second;
        expected = k + 1 < count ? k + 1 : 0;
        break;
      }
      if (!(child == Wanted::kNone ? skip() : value(child, leaf))) return false;
      if (take('}')) return true;
      if (!take(',')) return false;
    }
  }

  template <class Leaf>
  bool array(int node_index, Leaf& leaf) {
    const Wanted::Node& node = wanted_->node(node_index);
    ++at_;
    if (take(']')) return true;
    for (std::size_t i = 0;; ++i) {
      const int child = i < node.elements.size() ? node.elements[i] : Wanted::kNone;
      if (!(child == Wanted::kNone ? skip() : value(child, leaf))) return false;
      if (take(']')) return true;
      if (!take(',')) return false;
    }
  }

  template <class Leaf>
  bool value(int node_index, Leaf& leaf) {
    const Wanted::Node& node = wanted_->node(node_index);
    blanks();
    if (at_ == end_) return false;
    if (*at_ == '{' || *at_ == '[') {
      const char* const start = at_;
      if (!node.slots.empty()) {
        const char* const resume = at_;
        if (!skip_container()) return false;
        const std::string_view text(start, static_cast<std::size_t>(at_ - start));
        for (const int slot : node.slots) leaf(slot, Token::kContainer, text);
        at_ = resume;
      }
      if (*at_ == '{' && !node.keys.empty()) return object(node_index, leaf);
      if (*at_ == '[' && !node.elements.empty()) return array(node_index, leaf);
      return skip_container();
    }
    std::string_view text;
    Token token = Token::kNull;
    if (!scalar(&text, &token)) return false;
    for (const int slot : node.slots) leaf(slot, token, text);
    return true;
  }

  const Wanted* wanted_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string scratch_;
};

}  // namespace reelcell::readers::jsonl
