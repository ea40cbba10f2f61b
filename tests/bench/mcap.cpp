// MCAP messages of 192 bytes into typed columns.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <thread>

#include "../unit/reader_mcap/file_builder.hpp"
#include "bench.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/readers/registry.hpp"

namespace reelcell::bench {

namespace {

using test::McapBuilder;

constexpr int kTopics = 8;
constexpr std::size_t kValues = 23;
constexpr std::size_t kData = 4 + 4 + kValues * sizeof(double);  // 192
constexpr int kMessagesAChunk = 4096;                            // about 0.9 MB

/// 23 slow sines, two thirds of them in float precision: about as dense as joint logs. The counter
/// comes last, so that the doubles follow the encapsulation header without padding.
Bytes payload(int i) {
  Bytes data(kData);
  data[1] = 1;  // little-endian CDR
  for (std::size_t k = 0; k < kValues; ++k) {
    double value = std::sin(i * 0.001 + static_cast<double>(k));
    if (k % 3 != 0) value = static_cast<double>(static_cast<float>(value));
    std::memcpy(data.data() + 4 + k * sizeof value, &value, sizeof value);
  }
  std::memcpy(data.data() + 4 + kValues * sizeof(double), &i, 4);
  return data;
}

struct TopicSum {
  std::uint64_t rows = 0;
  double values = 0;
  std::int64_t counters = 0, times = 0;
};

void add_rows(const SeriesBatch& batch, TopicSum& sum) {
  const auto& values = std::get<std::vector<double>>(batch.columns.at(0).data);
  const auto& counters = std::get<std::vector<std::int64_t>>(batch.columns.at(1).data);
  const std::uint64_t before = sum.rows;
  sum.rows += batch.size();
  // One value a row is touched; that all are right is the tests' business.
  for (std::size_t row = 0; row < batch.size(); ++row) {
    sum.values += values[row * kValues + (before + row) % kValues];
    sum.counters += counters[row];
    sum.times += ns_of(batch.times[row]);
  }
}

/// The topics in turn, a batch each, as a merge pulls them.
void read_topics(const Recording& recording, const std::vector<std::size_t>& topics,
                 std::vector<TopicSum>& sums, Diagnostics& diagnostics) {
  std::vector<std::unique_ptr<SeriesCursor>> cursors;
  for (const std::size_t topic : topics)
    cursors.push_back(recording.open_series("/joints" + std::to_string(topic + 1), diagnostics));
  SeriesBatch batch;
  for (bool any = true; any;) {
    any = false;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      if (!cursors[i]) continue;
      if (cursors[i]->next(batch)) {
        add_rows(batch, sums[topics[i]]);
        any = true;
      } else {
        cursors[i].reset();
      }
    }
  }
}

}  // namespace

Json run_make_mcap(const Arguments& arguments) {
  const std::string compression = arguments.at(1);
  const int messages = std::stoi(arguments.at(2));
  McapBuilder builder;
  for (int i = 0; i < messages; ++i) {
    if (i % kMessagesAChunk == 0) builder.begin_chunk();
    if (i == 0) {
      builder.schema(1, "cell/msg/Joints", "ros2msg", "float64[23] q\nuint32 n\n");
      for (std::uint16_t topic = 1; topic <= kTopics; ++topic)
        builder.channel(topic, "/joints" + std::to_string(topic), 1, "cdr");
    }
    builder.message(static_cast<std::uint16_t>(1 + i % kTopics),
                    1'000'000'000 + static_cast<std::uint64_t>(i) * 1000, payload(i));
    if (i % kMessagesAChunk == kMessagesAChunk - 1 || i == messages - 1)
      builder.end_chunk(compression == "none" ? "" : compression);
  }
  const Clock clock;
  write_file_atomic(arguments.at(0), as_text(builder.finish()));
  return result(clock.lap(), static_cast<std::uint64_t>(messages), "");
}

Json run_read_mcap(const Arguments& arguments) {
  const std::size_t threads = std::stoul(arguments.at(1));
  std::vector<Diagnostics> diagnostics(threads);
  std::vector<TopicSum> sums(kTopics);
  const Clock clock;
  const ReaderRow& row = readers::reader_named("mcap");
  const auto recording =
      row.open({arguments.at(0), "", OptionValues::parse(Json::object(), row.options, "options")},
               diagnostics[0]);
  const auto work = [&](std::size_t thread) {
    std::vector<std::size_t> topics;
    for (std::size_t topic = thread; topic < kTopics; topic += threads) topics.push_back(topic);
    read_topics(*recording, topics, sums, diagnostics[thread]);
  };
  std::vector<std::thread> others;
  for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
  work(0);
  for (std::thread& thread : others) thread.join();
  Json cost = clock.lap();
  std::uint64_t rows = 0;
  std::string check;
  for (const TopicSum& sum : sums) {
    rows += sum.rows;
    char text[128];
    std::snprintf(text, sizeof text, "%llu %.9e %lld %lld;",
                  static_cast<unsigned long long>(sum.rows), sum.values,
                  static_cast<long long>(sum.counters), static_cast<long long>(sum.times));
    check += text;
  }
  for (const Diagnostics& losses : diagnostics)
    if (losses.has_loss()) throw InputError("the recording is not read cleanly");
  return result(std::move(cost), rows, check);
}

}  // namespace reelcell::bench
