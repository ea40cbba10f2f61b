#include "internal/codec/ros_schema.hpp"

#include <limits>
#include <optional>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {

std::size_t wire_size(Prim prim) {
  switch (prim) {
    case Prim::kBool:
    case Prim::kInt8:
    case Prim::kUInt8:
    case Prim::kBytes:
      return 1;
    case Prim::kInt16:
    case Prim::kUInt16:
      return 2;
    case Prim::kInt32:
    case Prim::kUInt32:
    case Prim::kFloat32:
    case Prim::kString:
      return 4;
    case Prim::kInt64:
    case Prim::kUInt64:
    case Prim::kFloat64:
    case Prim::kTime:
    case Prim::kDuration:
      return 8;
  }
  return 8;
}

namespace {

constexpr int kMaxDepth = 64;

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() - b
             ? std::numeric_limits<std::uint64_t>::max()
             : a + b;
}
std::uint64_t saturating_mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::uint64_t>::max()
                                                : product;
}

class Linker {
 public:
  Linker(const std::vector<RawStruct>& raw, RosDialect dialect, const TypeResolver& resolve)
      : raw_(raw), dialect_(dialect), resolve_(resolve), index_(raw.size(), kUnvisited) {}

  int link(std::size_t at, int depth) {
    if (index_[at] >= 0) return index_[at];
    if (index_[at] == kOpen) throw InputError("type '" + raw_[at].name + "' contains itself");
    if (depth > kMaxDepth)
      throw InputError("types are nested deeper than " + std::to_string(kMaxDepth));
    index_[at] = kOpen;
    const int own = static_cast<int>(schema.structs.size());
    schema.structs.push_back({raw_[at].name, {}, 0});
    RosStruct made{raw_[at].name, {}, 0};
    for (const RawField& raw : raw_[at].fields) made.fields.push_back(field(raw, raw_[at], depth));
    // rosidl gives an empty ROS 2 message one hidden byte, since C structs cannot be empty.
    if (made.fields.empty() && dialect_ == RosDialect::kRos2 && depth > 0) {
      RosField hidden;
      hidden.name = "structure_needs_at_least_one_member";
      hidden.prim = Prim::kBytes;
      hidden.array = RosField::Array::kFixed;
      hidden.length = 1;
      made.fields.push_back(hidden);
    }
    for (const RosField& f : made.fields)
      made.min_size = saturating_add(made.min_size, min_size(f));
    schema.structs[static_cast<std::size_t>(own)] = std::move(made);
    return index_[at] = own;
  }

  RosSchema schema;

 private:
  static constexpr int kUnvisited = -1, kOpen = -2;

  RosField field(const RawField& raw, const RawStruct& owner, int depth) {
    RosField made;
    made.name = raw.name;
    made.array = raw.array;
    made.length = raw.length;
    const int target = resolve_(raw.type, owner, &made.prim);
    if (target >= 0) made.structure = link(static_cast<std::size_t>(target), depth + 1);
    return made;
  }

  std::uint64_t min_size(const RosField& f) const {
    if (f.array == RosField::Array::kSequence) return 4;
    const std::uint64_t one = f.structure >= 0
                                  ? schema.structs[static_cast<std::size_t>(f.structure)].min_size
                                  : wire_size(f.prim);
    return f.array == RosField::Array::kFixed ? saturating_mul(one, f.length) : one;
  }

  const std::vector<RawStruct>& raw_;
  RosDialect dialect_;
  const TypeResolver& resolve_;
  std::vector<int> index_;
};

}  // namespace

RosSchema link_structs(const std::vector<RawStruct>& raw, std::size_t root, RosDialect dialect,
                       const TypeResolver& resolve) {
  Linker linker(raw, dialect, resolve);
  linker.link(root, 0);
  return std::move(linker.schema);
}

}  // namespace reelcell::readers::mcap
