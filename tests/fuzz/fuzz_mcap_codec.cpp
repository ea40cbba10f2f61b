// Message decoding. Input that starts like an MCAP file is opened, and every topic read as series
// and as events; other input is a codec's: one byte for the encoding, u16 the schema's length, the
// schema, then messages with u16 lengths. What the compiled decoder and the sampler both accept
// must agree.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>

#include "../../lib/src/readers/mcap/internal/recording.hpp"
#include "reelcell/base/error.hpp"

namespace mcap = reelcell::readers::mcap;
using reelcell::ByteView;

namespace {

template <class Body>
void refusable(Body&& body) {
  try {
    body();
  } catch (const reelcell::InputError&) {
  }
}

void read_file(ByteView input) {
  reelcell::Diagnostics diagnostics;
  refusable([&] {
    const auto file = mcap::McapFile::open_bytes("fuzz", {input.begin(), input.end()}, diagnostics);
    const auto recording = mcap::make_recording(
        file, mcap::read_options(reelcell::OptionValues::defaults(mcap::read_option_specs())),
        diagnostics);
    for (const auto& stream : recording->streams()) {
      refusable([&] {
        const auto cursor = recording->open_series(stream.item, diagnostics);
        reelcell::SeriesBatch batch;
        while (cursor->next(batch))
          if (batch.columns.empty() || batch.columns.front().rows() != batch.size())
            __builtin_trap();
      });
      refusable([&] {
        const auto cursor = recording->open_events(stream.item, diagnostics);
        reelcell::StreamEvent event;
        while (cursor->next(event)) {
        }
      });
    }
  });
}

class Input {
 public:
  explicit Input(ByteView bytes) : left_(bytes) {}
  bool empty() const { return left_.empty(); }
  ByteView take() {
    if (left_.size() < 2) return left_ = {};
    const std::size_t size = std::min<std::size_t>(left_[0] | left_[1] << 8, left_.size() - 2);
    const ByteView taken = left_.subspan(2, size);
    left_ = left_.subspan(2 + size);
    return taken;
  }

 private:
  ByteView left_;
};

struct Row {
  std::vector<std::vector<double>> numbers;
  std::vector<std::vector<std::int64_t>> integers;
  std::vector<std::vector<std::string>> texts;
  mcap::RowSink sink;

  explicit Row(const std::vector<reelcell::ColumnSpec>& columns)
      : numbers(columns.size()), integers(columns.size()), texts(columns.size()) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      mcap::ColumnTarget target;
      target.store = mcap::store_of(columns[i].dtype);
      target.width = static_cast<std::uint32_t>(columns[i].width);
      numbers[i].resize(target.width);
      integers[i].resize(target.width);
      texts[i].resize(target.width);
      target.base = target.store == mcap::ColumnTarget::Store::kNumber
                        ? static_cast<void*>(numbers[i].data())
                    : target.store == mcap::ColumnTarget::Store::kInteger
                        ? static_cast<void*>(integers[i].data())
                        : static_cast<void*>(texts[i].data());
      sink.columns.push_back(target);
    }
  }

  bool holds(std::size_t column, std::size_t element, const reelcell::Value& value) const {
    if (const auto* text = std::get_if<std::string>(&value)) return texts[column][element] == *text;
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      return integers[column][element] == *whole;
    if (const auto* flag = std::get_if<bool>(&value)) return integers[column][element] == *flag;
    const auto* number = std::get_if<double>(&value);
    return !number || numbers[column][element] == *number ||
           (std::isnan(numbers[column][element]) && std::isnan(*number));
  }
};

void compare(const mcap::Node& sample, const std::vector<reelcell::ColumnSpec>& columns,
             const Row& row) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> places;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    places.emplace(columns[i].name, std::pair(i, std::size_t{0}));
    for (std::size_t e = 0; e < columns[i].width; ++e)
      places.emplace(columns[i].name + "[" + std::to_string(e) + "]", std::pair(i, e));
  }
  std::map<std::string, int> seen;  // a schema may give two fields one name
  mcap::flatten_values(
      sample, [&](const std::string& path, mcap::Prim, const reelcell::Value&) { ++seen[path]; });
  mcap::flatten_values(sample,
                       [&](const std::string& path, mcap::Prim, const reelcell::Value& value) {
                         const auto place = places.find(path);
                         if (place == places.end() || seen[path] > 1) return;
                         if (!row.holds(place->second.first, place->second.second, value))
                           __builtin_trap();
                       });
}

void read_messages(std::uint8_t selector, ByteView input) {
  struct Kind {
    const char *schema, *message;
  };
  static constexpr Kind kKinds[] = {{"ros2msg", "cdr"},
                                    {"ros2idl", "cdr"},
                                    {"ros1msg", "ros1"},
                                    {"jsonschema", "json"},
                                    {"protobuf", "protobuf"}};
  const Kind& kind = kKinds[selector % 5];
  Input in(input);
  mcap::Schema schema{1, "p/msg/M", kind.schema, {}};
  const ByteView text = in.take();
  schema.data.assign(text.begin(), text.end());
  if (selector % 5 == 4) schema.name = "p.M";
  const mcap::Channel channel{1, 1, "/t", kind.message, {}};
  refusable([&] {
    const auto codec = mcap::make_codec(channel, &schema, {});
    mcap::Node shape = codec->blank();
    std::vector<ByteView> messages;
    while (!in.empty()) messages.push_back(in.take());
    for (const ByteView message : messages)
      refusable([&] { mcap::merge_shape(shape, codec->sample(message), codec->open_shape()); });
    const mcap::ColumnLayout layout = mcap::select_columns(shape, {});
    std::vector<mcap::ColumnTarget::Store> stores;
    for (const auto& column : layout.columns) stores.push_back(mcap::store_of(column.dtype));
    const auto decoder = codec->compile(shape, stores);
    Row row(layout.columns);
    for (const ByteView message : messages) {
      if (decoder->decode(message, row.sink) != mcap::DecodeStatus::kOk) {
        if (decoder->problem().empty()) __builtin_trap();
        continue;
      }
      // JSON and protobuf samples take liberties (repeated keys, oneof); the ROS pair must agree in
      // all.
      if (selector % 5 < 3) compare(codec->sample(message), layout.columns, row);
    }
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (size > 5 && std::memcmp(data + 1, "MCAP0", 5) == 0)
    read_file(input);
  else if (size > 1)
    read_messages(data[0], input.subspan(1));
  return 0;
}
