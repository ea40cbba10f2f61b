// Archives made byte by byte, for what our own writer never writes.
#pragma once

#include <string>

#include "../../../lib/src/writers/webdataset/internal/tar_reader.hpp"
#include "reelcell/model/finding.hpp"

namespace reelcell::test {

struct RawMember {
  std::string name;
  std::string data;
  char type = '0';
  std::string link = "";
};
/// One USTAR header with its data, padded.
std::string raw_member(const RawMember& member);
/// Members and the two zero blocks.
std::string raw_archive(const std::vector<RawMember>& members);
/// Sets the checksum of the header at `at` anew after it was changed.
void repair_checksum(std::string& archive, std::size_t at = 0);

struct ReadArchive {
  std::vector<webdataset::TarEntry> entries;
  std::vector<std::string> contents;
  std::vector<webdataset::TarProblem> problems;
};
ReadArchive read_archive(std::string_view bytes);
/// Codes of verify() on a shard with these bytes, sorted, each once.
std::vector<std::string> codes_of_shard(const std::string& bytes, bool deep = false);
std::vector<std::string> codes_of(const Findings& findings);

}  // namespace reelcell::test
