// Protobuf messages: descriptor sets and samples through libprotobuf.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <map>
#include <mutex>
#include <set>

#include "internal/codec/protobuf_rows.hpp"
#include "internal/codec/wire.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

namespace pb = google::protobuf;

constexpr int kMaxDepth = 32;

// ---- descriptors ----

class ErrorText final : public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(const std::string& file, const std::string& element, const pb::Message*,
                ErrorLocation, const std::string& message) override {
    if (text.empty()) text = file + ": " + element + ": " + message;
  }
  std::string text;
};

/// Adds a file after those it imports: writers do not keep to an order.
class PoolBuilder {
 public:
  PoolBuilder(const pb::FileDescriptorSet& set, pb::DescriptorPool& pool) : pool_(pool) {
    for (const auto& file : set.file()) files_.emplace(file.name(), &file);
  }
  void build() {
    for (const auto& [name, file] : files_) add(*file, 0);
  }

 private:
  void add(const pb::FileDescriptorProto& file, int depth) {
    if (pool_.FindFileByName(file.name())) return;
    if (depth > 256 || !open_.insert(file.name()).second)
      throw InputError("schema file '" + file.name() + "' imports itself");
    for (const std::string& import : file.dependency()) {
      const auto found = files_.find(import);
      if (found == files_.end())
        throw InputError("the descriptor set lacks '" + import + "', which '" + file.name() +
                         "' imports");
      add(*found->second, depth + 1);
    }
    ErrorText errors;
    if (!pool_.BuildFileCollectingErrors(file, &errors))
      throw InputError("bad descriptor: " + errors.text);
  }

  pb::DescriptorPool& pool_;
  std::map<std::string, const pb::FileDescriptorProto*> files_;
  std::set<std::string> open_;
};

Prim prim_of(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
    case pb::FieldDescriptor::CPPTYPE_ENUM:
      return Prim::kInt32;
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return Prim::kInt64;
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return Prim::kUInt32;
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return Prim::kUInt64;
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return Prim::kFloat64;
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return Prim::kFloat32;
    case pb::FieldDescriptor::CPPTYPE_BOOL:
      return Prim::kBool;
    default:
      break;
  }
  if (field.type() == pb::FieldDescriptor::TYPE_STRING) return Prim::kString;
  if (field.type() == pb::FieldDescriptor::TYPE_BYTES) return Prim::kBytes;
  return field.message_type()->full_name() == "google.protobuf.Duration" ? Prim::kDuration
                                                                         : Prim::kTime;
}

/// Groups are deprecated, maps have no order: neither gives columns.
bool is_read(const pb::FieldDescriptor& field) {
  return field.type() != pb::FieldDescriptor::TYPE_GROUP && !field.is_map();
}

class TreeBuilder {
 public:
  /// Types that contain themselves stop where they would repeat.
  Node message(const pb::Descriptor& type) {
    Node node;
    node.kind = Node::Kind::kStruct;
    open_.insert(&type);
    for (int i = 0; i < type.field_count(); ++i) {
      const pb::FieldDescriptor& field = *type.field(i);
      const bool nested =
          field.type() == pb::FieldDescriptor::TYPE_MESSAGE && !is_protobuf_time(field);
      if (!is_read(field) ||
          (nested && (open_.contains(field.message_type()) || open_.size() > kMaxDepth)))
        continue;
      if (++nodes_ > kMaxNodes)
        throw InputError("the schema has more than " + std::to_string(kMaxNodes) + " fields");
      Node child;
      if (nested && !field.is_repeated()) child = message(*field.message_type());
      child.name = field.name();
      child.number = field.number();
      if (field.is_repeated()) {
        child.kind = nested ? Node::Kind::kStructArray : Node::Kind::kArray;
        child.dynamic = true;
      }
      if (!nested) child.prim = prim_of(field);
      child.implicit_zero =
          !nested && !is_protobuf_time(field) && !field.is_repeated() && !field.has_presence();
      node.children.push_back(std::move(child));
    }
    open_.erase(&type);
    return node;
  }
  std::size_t nodes() const { return nodes_; }

 private:
  std::set<const pb::Descriptor*> open_;
  std::size_t nodes_ = 0;
};

// ---- samples, through libprotobuf's reflection ----

class Sampler {
 public:
  void message(const pb::Message& from, Node& node) {
    const pb::Reflection& reflection = *from.GetReflection();
    for (Node& child : node.children) {
      const pb::FieldDescriptor& field = *from.GetDescriptor()->FindFieldByNumber(child.number);
      if (field.is_repeated())
        repeated(from, reflection, field, child);
      else if (child.kind == Node::Kind::kStruct) {
        if (reflection.HasField(from, &field)) message(reflection.GetMessage(from, &field), child);
      } else if (!field.has_presence() || reflection.HasField(from, &field)) {
        child.values.push_back(value(from, reflection, field, -1));
      }
    }
  }

 private:
  void repeated(const pb::Message& from, const pb::Reflection& reflection,
                const pb::FieldDescriptor& field, Node& node) {
    const int count = reflection.FieldSize(from, &field);
    node.length = static_cast<std::uint32_t>(count);
    if (node.kind == Node::Kind::kArray) {
      for (int i = 0; i < count && node.length <= kMaxSampledValues; ++i)
        node.values.push_back(value(from, reflection, field, i));
      return;
    }
    for (int i = 0; i < count && count <= 4096; ++i) {
      TreeBuilder builder;
      Node element = builder.message(*field.message_type());
      nodes_ += builder.nodes() + 1;
      if (nodes_ > kMaxNodes) break;
      message(reflection.GetRepeatedMessage(from, &field, i), element);
      node.children.push_back(std::move(element));
    }
  }

  static Value value(const pb::Message& from, const pb::Reflection& r, const pb::FieldDescriptor& f,
                     int i) {
    const auto get = [&](auto single, auto many) {
      return i < 0 ? (r.*single)(from, &f) : (r.*many)(from, &f, i);
    };
    using R = pb::Reflection;
    switch (f.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return std::int64_t{get(&R::GetInt32, &R::GetRepeatedInt32)};
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return std::int64_t{get(&R::GetInt64, &R::GetRepeatedInt64)};
      case pb::FieldDescriptor::CPPTYPE_UINT32:
        return std::int64_t{get(&R::GetUInt32, &R::GetRepeatedUInt32)};
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        return static_cast<std::int64_t>(get(&R::GetUInt64, &R::GetRepeatedUInt64));
      case pb::FieldDescriptor::CPPTYPE_DOUBLE:
        return get(&R::GetDouble, &R::GetRepeatedDouble);
      case pb::FieldDescriptor::CPPTYPE_FLOAT:
        return double{get(&R::GetFloat, &R::GetRepeatedFloat)};
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return get(&R::GetBool, &R::GetRepeatedBool);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return std::int64_t{get(&R::GetEnumValue, &R::GetRepeatedEnumValue)};
      case pb::FieldDescriptor::CPPTYPE_STRING:
        if (f.type() == pb::FieldDescriptor::TYPE_BYTES) return Value();
        return get(&R::GetString, &R::GetRepeatedString);
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: {
        const pb::Message& time =
            i < 0 ? r.GetMessage(from, &f) : r.GetRepeatedMessage(from, &f, i);
        const auto part = [&](const char* name) -> std::int64_t {
          const pb::FieldDescriptor* field = time.GetDescriptor()->FindFieldByName(name);
          if (!field) return 0;
          if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT32)
            return time.GetReflection()->GetInt32(time, field);
          return field->cpp_type() == pb::FieldDescriptor::CPPTYPE_INT64
                     ? time.GetReflection()->GetInt64(time, field)
                     : 0;
        };
        return join_time(part("seconds"), part("nanos"));
      }
    }
    return Value();
  }

  std::size_t nodes_ = 0;
};

class ProtobufCodec final : public Codec {
 public:
  explicit ProtobufCodec(const Schema& schema) {
    static std::once_flag quiet;
    // libprotobuf writes to stderr about bad input; we report it ourselves.
    std::call_once(quiet, [] { pb::SetLogHandler(nullptr); });
    pb::FileDescriptorSet set;
    if (schema.data.size() > (64u << 20) ||
        !set.ParseFromArray(schema.data.data(), static_cast<int>(schema.data.size())))
      throw InputError("the schema is not a serialized FileDescriptorSet");
    PoolBuilder(set, pool_).build();
    root_ = pool_.FindMessageTypeByName(schema.name);
    if (!root_) throw InputError("the descriptor set does not define '" + schema.name + "'");
    blank_ = TreeBuilder().message(*root_);
  }

  Node blank() const override { return blank_; }

  Node sample(ByteView message) const override {
    pb::DynamicMessageFactory factory;
    const std::unique_ptr<pb::Message> made(factory.GetPrototype(root_)->New());
    if (message.size() > (1u << 30) ||
        !made->ParsePartialFromArray(message.data(), static_cast<int>(message.size())))
      throw InputError("the message is cut short or is not a '" + root_->full_name() + "'");
    Node tree = blank_;
    Sampler().message(*made, tree);
    return tree;
  }

  std::unique_ptr<RowDecoder> compile(
      const Node& tree, const std::vector<ColumnTarget::Store>& stores) const override {
    return make_protobuf_decoder(*root_, tree, stores);
  }

 private:
  pb::DescriptorPool pool_;
  const pb::Descriptor* root_ = nullptr;
  Node blank_;
};

}  // namespace

std::unique_ptr<Codec> make_protobuf_codec(const Schema& schema) {
  return std::make_unique<ProtobufCodec>(schema);
}

}  // namespace reelcell::readers::mcap
