#include "internal/ordered_events.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "internal/archive.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/timeline/merge.hpp"

namespace reelcell::pipeline {

template <class A>
void fields(A& a, StreamEvent& v) {
  a(v.time, v.end, v.kind, v.fields);
}

namespace {

/// What an event takes in memory, roughly.
std::uint64_t size_of(const StreamEvent& event) {
  std::uint64_t bytes = sizeof event + event.kind.size();
  for (const auto& [name, value] : event.fields) {
    bytes += sizeof(std::pair<std::string, Value>) + name.size();
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->size();
  }
  return bytes;
}

void sort_by_time(std::vector<StreamEvent>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const StreamEvent& a, const StreamEvent& b) { return a.time < b.time; });
}

/// No recording of a cell pauses for longer.
constexpr Nanos kPause = std::chrono::hours(24);
/// So many events at most are strays; more are a part of the recording.
constexpr std::size_t kMostStrays = 16;

bool far_apart(std::int64_t a, std::int64_t b) {
  std::int64_t by = 0;
  return __builtin_sub_overflow(b, a, &by) || by > kPause.count();
}

/// Sees in what order events come.
class Order {
 public:
  Order(Nanos window, const std::string& where, Diagnostics& diagnostics)
      : window_(window), where_(where), diagnostics_(diagnostics) {}
  void see(StreamTime t) {
    if (extent_ && t < extent_->last) late(t);
    ++count_;
    lowest_.insert(ns_of(t));
    if (lowest_.size() > kMostStrays + 1) lowest_.erase(std::prev(lowest_.end()));
    highest_.insert(ns_of(t));
    if (highest_.size() > kMostStrays + 1) highest_.erase(highest_.begin());
    extent_ = extent_
                  ? OrderedEvents::Extent{std::min(extent_->first, t), std::max(extent_->last, t)}
                  : OrderedEvents::Extent{t, t};
  }
  bool in_order() const { return in_order_; }
  /// Without strays: the few events that lie more than a day before or after all others.
  std::optional<OrderedEvents::Extent> extent() const {
    auto extent = extent_;
    std::size_t before = 0, after = 0;
    for (auto at = lowest_.begin(); at != lowest_.end() && std::next(at) != lowest_.end(); ++at)
      if (2 * ++before < count_ && far_apart(*at, *std::next(at)))
        extent->first = stream_time(*std::next(at));
    for (auto at = highest_.rbegin(); at != highest_.rend() && std::next(at) != highest_.rend();
         ++at)
      if (2 * ++after < count_ && far_apart(*std::next(at), *at))
        extent->last = stream_time(*std::next(at));
    return extent;
  }
  void count_strays(const OrderedEvents::Extent& extent) const {
    const auto add = [this](std::int64_t t, StreamTime other) {
      diagnostics_.loss("time-outlier", where_,
                        "event at " + format_seconds(Nanos(t)) +
                            " s lies more than a day away from the others (" +
                            format_seconds(other.time_since_epoch()) +
                            " s); its stamp is wrong and it was dropped. Check the logger's clock.",
                        1, t);
    };
    for (const std::int64_t t : lowest_)
      if (stream_time(t) < extent.first) add(t, extent.first);
    for (const std::int64_t t : highest_)
      if (stream_time(t) > extent.last) add(t, extent.last);
  }

 private:
  void late(StreamTime t) {
    in_order_ = false;
    std::int64_t by = 0;
    if (!__builtin_sub_overflow(ns_of(extent_->last), ns_of(t), &by) && Nanos(by) <= window_)
      return;
    diagnostics_.add({Severity::kWarning, "event-late", where_,
                      "event at " + format_seconds(t.time_since_epoch()) +
                          " s comes after one at " +
                          format_seconds(extent_->last.time_since_epoch()) +
                          " s, later than the reorder window of " + format_duration(window_) +
                          "; it was put in its place. Check the logger's clock, or set "
                          "\"reorder_window_ms\" of this stream in session.json if that is usual.",
                      1, ns_of(t), ns_of(t)});
  }
  Nanos window_;
  const std::string& where_;
  Diagnostics& diagnostics_;
  bool in_order_ = true;
  std::optional<OrderedEvents::Extent> extent_;
  std::uint64_t count_ = 0;
  std::multiset<std::int64_t> lowest_, highest_;
};

/// Events of one sorted run, read back in pieces.
class RunReader {
 public:
  RunReader(const SpillFile& file, std::uint64_t begin, std::uint64_t end)
      : file_(&file), at_(begin), end_(end) {}
  bool next(StreamEvent& event) {
    std::uint64_t length = 0;
    if (at_ == end_ && used_ == buffer_.size()) return false;
    std::memcpy(&length, bytes(sizeof length).data(), sizeof length);
    Decoder decoder(bytes(length));
    decoder(event);
    return true;
  }

 private:
  static constexpr std::uint64_t kPiece = 64 << 10;
  ByteView bytes(std::uint64_t count) {
    const std::uint64_t left = buffer_.size() - used_;
    if (left < count) {
      if (count - left > end_ - at_) throw InputError("a run of sorted events ends early");
      Bytes fresh(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), buffer_.end());
      const std::uint64_t more = std::min(std::max(count - left, kPiece), end_ - at_);
      fresh.resize(left + more);
      file_->read(at_, fresh.data() + left, more);
      at_ += more;
      buffer_ = std::move(fresh);
      used_ = 0;
    }
    const ByteView part = ByteView(buffer_).subspan(used_, count);
    used_ += count;
    return part;
  }
  const SpillFile* file_;
  std::uint64_t at_, end_;
  Bytes buffer_;
  std::size_t used_ = 0;
};

}  // namespace

class OrderedEvents::Held : public EventCursor {
 public:
  explicit Held(const std::vector<StreamEvent>& events) : events_(&events) {}
  bool next(StreamEvent& event) override {
    if (at_ == events_->size()) return false;
    event = (*events_)[at_++];
    return true;
  }

 private:
  const std::vector<StreamEvent>* events_;
  std::size_t at_ = 0;
};

/// Without the strays.
class OrderedEvents::Within : public EventCursor {
 public:
  Within(std::unique_ptr<EventCursor> all, Extent extent) : all_(std::move(all)), extent_(extent) {}
  bool next(StreamEvent& event) override {
    while (all_->next(event))
      if (event.time >= extent_.first && event.time <= extent_.last) return true;
    return false;
  }

 private:
  std::unique_ptr<EventCursor> all_;
  Extent extent_;
};

class OrderedEvents::Merged : public EventCursor {
 public:
  explicit Merged(const OrderedEvents& events) {
    for (const Run& run : events.runs_) {
      auto source = std::make_shared<Source>(RunReader(*events.spill_, run.begin, run.end));
      sources_.push_back(source);
      queue_.add(events.where_, [source] { return source->advance(); });
    }
  }
  bool next(StreamEvent& event) override {
    timeline::MergedSample sample;
    if (!queue_.next(sample)) return false;
    event = std::move(sources_[sample.stream]->given);
    return true;
  }

 private:
  /// The queue looks one event ahead of the one that it gives.
  struct Source {
    explicit Source(RunReader run) : reader(std::move(run)) {}
    std::optional<StreamTime> advance() {
      given = std::move(ahead);
      if (!reader.next(ahead)) return std::nullopt;
      return ahead.time;
    }
    RunReader reader;
    StreamEvent given, ahead;
  };
  std::vector<std::shared_ptr<Source>> sources_;
  timeline::MergeQueue queue_;
};

OrderedEvents::OrderedEvents(Open open, Nanos reorder_window, std::string where,
                             Diagnostics& diagnostics, std::uint64_t memory)
    : open_(std::move(open)), where_(std::move(where)) {
  Order order(reorder_window, where_, diagnostics);
  std::uint64_t bytes = 0;
  StreamEvent event;
  for (const auto cursor = open_(diagnostics); cursor->next(event);) {
    order.see(event.time);
    if (!held_) continue;
    bytes += size_of(event);
    events_.push_back(std::move(event));
    if (bytes > memory) {
      held_ = false;
      events_ = {};
    }
  }
  extent_ = order.extent();
  if (extent_) order.count_strays(*extent_);
  if (held_)
    sort_by_time(events_);
  else if (!order.in_order())
    sort_on_disk(memory);
}

void OrderedEvents::sort_on_disk(std::uint64_t memory) {
  Diagnostics counted;  // the losses of the file, a second time
  spill_ = std::make_unique<SpillFile>("events");
  std::vector<StreamEvent> run;
  std::uint64_t bytes = 0;
  StreamEvent event;
  for (const auto cursor = open_(counted); cursor->next(event);) {
    bytes += size_of(event);
    run.push_back(std::move(event));
    if (bytes <= memory) continue;
    spill(run);
    bytes = 0;
  }
  spill(run);
}

void OrderedEvents::spill(std::vector<StreamEvent>& events) {
  constexpr std::size_t kBlock = 1 << 20;
  sort_by_time(events);
  Run run{spill_->size(), 0};
  Bytes block;
  for (StreamEvent& event : events) {
    Encoder encoder;
    encoder(event);
    const Bytes coded = encoder.take();
    const std::uint64_t length = coded.size();
    const auto* const head = reinterpret_cast<const std::uint8_t*>(&length);
    block.insert(block.end(), head, head + sizeof length);
    block.insert(block.end(), coded.begin(), coded.end());
    if (block.size() < kBlock) continue;
    spill_->append(block.data(), block.size());
    block.clear();
  }
  spill_->append(block.data(), block.size());
  run.end = spill_->size();
  if (run.end > run.begin) runs_.push_back(run);
  events.clear();
}

std::unique_ptr<EventCursor> OrderedEvents::open(Diagnostics& diagnostics) const {
  if (!extent_) return std::make_unique<Held>(events_);
  std::unique_ptr<EventCursor> all;
  if (held_)
    all = std::make_unique<Held>(events_);
  else if (spill_)
    all = std::make_unique<Merged>(*this);
  else
    all = open_(diagnostics);
  return std::make_unique<Within>(std::move(all), *extent_);
}

}  // namespace reelcell::pipeline
