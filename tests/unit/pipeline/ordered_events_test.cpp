#include "internal/ordered_events.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelcell::pipeline {
namespace {
using Times = std::vector<std::int64_t>;
constexpr std::int64_t kDays = 1'000'000'000'000'000;

/// Events at these times, each with its number in the file.
class ListCursor : public EventCursor {
 public:
  explicit ListCursor(const Times& times) : times_(times) {}
  bool next(StreamEvent& event) override {
    if (at_ == times_.size()) return false;
    event = {};
    event.time = event.end = stream_time(times_[at_]);
    event.kind = "step";
    event.fields = {{"number", static_cast<std::int64_t>(at_)}, {"text", std::string(40, 'x')}};
    ++at_;
    return true;
  }

 private:
  Times times_;
  std::size_t at_ = 0;
};

struct Read {
  Times times, numbers;
  bool on_disk = false;
  std::uint64_t late = 0, outliers = 0;
};
Read read_all(const Times& times, std::int64_t window, std::uint64_t memory) {
  Diagnostics diagnostics;
  const OrderedEvents events([&](Diagnostics&) { return std::make_unique<ListCursor>(times); },
                             Nanos(window), "seat: plc", diagnostics, memory);
  Read read;
  read.on_disk = events.on_disk();
  StreamEvent event;
  for (const auto cursor = events.open(diagnostics); cursor->next(event);) {
    read.times.push_back(ns_of(event.time));
    read.numbers.push_back(std::get<std::int64_t>(*event.field("number")));
    EXPECT_EQ(event.kind, "step");
    EXPECT_EQ(to_text(*event.field("text")), std::string(40, 'x'));
  }
  read.late = diagnostics.count("event-late");
  read.outliers = diagnostics.count("time-outlier");
  if (!read.times.empty()) {
    EXPECT_EQ(ns_of(events.extent()->first), read.times.front());
    EXPECT_EQ(ns_of(events.extent()->last), read.times.back());
  }
  return read;
}

TEST(OrderedEvents, PutsALateEventInItsPlaceHoweverLateItIs) {
  const Read read = read_all({10, 20, 5'000, 15, 30}, 100, OrderedEvents::kMemory);
  EXPECT_EQ(read.times, (Times{10, 15, 20, 30, 5'000}));
  EXPECT_EQ(read.late, 2u);
  EXPECT_FALSE(read.on_disk);
}

TEST(OrderedEvents, CountsNoneThatIsLateWithinTheWindow) {
  EXPECT_EQ(read_all({10, 20, 15, 30}, 5, OrderedEvents::kMemory).late, 0u);
}

TEST(OrderedEvents, SortsOnDiskWhatDoesNotFitIntoMemory) {
  std::mt19937 random(3);
  Times times;
  for (int i = 0; i < 5'000; ++i) times.push_back(static_cast<std::int64_t>(random() % 1'000));
  const Read in_memory = read_all(times, 0, OrderedEvents::kMemory);
  const Read on_disk = read_all(times, 0, 20'000);
  EXPECT_FALSE(in_memory.on_disk);
  EXPECT_TRUE(on_disk.on_disk);
  EXPECT_EQ(on_disk.times, in_memory.times);
  EXPECT_EQ(on_disk.numbers, in_memory.numbers);  // ties: the order of the file
  EXPECT_TRUE(std::is_sorted(on_disk.times.begin(), on_disk.times.end()));
  EXPECT_EQ(on_disk.times.size(), times.size());
}

TEST(OrderedEvents, ReadsALargeStreamThatIsInOrderFromItsFile) {
  Times times;
  for (int i = 0; i < 5'000; ++i) times.push_back(i);
  const Read read = read_all(times, 0, 20'000);
  EXPECT_FALSE(read.on_disk);
  EXPECT_EQ(read.times, times);
}

TEST(OrderedEvents, LosesOnlyTheEventThatLiesDaysAway) {
  for (const std::uint64_t memory : {OrderedEvents::kMemory, std::uint64_t{500}}) {
    const Read read =
        read_all({kDays, kDays + 10, 0, kDays + 5, 4 * kDays, kDays + 20}, 1'000, memory);
    EXPECT_EQ(read.times, (Times{kDays, kDays + 5, kDays + 10, kDays + 20}));
    EXPECT_EQ(read.outliers, 2u);
  }
}

TEST(OrderedEvents, KeepsTwoEventsThatLieDaysApart) {
  EXPECT_EQ(read_all({0, kDays}, 0, OrderedEvents::kMemory).times, (Times{0, kDays}));
}

TEST(OrderedEvents, HoldsNothingOfAnEmptyStream) {
  EXPECT_TRUE(read_all({}, 0, OrderedEvents::kMemory).times.empty());
}
}  // namespace
}  // namespace reelcell::pipeline
