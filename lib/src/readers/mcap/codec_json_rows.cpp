// JSON messages straight into columns.
#include <cmath>

#include "internal/codec/json_rows.hpp"
#include "internal/codec/json_scanner.hpp"
#include "internal/codec/wire.hpp"

namespace reelcell::readers::mcap {
namespace {

class JsonDecoder final : public RowDecoder {
 public:
  JsonDecoder(Node tree, const std::vector<ColumnTarget::Store>& stores)
      : tree_(std::move(tree)), seen_(stores.size()) {
    for (std::size_t i = 0; i < stores.size(); ++i)
      if (stores[i] == ColumnTarget::Store::kInteger) integers_.push_back(i);
  }

  DecodeStatus decode(ByteView message, RowSink& sink) override {
    sink_ = &sink;
    status_ = DecodeStatus::kOk;
    ++row_;
    for (const ColumnTarget& column : sink.columns)
      for (std::size_t i = 0; i < column.width; ++i) put_missing(column, sink.row, i);
    JsonScanner scan(as_text(message));
    const bool bare = scan.peek() != '{';
    const bool read = bare ? bare_value(scan) : object(tree_, scan);
    if (!read || !scan.done()) return status_ = DecodeStatus::kMalformed;
    if (status_ != DecodeStatus::kOk) return status_;
    for (const std::size_t column : integers_)
      if (seen_[column] != row_) return missing(column);
    return DecodeStatus::kOk;
  }

  std::string problem() const override {
    switch (status_) {
      case DecodeStatus::kMalformed:
        return "the message is not a whole JSON value";
      case DecodeStatus::kLength:
        return uneven_text(place_, found_, expected_);
      default:
        return "integer '" + path_of(tree_, static_cast<std::int32_t>(missing_)) +
               "' is absent or no integer";
    }
  }

 private:
  DecodeStatus missing(std::size_t column) {
    missing_ = column;
    return status_ = DecodeStatus::kMissing;
  }

  static std::string path_of(const Node& node, std::int32_t column) {
    if (node.column == column) return node.name;
    for (const Pick& pick : node.picks)
      if (pick.column == column) return node.name + "[" + std::to_string(pick.index) + "]";
    for (const Node& child : node.children)
      if (const std::string below = child.used ? path_of(child, column) : ""; !below.empty())
        return node.name.empty() ? below : node.name + "." + below;
    return "";
  }

  bool bare_value(JsonScanner& scan) {
    if (tree_.children.size() == 1 && tree_.children[0].name == kBareJson && tree_.children[0].used)
      return value(tree_.children[0], scan);
    return scan.skip();
  }

  bool value(const Node& node, JsonScanner& scan) {
    switch (node.kind) {
      case Node::Kind::kStruct:
        return scan.peek() == '{' ? object(node, scan) : scan.skip();
      case Node::Kind::kScalar:
        return node.children.empty() ? scalar(node.column, 0, scan) : time(node, scan);
      case Node::Kind::kArray:
      case Node::Kind::kStructArray:
        return scan.peek() == '[' ? array(node, scan) : scan.skip();
    }
    return false;
  }

  /// Keys mostly come in the same order in every message, so the next expected one is tried first.
  const Node* child_named(const Node& node, std::string_view key, std::size_t* expected) const {
    const std::size_t count = node.children.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
      const std::size_t i =
          *expected + tried < count ? *expected + tried : *expected + tried - count;
      if (node.children[i].name != key) continue;
      *expected = i + 1 < count ? i + 1 : 0;
      return &node.children[i];
    }
    return nullptr;
  }

  bool object(const Node& node, JsonScanner& scan) {
    scan.accept('{');
    if (scan.accept('}')) return true;
    std::size_t expected = 0;
    do {
      std::string_view key;
      bool escaped = false;
      if (!scan.string(&key, &escaped) || !scan.accept(':')) return false;
      if (escaped) {
        if (!unescape_json(key, &scratch_)) return false;
        key = scratch_;
      }
      const Node* child = child_named(node, key, &expected);
      if (!(child && child->used ? value(*child, scan) : scan.skip())) return false;
    } while (scan.accept(','));
    return scan.accept('}');
  }

  bool scalar(std::int32_t column, std::size_t element, JsonScanner& scan) {
    const ColumnTarget& target = sink_->columns[static_cast<std::size_t>(column)];
    const char c = scan.peek();
    if (target.store == ColumnTarget::Store::kText || target.store == ColumnTarget::Store::kBlob)
      return c == '"' ? text(target, element, scan) : scan.skip();
    JsonNumber number;
    if (c == 't' || c == 'f') {
      if (!scan.literal("true") && !scan.literal("false")) return false;
      number.integer = c == 't';
      number.number = static_cast<double>(number.integer);
      number.is_integer = true;
    } else if (c == '"' || c == '{' || c == '[' || c == 'n') {
      if (target.store == ColumnTarget::Store::kInteger) missing(static_cast<std::size_t>(column));
      return scan.skip();  // null, or of another type than its column: missing
    } else if (!scan.number(&number)) {
      return false;
    }
    put(target, static_cast<std::size_t>(column), element, number);
    return true;
  }

  void put(const ColumnTarget& target, std::size_t column, std::size_t element,
           const JsonNumber& number) {
    if (target.store == ColumnTarget::Store::kNumber) {
      *target.at<double>(sink_->row, element) = number.number;
      return;
    }
    std::int64_t whole = number.integer;
    if (!number.is_integer) {  // 1.0 and 1e3 are integers too
      if (!(std::abs(number.number) < 9.2e18) || number.number != std::floor(number.number)) {
        missing(column);
        return;
      }
      whole = static_cast<std::int64_t>(number.number);
    }
    *target.at<std::int64_t>(sink_->row, element) = whole;
    seen_[column] = row_;
  }

  bool text(const ColumnTarget& target, std::size_t element, JsonScanner& scan) {
    std::string_view raw;
    bool escaped = false;
    if (!scan.string(&raw, &escaped)) return false;
    if (target.store == ColumnTarget::Store::kBlob) {
      *target.at<ByteView>(sink_->row, element) = as_bytes(raw);
      return true;
    }
    std::string* out = target.at<std::string>(sink_->row, element);
    if (!escaped) out->assign(raw);
    return !escaped || unescape_json(raw, out);
  }

  /// {"sec": 1, "nsec": 2}: both parts must be there.
  bool time(const Node& node, JsonScanner& scan) {
    if (scan.peek() != '{') return scan.skip();
    scan.accept('{');
    if (scan.accept('}')) return true;
    std::int64_t seconds = 0, nanos = 0;
    int parts = 0;
    do {
      std::string_view key;
      bool escaped = false;
      JsonNumber number;
      if (!scan.string(&key, &escaped) || !scan.accept(':')) return false;
      const char c = scan.peek();
      if (c != '-' && (c < '0' || c > '9')) {
        if (!scan.skip()) return false;
        continue;
      }
      if (!scan.number(&number)) return false;
      if (!number.is_integer || (key != node.children[0].name && key != node.children[1].name))
        continue;
      (key.starts_with("sec") ? seconds : nanos) = number.integer;
      ++parts;
    } while (scan.accept(','));
    if (!scan.accept('}')) return false;
    if (parts != 2) return true;
    JsonNumber joined;
    joined.integer = join_time(seconds, nanos);
    joined.number = static_cast<double>(joined.integer);
    joined.is_integer = true;
    const ColumnTarget& target = sink_->columns[static_cast<std::size_t>(node.column)];
    put(target, static_cast<std::size_t>(node.column), 0, joined);
    return true;
  }

  bool array(const Node& node, JsonScanner& scan) {
    scan.accept('[');
    std::uint32_t n = 0;
    if (!scan.accept(']')) {
      do {
        if (!element(node, n++, scan)) return false;
      } while (scan.accept(','));
      if (!scan.accept(']')) return false;
    }
    if (node.exact && n != node.length) uneven(node, n);
    return true;
  }

  /// What is missing was written as missing before.
  void uneven(const Node& node, std::uint32_t n) {
    const bool exact =
        node.column >= 0 && sink_->columns[static_cast<std::size_t>(node.column)].exact;
    if (!exact) return count_uneven(node.name, n, node.length);
    if (status_ != DecodeStatus::kOk) return;
    status_ = DecodeStatus::kLength;
    place_ = node.name;
    found_ = n;
    expected_ = node.length;
  }

  bool element(const Node& node, std::uint32_t i, JsonScanner& scan) {
    if (node.kind == Node::Kind::kStructArray)
      return i < node.children.size() && node.children[i].used ? value(node.children[i], scan)
                                                               : scan.skip();
    if (node.column >= 0 && i < node.length) {
      JsonScanner again = scan;
      if (!scalar(node.column, i, scan)) return false;
      for (const Pick& pick : node.picks)
        if (pick.index == i && !scalar(pick.column, 0, JsonScanner(again))) return false;
      return true;
    }
    for (const Pick& pick : node.picks)
      if (pick.index == i) return scalar(pick.column, 0, scan);
    return scan.skip();
  }
  bool scalar(std::int32_t column, std::size_t element, JsonScanner&& scan) {
    return scalar(column, element, scan);
  }

  Node tree_;
  std::vector<std::uint64_t> seen_;  ///< the row in which an integer column was last written
  std::vector<std::size_t> integers_;
  std::uint64_t row_ = 0;
  RowSink* sink_ = nullptr;
  std::string scratch_, place_;
  std::size_t missing_ = 0;
  std::uint32_t found_ = 0, expected_ = 0;
  DecodeStatus status_ = DecodeStatus::kOk;
};
}  // namespace

std::unique_ptr<RowDecoder> make_json_decoder(const Node& tree,
                                              const std::vector<ColumnTarget::Store>& stores) {
  return std::make_unique<JsonDecoder>(tree, stores);
}

}  // namespace reelcell::readers::mcap
