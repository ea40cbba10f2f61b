// One walk through the file, comparing what its summary, indexes and CRCs say with what is there,
// and decoding every message by its schema. docs/finding-codes.md says what the codes mean.
#include "internal/verify.hpp"

#include <array>

#include "internal/verifier.hpp"
#include "reelcell/base/error.hpp"

namespace reelcell::readers::mcap {
namespace {
constexpr std::array kLoaded = {
    Opcode::kHeader,          Opcode::kSchema,       Opcode::kChannel,    Opcode::kChunk,
    Opcode::kMessageIndex,    Opcode::kMetadata,     Opcode::kStatistics, Opcode::kChunkIndex,
    Opcode::kAttachmentIndex, Opcode::kMetadataIndex};
}

void verify_mcap(const fs::path& path, const VerifyOptions&, Findings& findings) {
  const ByteSource source(path);
  Report report(findings, path.filename().string());
  try {
    check_magic(source);
  } catch (const InputError& error) {
    report.error("MCAP-MAGIC", 0, error.message());
    return;
  }
  DataVerifier data(source, report);
  SummaryVerifier summary(source, report);
  RecordWalker walker(source, kMagic.size(), source.size(), kLoaded);
  walker.track_crc(crc32(0, kMagic));
  Record record;
  Step step = Step::kRecord;
  bool footer = false;
  while (!footer && (step = walker.next(record)) == Step::kRecord) {
    footer = record.opcode == Opcode::kFooter;
    try {
      if (footer)
        summary.footer(record, data);
      else if (data.ended())
        summary.record(record);
      else
        data.record(record, walker.crc());
    } catch (const InputError& error) {
      report.error("MCAP-RECORD", record.offset, error.message());
    }
  }
  data.finish();
  if (!footer) {
    report.error(
        "MCAP-TRUNCATED", record.offset,
        std::string(step == Step::kGarbage ? "found what is no record"
                    : step == Step::kCut   ? "the file ends inside a record"
                                           : "the file ends") +
            ", expected records up to a Footer; everything before can be read, rewrite the "
            "file (`mcap recover`)");
    return;
  }
  Buffer buffer;
  const ByteView magic = source.view(record.end(), kMagic.size(), buffer);
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end()))
    report.error("MCAP-TRUNCATED", record.end(), "the magic after the footer is missing");
  else if (source.size() > record.end() + kMagic.size())
    report.warning("MCAP-TRAILING", record.end() + kMagic.size(),
                   std::to_string(source.size() - record.end() - kMagic.size()) +
                       " bytes follow the end of the recording; readers look for the footer at the "
                       "end of the file and do not find it");
}

}  // namespace reelcell::readers::mcap
