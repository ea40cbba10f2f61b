// Reading a whole MCAP file into values, for the container's tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../../../lib/src/readers/mcap/internal/file.hpp"
#include "file_builder.hpp"

namespace reelcell::readers::mcap {

using TestMessage = test::McapBuilder::Message;

inline std::vector<TestMessage> read_all(const McapFile& file, const MessageQuery& query,
                                         Diagnostics& diagnostics) {
  std::vector<TestMessage> list;
  const auto cursor = file.messages(query, diagnostics);
  MessageView message;
  while (cursor->next(message))
    list.push_back({message.channel_id, message.sequence, message.log_time,
                    Bytes(message.data.begin(), message.data.end()), 0});
  return list;
}

inline std::vector<TestMessage> read_all(const Bytes& bytes, Diagnostics& diagnostics,
                                         const MessageQuery& query = {}) {
  return read_all(*McapFile::open_bytes("test.mcap", bytes, diagnostics), query, diagnostics);
}

inline std::string text_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& entry : diagnostics.summary())
    text += entry.code + " x" + std::to_string(entry.count) + ": " + entry.message + "\n";
  return text;
}

}  // namespace reelcell::readers::mcap
