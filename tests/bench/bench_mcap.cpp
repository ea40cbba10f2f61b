// MCAP: messages of 192 bytes a second out of a file, by compression and order, CRCs checked; per
// second of CPU, too, for machines that do something else beside. Prints one JSON object. usage:
// bench_mcap [FOLDER [MESSAGES]]
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../../lib/src/readers/mcap/internal/file.hpp"
#include "../unit/reader_mcap/file_builder.hpp"
#include "reelcell/base/hash.hpp"
#include "reelcell/base/json.hpp"

namespace {

namespace fs = std::filesystem;
namespace mcap = reelcell::readers::mcap;
using reelcell::Bytes;
using reelcell::Json;
using reelcell::test::McapBuilder;

constexpr std::size_t kData = 192;
constexpr int kTopics = 8;
constexpr int kRounds = 3;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  double sum = 0;
  for (const timeval& time : {usage.ru_utime, usage.ru_stime})
    sum += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  return sum;
}

/// 24 slow sines as doubles, two thirds of them in float precision: about as dense as joint logs.
Bytes payload(int i) {
  Bytes data(kData);
  for (std::size_t k = 0; k < kData / sizeof(double); ++k) {
    double value = std::sin(i * 0.001 + static_cast<double>(k));
    if (k % 3 != 0) value = static_cast<double>(static_cast<float>(value));
    std::memcpy(data.data() + k * sizeof value, &value, sizeof value);
  }
  return data;
}

void write_recording(const fs::path& path, const std::string& compression, int messages) {
  constexpr int kChunk = 4096;  // about 0.9 MB
  const bool chunks = compression != "unchunked";
  McapBuilder builder;
  for (int i = 0; i < messages; ++i) {
    if (chunks && i % kChunk == 0) builder.begin_chunk();
    if (i == 0)
      for (std::uint16_t topic = 1; topic <= kTopics; ++topic)
        builder.channel(topic, "/topic" + std::to_string(topic));
    builder.message(static_cast<std::uint16_t>(1 + i % kTopics),
                    1'000'000'000 + static_cast<std::uint64_t>(i) * 1000, payload(i));
    if (chunks && (i % kChunk == kChunk - 1 || i == messages - 1))
      builder.end_chunk(compression == "none" ? "" : compression);
  }
  reelcell::write_file_atomic(path, reelcell::as_text(builder.finish()));
}

struct Read {
  std::uint64_t messages = 0;
  std::uint64_t sum = 0;  ///< touches every message
};

Read read_all(const fs::path& path, mcap::Order order, bool a_cursor_a_topic) {
  reelcell::Diagnostics diagnostics;
  const auto file = mcap::McapFile::open(path, diagnostics);
  std::vector<std::unique_ptr<mcap::MessageCursor>> cursors;
  if (a_cursor_a_topic)
    for (std::uint16_t topic = 1; topic <= kTopics; ++topic)
      cursors.push_back(file->messages({.channels = {topic}, .order = order}, diagnostics));
  else
    cursors.push_back(file->messages({.order = order}, diagnostics));
  Read read;
  mcap::MessageView message;
  for (std::size_t open = cursors.size(); open > 0;)
    for (auto& cursor : cursors) {
      if (!cursor) continue;
      if (!cursor->next(message)) {
        cursor.reset();
        --open;
        continue;
      }
      ++read.messages;
      read.sum += message.log_time + message.data[0] + message.data[message.data.size() - 1];
    }
  if (!diagnostics.empty()) throw std::runtime_error("the recording is not read cleanly");
  return read;
}

std::string content_hash(const fs::path& path) {
  reelcell::Diagnostics diagnostics;
  const auto file = mcap::McapFile::open(path, diagnostics);
  const auto cursor = file->messages({}, diagnostics);
  reelcell::Hasher hasher(reelcell::Hasher::Kinds::kXxh3Only);
  mcap::MessageView message;
  while (cursor->next(message)) hasher.update(message.data);
  return hasher.finish().xxh3_128;
}

Json measure(const fs::path& path, mcap::Order order, bool a_cursor_a_topic, const Read& expected) {
  double wall = 1e9;
  double cpu = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const double cpu_start = cpu_seconds();
    const Read read = read_all(path, order, a_cursor_a_topic);
    cpu = std::min(cpu, cpu_seconds() - cpu_start);
    wall = std::min(
        wall, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    if (read.messages != expected.messages || read.sum != expected.sum)
      throw std::runtime_error("two reads of one recording differ");
  }
  const auto millions = [&](double seconds) {
    return std::round(static_cast<double>(expected.messages) / seconds / 1e4) / 100;
  };
  return {{"million_per_s", millions(wall)}, {"million_per_cpu_s", millions(cpu)}};
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path() / "bench_mcap";
  const int messages = argc > 2 ? std::atoi(argv[2]) : 1'000'000;
  fs::create_directories(folder);
  Json result;
  std::string hash;
  for (const std::string compression : {"none", "lz4", "zstd", "unchunked"}) {
    const fs::path path = folder / (compression + ".mcap");
    write_recording(path, compression, messages);
    const std::string found = content_hash(path);
    if (!hash.empty() && found != hash) throw std::runtime_error("the recordings differ");
    hash = found;
    const Read expected = read_all(path, mcap::Order::kFile, false);
    Json& row = result[compression];
    row["bytes"] = fs::file_size(path);
    row["file_order"] = measure(path, mcap::Order::kFile, false, expected);
    row["log_time_order"] = measure(path, mcap::Order::kLogTime, false, expected);
    row["a_cursor_a_topic"] = measure(path, mcap::Order::kLogTime, true, expected);
    fs::remove(path);
  }
  std::fputs(reelcell::dump_json(result).c_str(), stdout);
  return 0;
}
