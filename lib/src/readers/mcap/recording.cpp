// An MCAP file as a Recording: one stream a topic.
#include <algorithm>
#include <cctype>
#include <mutex>

#include "internal/recording.hpp"
#include "internal/series.hpp"
#include "internal/video.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {

std::string suggested_name(const std::string& topic) {
  std::string name;
  for (const char c : topic) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  while (name.ends_with("_")) name.pop_back();
  return name.empty() ? "topic" : name;
}

constexpr std::uint64_t kListedAtOnce =
    256 << 20;  ///< images in a larger file are not all read to tell what it holds

class McapRecording final : public Recording {
 public:
  McapRecording(std::shared_ptr<const McapFile> file, ReadOptions options, Diagnostics& diagnostics)
      : file_(std::move(file)),
        options_(std::move(options)),
        topics_(find_topics(file_->summary(), options_.codec)) {
    for (const Topic& topic : topics_)
      if (!topic.codec)
        diagnostics.warn(
            "mcap-undecodable-channel", place_of(*file_, topic),
            topic.undecodable + "; the channel is listed, its messages are not decoded");
  }

  /// Looks at the first messages of topics whose schema does not say how long their arrays are;
  /// never scans.
  const std::vector<StreamInfo>& streams() const override {
    std::call_once(described_, [&] {
      for (const Topic& topic : topics_) streams_.push_back(describe(topic));
    });
    return streams_;
  }

  std::vector<std::pair<std::string, Value>> attributes() const override {
    std::vector<std::pair<std::string, Value>> out;
    if (!file_->summary().profile.empty())
      out.emplace_back("mcap.profile", file_->summary().profile);
    if (!file_->summary().library.empty())
      out.emplace_back("mcap.library", file_->summary().library);
    return out;
  }

  std::unique_ptr<SeriesCursor> open_series(const std::string& item,
                                            Diagnostics& diagnostics) const override {
    const auto [topic, options] = find(item, diagnostics);
    return open_topic_series(file_, *topic, options, diagnostics);
  }
  std::unique_ptr<EventCursor> open_events(const std::string& item,
                                           Diagnostics& diagnostics) const override {
    const auto [topic, options] = find(item, diagnostics);
    return open_topic_events(file_, *topic, options, diagnostics);
  }
  std::shared_ptr<VideoSource> open_video(const std::string& item,
                                          Diagnostics& diagnostics) const override {
    const auto [topic, options] = find(item, diagnostics);
    if (image_kind(*topic) == ImageKind::kNone)
      throw InputError(place_of(*file_, *topic),
                       "is not an image topic (its messages are '" +
                           (topic->schema ? topic->schema->name : "without a schema") +
                           "'); open it as series or events");
    return open_topic_video(file_, *topic, options, diagnostics);
  }
  /// Log times; nothing where another stamp is the clock.
  std::optional<std::vector<StreamTime>> indexed_times(const std::string& item) const override {
    const auto topic = std::find_if(topics_.begin(), topics_.end(),
                                    [&](const Topic& candidate) { return candidate.item == item; });
    if (topic == topics_.end() || options_.clock != Clock::kLogTime) return std::nullopt;
    const auto times = file_->indexed_times(topic->channels);
    if (!times || (!times->empty() && times->back() > static_cast<std::uint64_t>(INT64_MAX)))
      return std::nullopt;
    std::vector<StreamTime> out;
    out.reserve(times->size());
    for (const std::uint64_t t : *times) out.push_back(stream_time(static_cast<std::int64_t>(t)));
    return out;
  }

 private:
  /// The topic, or a topic and a field in it: "/joint_states.position[3]".
  std::pair<const Topic*, ReadOptions> find(const std::string& item,
                                            Diagnostics& diagnostics) const {
    ReadOptions options = options_;
    const Topic* best = nullptr;
    for (const Topic& topic : topics_) {
      if (!item.starts_with(topic.item)) continue;
      const bool whole = item.size() == topic.item.size();
      if (!whole && item[topic.item.size()] != '.') continue;
      if (!best || topic.item.size() > best->item.size()) best = &topic;
    }
    if (!best) {
      std::vector<std::string> names;
      for (const Topic& topic : topics_) names.push_back(topic.item);
      throw InputError(file_->name(), names.empty()
                                          ? "no topic '" + item + "': the file has no channels"
                                          : unknown_name("topic", item, names));
    }
    if (item.size() > best->item.size())
      options.columns.fields = {item.substr(best->item.size() + 1)};
    if (!best->codec) refuse(*best, diagnostics);
    remark(*best, diagnostics);
    return {best, std::move(options)};
  }

  [[noreturn]] void refuse(const Topic& topic, Diagnostics& diagnostics) const {
    const std::uint64_t count = topic.count.value_or(0);
    if (count > 0)
      diagnostics.loss("mcap-undecodable-message", place_of(*file_, topic), topic.undecodable,
                       count);
    throw InputError(place_of(*file_, topic), "cannot be decoded: " + topic.undecodable);
  }

  void remark(const Topic& topic, Diagnostics& diagnostics) const {
    if (topic.channel->message_encoding != "cdr") return;
    Diagnostics ignored;  // the same is reported when the stream is read
    MessageQuery query;
    query.channels = topic.channels;
    query.order = Order::kLogTime;
    MessageView message;
    if (!file_->messages(query, ignored)->next(message)) return;
    Codec::Remark remark = topic.codec->remark(message.data);
    if (!remark.code.empty())
      diagnostics.warn(std::move(remark.code), place_of(*file_, topic), std::move(remark.text));
  }

  StreamInfo describe(const Topic& topic) const {
    StreamInfo info;
    info.item = topic.item;
    info.suggested_name = suggested_name(topic.item);
    info.count = topic.count;
    info.time_field = options_.clock == Clock::kPublishTime ? "publish_time" : "log_time";
    info.details["message_encoding"] = topic.channel->message_encoding;
    info.details["schema"] = topic.schema ? topic.schema->name : "";
    info.details["schema_encoding"] = topic.schema ? topic.schema->encoding : "";
    if (topic.channels.size() > 1) info.details["channels"] = topic.channels.size();
    times(topic, info);
    try {
      if (topic.codec)
        content(topic, info);
      else
        info.details["undecodable"] = topic.undecodable;
    } catch (const InputError& error) {
      info.details["undecodable"] = error.message();
    }
    return info;
  }

  void content(const Topic& topic, StreamInfo& info) const {
    const Node shape = topic_shape(*file_, topic);
    ReadOptions options = options_;
    const StampFields stamp = find_stamp(shape, options.stamp_field);
    if (stamp.paths.empty() && options.clock == Clock::kHeader) {
      options.clock = Clock::kLogTime;
      info.details["note"] =
          "messages have no header stamp, so the clock \"header\" does not apply";
    }
    SeriesPlan plan = plan_series(topic, shape, options);
    info.time_field = plan.time_field;
    if (!stamp.name.empty()) info.details["stamp_field"] = stamp.name;
    const bool numbers = std::any_of(
        plan.columns.begin(), plan.columns.begin() + static_cast<std::ptrdiff_t>(plan.decoded),
        [](const ColumnSpec& c) { return c.dtype != DType::kString; });
    if (image_kind(topic) != ImageKind::kNone) {
      info.kind = StreamKind::kVideo;
      info.rate_hz.reset();  // the mean; lost frames lower it, and the frames tell the camera's own
      info.video = probe_video(*file_, topic, options);
      if (info.video) info.details["codec"] = info.video->codec;
      if (file_->size() > kListedAtOnce) info.glance = glance_video(*file_, topic, options);
    } else if ((!numbers && plan.decoded > 0) || is_service(topic)) {
      info.kind = StreamKind::kEvents;  // nothing but text, or requests and responses in turn
    }
    info.columns = std::move(plan.columns);
    if (!plan.left_out.empty()) info.details["left_out"] = plan.left_out;
  }

  static bool is_service(const Topic& topic) {
    return topic.schema && topic.schema->name.ends_with("_Event") &&
           topic.schema->name.find("/srv/") != std::string::npos;
  }

  /// First and last log times as the indexes tell, and the rate from the count between them.
  void times(const Topic& topic, StreamInfo& info) const {
    const auto range = file_->log_times(topic.channels);
    if (!range || range->second > static_cast<std::uint64_t>(INT64_MAX)) return;
    const auto [first, last] = *range;
    if (options_.clock == Clock::kLogTime) {
      info.first = stream_time(static_cast<std::int64_t>(first));
      info.last = stream_time(static_cast<std::int64_t>(last));
    }
    if (topic.count.value_or(0) > 1 && last > first)
      info.rate_hz =
          static_cast<double>(*topic.count - 1) * 1e9 / static_cast<double>(last - first);
  }

  std::shared_ptr<const McapFile> file_;
  ReadOptions options_;
  std::vector<Topic> topics_;
  mutable std::once_flag described_;
  mutable std::vector<StreamInfo> streams_;
};

}  // namespace

std::unique_ptr<Recording> make_recording(std::shared_ptr<const McapFile> file, ReadOptions options,
                                          Diagnostics& diagnostics) {
  return std::make_unique<McapRecording>(std::move(file), std::move(options), diagnostics);
}

}  // namespace reelcell::readers::mcap
