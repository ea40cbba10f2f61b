#include "internal/webdataset.hpp"

namespace reelcell::writers {

const WriterRow& webdataset_writer() {
  static const WriterRow row = {
      .name = "webdataset",
      .summary = "WebDataset tar shards, one sample a segment, with an index beside each",
      .options =
          {
              {.name = "shard_size",
               .type = OptionType::kSize,
               .unit = "bytes",
               .fallback = "256MB",
               .help =
                   "Start a new shard before it grows beyond this; a larger sample gets its own"},
              {.name = "shard_samples",
               .type = OptionType::kInteger,
               .unit = "samples",
               .fallback = 10000,
               .help = "Start a new shard after this many samples; 0 = no such limit"},
              {.name = "native",
               .type = OptionType::kBool,
               .fallback = true,
               .help = "Also write series at their native rate, with the range of each row"},
              {.name = "compress",
               .type = OptionType::kChoice,
               .fallback = "none",
               .help = "zstd: arrays as .npy.zst, which WebDataset loads only with a decoder for "
                       "that extension; video, pictures, json and txt stay as they are",
               .choices = {"none", "zstd"}},
              {.name = "zstd_level",
               .type = OptionType::kInteger,
               .fallback = 3,
               .help = "zstd level of compressed arrays, 1 (fast) to 19 (small)"},
          },
      .wants_clips = true,
      .wants_stills = true,
      .make = webdataset::make_writer,
      .check = webdataset::check,
      .recognise = webdataset::recognise,
      .describe = webdataset::describe,
      .verify = webdataset::verify,
  };
  return row;
}

}  // namespace reelcell::writers
