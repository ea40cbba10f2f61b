// A topic's messages as events: every message with all it holds, whatever the lengths of its
// arrays.
#include <algorithm>
#include <limits>
#include <queue>

#include "internal/codec/wire.hpp"
#include "internal/series.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

/// In the order of log_time, whichever stamp is the clock.
class TopicEventCursor final : public EventCursor {
 public:
  TopicEventCursor(std::shared_ptr<const McapFile> file, const Topic& topic, StampFields stamp,
                   const ReadOptions& options, Diagnostics& diagnostics)
      : file_(std::move(file)),
        codec_(topic.codec),
        kind_(topic.item),
        stamp_(std::move(stamp)),
        options_(options),
        losses_(diagnostics, place_of(*file_, topic)) {
    MessageQuery query;
    query.channels = topic.channels;
    query.order = Order::kLogTime;
    messages_ = file_->messages(query, diagnostics);
  }

  bool next(StreamEvent& event) override {
    MessageView message;
    while (messages_->next(message)) {
      try {
        event = event_of(message, codec_->sample(message.data));
        return true;
      } catch (const InputError& error) {
        losses_.add("mcap-undecodable-message", static_cast<std::int64_t>(message.log_time),
                    [&] { return error.message() + "; the message was skipped"; });
      }
    }
    losses_.flush();
    return false;
  }

 private:
  StreamEvent event_of(const MessageView& message, const Node& tree) const {
    StreamEvent event;
    event.kind = kind_;
    std::int64_t parts[2] = {0, 0};
    std::size_t found = 0;
    flatten_values(tree, [&](const std::string& path, Prim prim, const Value& value) {
      for (std::size_t i = 0; i < stamp_.paths.size(); ++i)
        if (path == stamp_.paths[i])
          if (const auto* whole = std::get_if<std::int64_t>(&value)) parts[i] = *whole, ++found;
      if (wanted(path) && (prim != Prim::kString || options_.columns.text))
        event.fields.emplace_back(path, value);
    });
    event.fields.emplace_back("log_time", static_cast<std::int64_t>(message.log_time));
    event.fields.emplace_back("publish_time", static_cast<std::int64_t>(message.publish_time));
    event.fields.emplace_back("sequence", std::int64_t{message.sequence});
    std::int64_t at = static_cast<std::int64_t>(
        options_.clock == Clock::kPublishTime ? message.publish_time : message.log_time);
    if (options_.clock != Clock::kHeader && at < 0)
      throw InputError("its time lies beyond the year 2262, the end of 64-bit nanoseconds");
    if (options_.clock == Clock::kHeader) {
      if (found < stamp_.paths.size()) throw InputError("the message has no " + stamp_.name);
      at = stamp_.paths.size() == 2 ? join_time(parts[0], parts[1]) : parts[0];
    }
    event.time = event.end = stream_time(at);
    return event;
  }

  bool wanted(const std::string& path) const {
    const auto& fields = options_.columns.fields;
    return fields.empty() ||
           std::any_of(fields.begin(), fields.end(), [&](const std::string& field) {
             return path.starts_with(field) &&
                    (path.size() == field.size() || path[field.size()] == '.' ||
                     path[field.size()] == '[');
           });
  }

  std::shared_ptr<const McapFile> file_;
  std::shared_ptr<const Codec> codec_;
  std::string kind_;
  StampFields stamp_;
  ReadOptions options_;
  LossTally losses_;
  std::unique_ptr<MessageCursor> messages_;
};

}  // namespace

std::unique_ptr<EventCursor> open_topic_events(std::shared_ptr<const McapFile> file,
                                               const Topic& topic, const ReadOptions& options,
                                               Diagnostics& diagnostics) {
  const Node shape = at_place(file->name(), [&] { return topic_shape(*file, topic); });
  StampFields stamp = find_stamp(shape, options.stamp_field);
  if (options.clock == Clock::kHeader && stamp.paths.empty())
    throw InputError(place_of(*file, topic),
                     "clock is \"header\", but messages have no header.stamp, stamp or timestamp; "
                     "set \"clock\" to "
                     "log_time or publish_time, or name the field in \"stamp_field\"");
  return std::make_unique<TopicEventCursor>(std::move(file), topic, std::move(stamp), options,
                                            diagnostics);
}

}  // namespace reelcell::readers::mcap
