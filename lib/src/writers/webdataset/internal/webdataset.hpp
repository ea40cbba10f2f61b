// The two halves of the format: write and verify share nothing but this header.
#pragma once

#include "reelcell/model/corpus.hpp"

namespace reelcell::webdataset {

std::unique_ptr<CorpusWriter> make_writer(WriterContext context);
void check(const CorpusSchema& schema, const OptionValues& options);

int recognise(const fs::path& folder);
/// Shards, samples and members by extension.
Json describe(const fs::path& path);
/// `folder` may also be one shard: .tar, .tar.gz, .tgz or .tar.zst.
void verify(const fs::path& folder, const VerifyOptions& options, Findings& findings);

}  // namespace reelcell::webdataset
