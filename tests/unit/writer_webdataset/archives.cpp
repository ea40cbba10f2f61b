#include "archives.hpp"

#include <cstring>
#include <fstream>
#include <set>

#include "reelcell/model/corpus.hpp"
#include "support/support.hpp"

namespace reelcell::writers {
const WriterRow& webdataset_writer();
}

namespace reelcell::test {

void repair_checksum(std::string& archive, std::size_t at) {
  std::memset(archive.data() + at + 148, ' ', 8);
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(archive[at + i]);
  std::snprintf(archive.data() + at + 148, 8, "%06o", sum);
}

std::string raw_member(const RawMember& member) {
  std::string block(512, '\0');
  member.name.copy(block.data(), 100);
  std::memcpy(block.data() + 100, "0000644", 7);
  std::snprintf(block.data() + 124, 12, "%011zo", member.data.size());
  block[156] = member.type;
  member.link.copy(block.data() + 157, 100);
  std::memcpy(block.data() + 257, "ustar\00000", 8);
  repair_checksum(block);
  std::string out = block + member.data;
  out.resize((out.size() + 511) / 512 * 512, '\0');
  return out;
}

std::string raw_archive(const std::vector<RawMember>& members) {
  std::string out;
  for (const RawMember& member : members) out += raw_member(member);
  return out + std::string(1024, '\0');
}

ReadArchive read_archive(std::string_view bytes) {
  const auto source = webdataset::memory_source(as_bytes(bytes));
  webdataset::TarReader reader(*source);
  ReadArchive result;
  webdataset::TarEntry entry;
  while (reader.next(entry)) {
    result.entries.push_back(entry);
    std::string content;
    std::uint8_t piece[1000];
    for (std::size_t got; (got = reader.read(piece)) > 0;)
      content.append(reinterpret_cast<const char*>(piece), got);
    result.contents.push_back(content);
  }
  result.problems = reader.problems();
  return result;
}

std::vector<std::string> codes_of(const Findings& findings) {
  std::set<std::string> codes;
  for (const Finding& finding : findings.all()) codes.insert(finding.code);
  return {codes.begin(), codes.end()};
}

std::vector<std::string> codes_of_shard(const std::string& bytes, bool deep) {
  const TempFolder folder;
  std::ofstream(folder / "x-000000.tar", std::ios::binary) << bytes;
  Findings findings;
  writers::webdataset_writer().verify(folder.path(), {.deep = deep}, findings);
  return codes_of(findings);
}

}  // namespace reelcell::test
