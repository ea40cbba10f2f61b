#include "internal/series.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "internal/codec/wire.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

constexpr std::size_t kBatchRows = 4096;
/// Values in one batch, so that rows of a thousand numbers do not make batches of millions.
constexpr std::size_t kBatchValues = 1u << 20;

std::int32_t add_own(SeriesPlan& plan, const std::string& name, const char* unit) {
  const bool taken = std::any_of(plan.columns.begin(), plan.columns.end(),
                                 [&](const ColumnSpec& c) { return c.name == name; });
  ColumnSpec spec;
  spec.name = taken ? "mcap." + name : name;
  spec.dtype = DType::kInt64;
  spec.unit = unit;
  plan.columns.push_back(std::move(spec));
  return static_cast<std::int32_t>(plan.columns.size() - 1);
}

std::int32_t column_named(const SeriesPlan& plan, const std::string& name) {
  for (std::size_t i = 0; i < plan.decoded; ++i)
    if (plan.columns[i].name == name) return static_cast<std::int32_t>(i);
  return -1;
}

void plan_stamp(SeriesPlan& plan, const StampFields& fields) {
  plan.stamp_name = fields.name;
  if (fields.paths.size() == 1) plan.stamp = column_named(plan, fields.paths[0]);
  if (fields.paths.size() != 2) return;
  plan.seconds = column_named(plan, fields.paths[0]);
  plan.nanos = column_named(plan, fields.paths[1]);
  plan.stamp = add_own(plan, fields.name, "ns");
}

}  // namespace

SeriesPlan plan_series(const Topic& topic, const Node& shape, const ReadOptions& options) {
  SeriesPlan plan;
  plan.tree = shape;
  ColumnChoice choice = options.columns;
  const StampFields stamp = find_stamp(shape, options.stamp_field);
  choice.also = stamp.paths;
  ColumnLayout layout = select_columns(plan.tree, choice);
  plan.columns = std::move(layout.columns);
  plan.left_out = std::move(layout.left_out);
  plan.unmatched = std::move(layout.unmatched);
  plan.decoded = plan.columns.size();
  plan_stamp(plan, stamp);
  plan.log_time = add_own(plan, "log_time", "ns");
  plan.publish_time = add_own(plan, "publish_time", "ns");
  plan.sequence = add_own(plan, "sequence", "");
  if (options.clock == Clock::kHeader && plan.stamp < 0)
    throw InputError(
        "clock is \"header\", but messages of '" + topic.item + "' have no " +
        (options.stamp_field.empty() ? "header.stamp, stamp or timestamp"
                                     : "integer or time field '" + options.stamp_field + "'") +
        "; set \"clock\" to log_time or publish_time, or name the field in \"stamp_field\"");
  const std::int32_t clock = options.clock == Clock::kHeader        ? plan.stamp
                             : options.clock == Clock::kPublishTime ? plan.publish_time
                                                                    : plan.log_time;
  plan.time_field = plan.columns[static_cast<std::size_t>(clock)].name;
  return plan;
}

void LossTally::flush() {
  for (auto& [code, entry] : entries_)
    diagnostics_->add({Severity::kLoss, code, where_, std::move(entry.message), entry.count,
                       entry.first, entry.last});
  entries_.clear();
}

void tally(LossTally& losses, DecodeStatus status, RowDecoder& decoder, std::uint64_t log_time) {
  const auto at = static_cast<std::int64_t>(
      std::min<std::uint64_t>(log_time, std::numeric_limits<std::int64_t>::max()));
  std::string uneven;
  const std::uint64_t arrays = decoder.take_uneven(&uneven);
  switch (status) {
    case DecodeStatus::kOk:
      if (arrays > 0)
        losses.add_many("mcap-array-length", arrays, at, [&] {
          return uneven +
                 "; what is missing is NaN (text: empty), what lies beyond is left out. Choose "
                 "columns with \"fields\", or single elements (\"position[3]\")";
        });
      break;
    case DecodeStatus::kMalformed:
      losses.add("mcap-undecodable-message", at,
                 [&] { return decoder.problem() + "; the message was skipped"; });
      break;
    case DecodeStatus::kLength:
      losses.add("mcap-array-length", at, [&] {
        return decoder.problem() +
               "; the message was skipped. Choose columns with \"fields\", or single elements "
               "(\"position[3]\")";
      });
      break;
    case DecodeStatus::kMissing:
      losses.add("mcap-missing-integer", at, [&] {
        return decoder.problem() +
               "; the message was skipped. Choose columns with \"fields\", or set \"integers\": "
               "\"float64\"";
      });
      break;
  }
}

namespace {

/// In the order of log_time, whichever stamp is the clock.
class TopicSeriesCursor final : public SeriesCursor {
 public:
  TopicSeriesCursor(std::shared_ptr<const McapFile> file, const Topic& topic, SeriesPlan plan,
                    Clock clock, Diagnostics& diagnostics)
      : file_(std::move(file)),
        codec_(topic.codec),
        plan_(std::move(plan)),
        clock_(clock),
        losses_(diagnostics, place_of(*file_, topic)) {
    std::vector<ColumnTarget::Store> stores;
    std::size_t values = 1;
    for (std::size_t i = 0; i < plan_.decoded; ++i) {
      stores.push_back(store_of(plan_.columns[i].dtype));
      values += plan_.columns[i].width;
    }
    rows_ = std::clamp(kBatchValues / values, std::size_t{16}, kBatchRows);
    decoder_ = codec_->compile(plan_.tree, stores);
    MessageQuery query;
    query.channels = topic.channels;
    query.order = Order::kLogTime;
    messages_ = file_->messages(query, diagnostics);
  }

  const std::vector<ColumnSpec>& columns() const override { return plan_.columns; }

  bool next(SeriesBatch& batch) override {
    fill(batch);
    losses_.flush();
    return batch.size() > 0;
  }

 private:
  void prepare(SeriesBatch& batch) {
    const auto fits = [&] {
      if (batch.columns.size() != plan_.columns.size()) return false;
      for (std::size_t i = 0; i < plan_.columns.size(); ++i)
        if (batch.columns[i].spec.name != plan_.columns[i].name ||
            batch.columns[i].spec.width != plan_.columns[i].width ||
            batch.columns[i].spec.dtype != plan_.columns[i].dtype)
          return false;
      return true;
    };
    if (!fits()) {
      batch.columns.clear();
      for (const ColumnSpec& spec : plan_.columns)
        batch.columns.push_back({spec, empty_data(spec.dtype)});
    }
    resize(batch, rows_);
    sink_.columns.clear();
    for (std::size_t i = 0; i < plan_.decoded; ++i) {
      ColumnTarget target;
      target.store = store_of(plan_.columns[i].dtype);
      target.width = static_cast<std::uint32_t>(plan_.columns[i].width);
      target.exact =
          target.store == ColumnTarget::Store::kInteger || !plan_.columns[i].element_names.empty();
      target.base =
          std::visit([](auto& data) -> void* { return data.data(); }, batch.columns[i].data);
      sink_.columns.push_back(target);
    }
    stamp_ = integers(batch, plan_.stamp);
    seconds_ = integers(batch, plan_.seconds);
    nanos_ = integers(batch, plan_.nanos);
    log_ = integers(batch, plan_.log_time);
    publish_ = integers(batch, plan_.publish_time);
    sequence_ = integers(batch, plan_.sequence);
  }
  static void resize(SeriesBatch& batch, std::size_t rows) {
    batch.times.resize(rows);
    for (Column& column : batch.columns)
      std::visit([&](auto& data) { data.resize(rows * column.spec.width); }, column.data);
  }
  static std::int64_t* integers(SeriesBatch& batch, std::int32_t column) {
    if (column < 0) return nullptr;
    auto* data = std::get_if<std::vector<std::int64_t>>(
        &batch.columns[static_cast<std::size_t>(column)].data);
    return data ? data->data() : nullptr;
  }

  void fill(SeriesBatch& batch) {
    prepare(batch);
    std::size_t row = 0;
    MessageView message;
    while (row < rows_) {
      if (!messages_->next(message)) break;
      sink_.row = row;
      const DecodeStatus status = decoder_->decode(message.data, sink_);
      if (status != DecodeStatus::kOk || decoder_->uneven())
        tally(losses_, status, *decoder_, message.log_time);
      if (status == DecodeStatus::kOk && stamps(message, row, batch.times[row])) ++row;
    }
    resize(batch, row);
    std::string field;
    if (const std::uint64_t count = decoder_->take_left_out(&field); count > 0 && row > 0)
      losses_.add_many("mcap-array-left-out", count, log_[0], [&] {
        return "array '" + field +
               "' was empty in the first messages, so it has no column, but later ones have "
               "values " +
               "in it; address its elements (\"" + field + "[0]\") in \"fields\"";
      });
  }

  bool stamps(const MessageView& message, std::size_t row, StreamTime& time) {
    log_[row] = static_cast<std::int64_t>(message.log_time);
    publish_[row] = static_cast<std::int64_t>(message.publish_time);
    sequence_[row] = message.sequence;
    if (seconds_ && nanos_ && stamp_) stamp_[row] = join_time(seconds_[row], nanos_[row]);
    const std::int64_t at = clock_ == Clock::kHeader        ? stamp_[row]
                            : clock_ == Clock::kPublishTime ? publish_[row]
                                                            : log_[row];
    time = stream_time(at);
    if (clock_ == Clock::kHeader || at >= 0) return true;
    losses_.add("mcap-time-range", std::numeric_limits<std::int64_t>::max(), [&] {
      return "time " + std::to_string(static_cast<std::uint64_t>(at)) +
             " ns lies beyond the year 2262, the end of 64-bit nanoseconds; the message was "
             "skipped";
    });
    return false;
  }

  std::shared_ptr<const McapFile> file_;
  std::shared_ptr<const Codec> codec_;
  SeriesPlan plan_;
  Clock clock_;
  LossTally losses_;
  std::unique_ptr<RowDecoder> decoder_;
  std::unique_ptr<MessageCursor> messages_;
  std::size_t rows_ = kBatchRows;
  RowSink sink_;
  std::int64_t *stamp_ = nullptr, *seconds_ = nullptr, *nanos_ = nullptr, *log_ = nullptr,
               *publish_ = nullptr, *sequence_ = nullptr;
};

/// An entry of `fields` that names nothing is an error that says what there is.
void report_choice(const SeriesPlan& plan, const Node& shape, const McapFile& file,
                   const Topic& topic, Diagnostics& diagnostics) {
  const std::string where = place_of(file, topic);
  if (!plan.unmatched.empty()) {
    Node tree = shape;
    std::vector<std::string> names;
    for (const ColumnSpec& column : select_columns(tree, ColumnChoice{}).columns)
      names.push_back(column.name);
    throw InputError(where, unknown_name("field", plan.unmatched.front(), names));
  }
  if (!plan.left_out.empty())
    diagnostics.note(
        "mcap-column-left-out", where,
        "'" + plan.left_out.front() + "'" +
            (plan.left_out.size() > 1 ? " and " + std::to_string(plan.left_out.size() - 1) + " more"
                                      : "") +
            " got no column; set \"max_width\", or choose \"fields\"");
}

}  // namespace

std::unique_ptr<SeriesCursor> open_topic_series(std::shared_ptr<const McapFile> file,
                                                const Topic& topic, const ReadOptions& options,
                                                Diagnostics& diagnostics) {
  const Node shape = at_place(file->name(), [&] { return topic_shape(*file, topic); });
  SeriesPlan plan = at_place(file->name(), [&] { return plan_series(topic, shape, options); });
  report_choice(plan, shape, *file, topic, diagnostics);
  return std::make_unique<TopicSeriesCursor>(std::move(file), topic, std::move(plan), options.clock,
                                             diagnostics);
}

}  // namespace reelcell::readers::mcap
