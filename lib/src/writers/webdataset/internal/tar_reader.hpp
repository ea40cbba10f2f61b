// A tar archive from anywhere, read in order and without trust: USTAR, GNU (long names, base-256
// numbers, sparse), pax and v7 (POSIX.1-2017 pax; GNU tar manual, "Standard"). It never writes to
// disk; names are reported as they are, with what is wrong with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "byte_source.hpp"

namespace reelcell::webdataset {

enum class TarType { kFile, kFolder, kHardLink, kSymbolicLink, kDevice, kSparse, kOther };

enum class TarTrouble {
  kBadHeader,      ///< checksum or a number in the header is wrong; reading stops
  kTruncated,      ///< the archive ends within a header or a member; reading stops
  kBadExtension,   ///< a pax record or long name cannot be used; it is ignored
  kNoEnd,          ///< the zero blocks at the end are missing
  kLoneZeroBlock,  ///< one zero block where two are the end; readers stop here
  kAfterEnd,       ///< something follows the end; readers do not see it
};

struct TarProblem {
  TarTrouble trouble;
  std::uint64_t offset = 0;
  std::string message;
};

struct TarEntry {
  std::string name;
  TarType type = TarType::kFile;
  char type_flag = '0';
  std::string link;
  std::uint64_t size = 0;           ///< bytes that lie in the archive for this member
  std::uint64_t header_offset = 0;  ///< of its first block, extension headers too
  std::uint64_t data_offset = 0;
};

class TarReader {
 public:
  /// Borrows the source.
  explicit TarReader(ByteSource& source) : source_(&source) {}
  /// The next member; what was not read of the one before is passed over. False at the end, however
  /// it was reached: see problems().
  bool next(TarEntry& entry);
  /// Data of the current member; fewer bytes than asked for only at its end, or where the archive
  /// breaks off (then a problem says so).
  std::size_t read(std::span<std::uint8_t> out);
  const std::vector<TarProblem>& problems() const { return problems_; }

 private:
  enum class Header { kBlock, kEnd };
  struct Extensions;
  Header next_block(std::span<std::uint8_t> block);
  void check_end();
  bool extend(char type, std::uint64_t size, Extensions& extensions);
  void parse_pax(const std::string& records, Extensions& extensions);
  bool skip_sparse_maps(std::span<const std::uint8_t> block);
  bool finish_data();
  void report(TarTrouble trouble, std::string message, std::uint64_t offset);

  ByteSource* source_;
  std::uint64_t offset_ = 0;
  std::uint64_t data_left_ = 0, padding_ = 0;
  bool done_ = false;
  std::vector<TarProblem> problems_;
};

/// Why a name must not be used as a path ("leads out of the folder"), "" when it may.
std::string unsafe_name(const std::string& name);

}  // namespace reelcell::webdataset
