// A topic of an MCAP file: its channels, how its messages are decoded, and where their stamps are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.hpp"
#include "file.hpp"
#include "reelcell/base/options.hpp"
#include "reelcell/base/time.hpp"

namespace reelcell::readers::mcap {

/// Which of a message's three stamps is the stream's clock.
enum class Clock { kLogTime, kPublishTime, kHeader };

struct ReadOptions {
  Clock clock = Clock::kLogTime;
  std::string stamp_field;  ///< "" = found by name
  ColumnChoice columns;
  CodecOptions codec;
};
std::vector<OptionSpec> read_option_specs();
ReadOptions read_options(const OptionValues& values);

struct Topic {
  std::string item;  ///< the topic, or topic#channel when channels of one topic differ in type
  std::vector<std::uint16_t> channels;
  const Channel* channel = nullptr;  ///< the first of them; borrowed from the file's summary
  const Schema* schema = nullptr;    ///< nullptr: none
  std::shared_ptr<const Codec> codec;
  std::string undecodable;  ///< why there is no codec
  std::optional<std::uint64_t> count;
};
/// One a topic, in the order of the topics' names.
std::vector<Topic> find_topics(const Summary& summary, const CodecOptions& options);

/// The shape of a topic's messages: its schema, and for arrays without a fixed length the first
/// messages.
Node topic_shape(const McapFile& file, const Topic& topic);

/// The stamp inside a message: one field, or seconds and nanoseconds apart ("header.sec",
/// "header.nanosec").
struct StampFields {
  std::string name;  ///< "header.stamp"; "" = messages have none
  std::vector<std::string> paths;
};
StampFields find_stamp(const Node& shape, const std::string& wanted);

/// "run07.mcap: /wrist_cam"
std::string place_of(const McapFile& file, const Topic& topic);

}  // namespace reelcell::readers::mcap
