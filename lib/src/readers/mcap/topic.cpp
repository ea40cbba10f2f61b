#include "internal/topic.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

/// Messages looked at before arrays that were empty in all of them are given up on.
constexpr int kSamples = 16;

bool has_open_array(const Node& node) {
  if (node.dynamic && node.length == 0 && node.prim != Prim::kBytes) return true;
  return std::any_of(node.children.begin(), node.children.end(), has_open_array);
}

std::size_t filled_arrays(const Node& node) {
  std::size_t sum = node.dynamic && node.length > 0 ? 1 : 0;
  if (node.kind == Node::Kind::kStruct)
    for (const Node& child : node.children) sum += filled_arrays(child);
  return sum;
}

}  // namespace

std::vector<OptionSpec> read_option_specs() {
  std::vector<OptionSpec> specs;
  const auto add = [&](const char* name, OptionType type, const char* unit, Json fallback,
                       const char* help, std::vector<std::string> choices = {}) {
    OptionSpec spec;
    spec.name = name;
    spec.type = type;
    spec.unit = unit;
    spec.fallback = std::move(fallback);
    spec.help = help;
    spec.choices = std::move(choices);
    specs.push_back(std::move(spec));
  };
  add("clock", OptionType::kChoice, "", "log_time",
      "Which stamp of a message is the stream's clock; all are kept",
      {"log_time", "publish_time", "header"});
  add("stamp_field", OptionType::kText, "", "",
      "Field that holds the header stamp; empty finds header.stamp, stamp or timestamp");
  add("fields", OptionType::kTextList, "", Json::array(),
      "Only these fields (\"position\", \"pose.position\", \"position[3]\"); empty takes all");
  add("text", OptionType::kBool, "", true, "Give string fields columns too");
  add("integers", OptionType::kChoice, "", "int64",
      "float64 lets a missing integer be NaN instead of losing the message", {"int64", "float64"});
  add("max_width", OptionType::kInteger, "", 4096, "Leave arrays with more values than this out");
  add("cdr_byte_order", OptionType::kChoice, "", "stated",
      "Byte order of CDR messages; stated follows each message's header",
      {"stated", "little", "big"});
  add("cdr_alignment", OptionType::kChoice, "", "payload",
      "Where CDR counts alignment from: the payload, or the whole message as faulty writers do",
      {"payload", "message"});
  return specs;
}

ReadOptions read_options(const OptionValues& values) {
  ReadOptions options;
  const std::string clock = values.text("clock");
  options.clock = clock == "publish_time" ? Clock::kPublishTime
                  : clock == "header"     ? Clock::kHeader
                                          : Clock::kLogTime;
  options.stamp_field = values.text("stamp_field");
  options.columns.fields = values.texts("fields");
  options.columns.text = values.boolean("text");
  options.columns.integers_as_float = values.text("integers") == "float64";
  const std::int64_t width = values.integer("max_width");
  if (width < 1 || width > (1 << 20))
    throw InputError(values.where(),
                     "max_width is " + std::to_string(width) + "; expected 1 to 1048576");
  options.columns.max_width = static_cast<std::uint32_t>(width);
  const std::string order = values.text("cdr_byte_order");
  options.codec.cdr_byte_order = order == "little" ? ByteOrder::kLittle
                                 : order == "big"  ? ByteOrder::kBig
                                                   : ByteOrder::kStated;
  options.codec.cdr_align_from_message = values.text("cdr_alignment") == "message";
  return options;
}

namespace {

bool same_type(const Topic& topic, const Channel& channel, const Schema* schema) {
  if (topic.channel->message_encoding != channel.message_encoding) return false;
  if (!topic.schema || !schema) return topic.schema == schema;
  return std::tie(topic.schema->name, topic.schema->encoding, topic.schema->data) ==
         std::tie(schema->name, schema->encoding, schema->data);
}

void set_codec(Topic& topic, const CodecOptions& options) {
  try {
    topic.codec = make_codec(*topic.channel, topic.schema, options);
  } catch (const InputError& error) {
    topic.undecodable = error.message();
    if (topic.schema)
      topic.undecodable = "schema '" + topic.schema->name + "': " + topic.undecodable;
  }
}

}  // namespace

std::vector<Topic> find_topics(const Summary& summary, const CodecOptions& options) {
  std::map<std::string, std::vector<Topic>> by_name;
  for (const auto& [id, channel] : summary.channels) {
    const auto found = summary.schemas.find(channel.schema_id);
    const Schema* schema =
        channel.schema_id != 0 && found != summary.schemas.end() ? &found->second : nullptr;
    std::vector<Topic>& same_name = by_name[channel.topic];
    auto topic =
        std::find_if(same_name.begin(), same_name.end(),
                     [&, c = &channel](const Topic& t) { return same_type(t, *c, schema); });
    if (topic == same_name.end()) {
      Topic made;
      made.item = same_name.empty() ? channel.topic : channel.topic + "#" + std::to_string(id);
      made.channel = &channel;
      made.schema = schema;
      set_codec(made, options);
      same_name.push_back(std::move(made));
      topic = same_name.end() - 1;
    }
    topic->channels.push_back(id);
    if (!summary.statistics) continue;
    const auto& counts = summary.statistics->channel_message_counts;
    const auto count = counts.find(id);
    topic->count = topic->count.value_or(0) + (count == counts.end() ? 0 : count->second);
  }
  std::vector<Topic> topics;
  for (auto& [name, same_name] : by_name)
    for (Topic& topic : same_name) topics.push_back(std::move(topic));
  return topics;
}

/// Of messages whose arrays come and go (a request, then its response) the fullest decides. Shapes
/// with fields that may be absent are joined.
Node topic_shape(const McapFile& file, const Topic& topic) {
  Node shape = topic.codec->blank();
  const bool open_shape = topic.codec->open_shape();
  if (topic.count == std::uint64_t{0} || (!has_open_array(shape) && !open_shape)) return shape;
  Diagnostics seen_later;  // damage met here is met again, and reported, when the stream is read
  MessageQuery query;
  query.channels = topic.channels;
  query.order = Order::kLogTime;
  const auto messages = file.messages(query, seen_later);
  MessageView message;
  bool first = true;
  for (int i = 0; i < kSamples && messages->next(message); ++i) {
    try {
      Node sample = topic.codec->sample(message.data);
      if (first || (!open_shape && filled_arrays(sample) > filled_arrays(shape)))
        shape = std::move(sample);
      else if (open_shape)
        merge_shape(shape, sample, true);
      first = false;
    } catch (const InputError&) {
      continue;  // counted when the stream is read
    }
    if (!open_shape && !has_open_array(shape)) break;
  }
  return shape;
}

StampFields find_stamp(const Node& shape, const std::string& wanted) {
  const auto is_instant = [&](const std::string& path, bool any_integer) {
    const Node* node = find_node(shape, path);
    return node && node->kind == Node::Kind::kScalar &&
           (node->prim == Prim::kTime || (any_integer && is_integer(node->prim)));
  };
  if (!wanted.empty())
    return is_instant(wanted, true) ? StampFields{wanted, {wanted}} : StampFields{};
  for (const char* path : {"header.stamp", "stamp", "timestamp", "header.timestamp", "info.stamp"})
    if (is_instant(path, false)) return {path, {path}};
  static constexpr std::array<std::pair<const char*, const char*>, 2> kApart = {
      {{"sec", "nanosec"}, {"secs", "nsecs"}}};
  for (const auto& [sec, nanosec] : kApart) {
    const std::string s = std::string("header.") + sec, n = std::string("header.") + nanosec;
    if (is_instant(s, true) && is_instant(n, true)) return {"header.stamp", {s, n}};
  }
  return {};
}

std::string place_of(const McapFile& file, const Topic& topic) {
  return file.name() + ": " + topic.item;
}

}  // namespace reelcell::readers::mcap
