// JSON that is larger than memory should be: written value by value, kept aside in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reelcell/base/json.hpp"
#include "reelcell/base/spill_file.hpp"

namespace reelcell {

/// Writes one document in the very bytes that dump_json gives for the whole of it; holds one value
/// at a time. What `write` throws comes through.
class JsonStream {
 public:
  using Write = std::function<void(std::string_view)>;
  explicit JsonStream(Write write) : write_(std::move(write)) {}
  void begin_object() { begin('{', '}'); }
  void begin_array() { begin('[', ']'); }
  /// Of the next value in an object.
  void key(std::string_view name);
  void value(const Json& json);
  void member(std::string_view name, const Json& json) {
    key(name);
    value(json);
  }
  /// Every member of an object, into the open one.
  void members(const Json& object);
  /// Ends the innermost object or array; the outermost is followed by a newline.
  void end();

 private:
  struct Level {
    char close;
    bool any = false;
  };
  void begin(char open, char close);
  void before_item();
  Write write_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

/// JSON values in an unlinked temporary file (in TMPDIR), in order. For one thread at a time.
/// Throws OutputError when the file cannot be made, written or read back.
class JsonSpool {
 public:
  void add(const Json& json);
  /// Calls `take(value, its size in the file)`.
  void for_each(const std::function<void(Json&&, std::uint64_t)>& take) const;
  std::uint64_t size() const { return count_; }

 private:
  std::unique_ptr<SpillFile> file_;  ///< made with the first value
  std::uint64_t count_ = 0;
};

}  // namespace reelcell
