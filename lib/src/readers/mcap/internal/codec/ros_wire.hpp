// ROS 1 serialization (packed, little-endian) and CDR (OMG DDSI-RTPS 10: aligned, either byte
// order).
#pragma once

#include <cstdint>

#include "ros_schema.hpp"
#include "wire.hpp"

namespace reelcell::readers::mcap {

/// A bounds-checked position in one message. Every take_* returns false (or nullptr) when the
/// message is too short.
template <bool kCdr>
struct Wire {
  const std::uint8_t* origin = nullptr;  ///< alignment counts from here
  const std::uint8_t* at = nullptr;
  const std::uint8_t* end = nullptr;
  bool swap = false;

  std::uint64_t left() const { return static_cast<std::uint64_t>(end - at); }

  /// Aligned start of `bytes` bytes, which are passed over. `alignment` is a power of two.
  const std::uint8_t* take(std::uint64_t bytes, std::size_t alignment) {
    const std::uint8_t* from = at;
    if constexpr (kCdr) {
      const std::size_t gap = (0 - static_cast<std::size_t>(at - origin)) & (alignment - 1);
      if (gap > left()) return nullptr;
      from += gap;
    }
    if (bytes > static_cast<std::uint64_t>(end - from)) return nullptr;
    at = from + bytes;
    return from;
  }
  bool take_count(std::uint32_t* count) {
    const std::uint8_t* from = take(4, 4);
    if (!from) return false;
    *count = swap ? load_one<std::uint32_t, true>(from) : load_one<std::uint32_t, false>(from);
    return true;
  }
  /// A CDR string's length counts its closing NUL.
  bool take_text(std::string_view* text) {
    std::uint32_t size = 0;
    if (!take_count(&size)) return false;
    const std::uint8_t* from = take(size, 1);
    if (!from) return false;
    if (kCdr && size > 0 && from[size - 1] == 0) --size;
    *text = {reinterpret_cast<const char*>(from), size};
    return true;
  }
};

/// Alignment in CDR (XCDR1): the size of the primitive; a time is two 4-byte numbers.
constexpr std::size_t alignment_of(Prim prim, std::size_t size) {
  return prim == Prim::kTime || prim == Prim::kDuration ? 4 : size;
}

/// What is wrong with the encapsulation header of a CDR message, or nullptr.
const char* encapsulation_problem(ByteView message);

/// Points `wire` at the fields; false when encapsulation_problem() has something to say.
template <bool kCdr>
bool start_message(ByteView message, const CodecOptions& options, Wire<kCdr>* wire) {
  wire->origin = wire->at = message.data();
  wire->end = message.data() + message.size();
  wire->swap = false;
  if constexpr (kCdr) {
    if (encapsulation_problem(message)) return false;
    wire->at = message.data() + 4;
    wire->origin = options.cdr_align_from_message ? message.data() : wire->at;
    wire->swap = options.cdr_byte_order == ByteOrder::kStated
                     ? message[1] == 0
                     : options.cdr_byte_order == ByteOrder::kBig;
  }
  return true;
}

/// What a step does with its `n` values: `n` is `count`, or read from the message when `dynamic`.
struct RosStep {
  enum class Op : std::uint8_t {
    kNumbers,  ///< load all into a column
    kPicks,    ///< load some elements into columns
    kSkip,     ///< pass over numbers
    kText,     ///< strings into a column
    kTextPicks,
    kSkipText,
    kBlob,  ///< the bytes themselves
    kSkipStructs,
    kOpenStructs,  ///< an array of structs whose elements follow
    kElement,      ///< one of them; jumps to `jump` when the array is shorter
    kSkipElement,
    kCloseStructs,  ///< pass over the elements that have no column
  };
  Op op = Op::kSkip;
  bool dynamic = false;
  bool exact = false;
  std::uint8_t size = 1;  ///< bytes of one value
  std::uint8_t align = 1;
  std::uint32_t count = 1;
  std::int32_t column = -1;
  std::uint32_t slot = 0;  ///< kOpenStructs..kCloseStructs: where the array's length is kept
  std::uint32_t jump = 0;  ///< kElement
  std::int32_t structure = -1;
  std::uint32_t extra = 0;  ///< picks, or the columns of an element: range in RosProgram::lists
  std::uint32_t extra_end = 0;
  std::uint32_t label = 0;
  LoadFn load[2] = {nullptr, nullptr};  ///< little-endian, big-endian
};

/// Value `index` of an array goes to `element` of a column.
struct PickTarget {
  std::uint32_t index = 0;
  std::int32_t column = -1;
  std::uint32_t element = 0;
};

struct RosProgram {
  std::vector<RosStep> steps;
  std::vector<std::vector<RosStep>> skip;  ///< one a struct: passes over it
  std::vector<std::uint64_t> min_size;     ///< one a struct
  std::vector<PickTarget> lists;
  std::vector<std::string> labels = {""};  ///< paths, for messages; 0 is none
  std::uint32_t slots = 0;
};
RosProgram compile_ros(const RosSchema& schema, const Node& tree,
                       const std::vector<ColumnTarget::Store>& stores, bool ros1);

std::unique_ptr<RowDecoder> make_cdr_decoder(RosProgram program, const CodecOptions& options);
std::unique_ptr<RowDecoder> make_ros1_decoder(RosProgram program);

}  // namespace reelcell::readers::mcap
